"""What pytest is not to import while it looks for tests."""

# A user's custom file, which adds to the registry: tests load it when they need it.
collect_ignore = ["faulty_models.py"]
