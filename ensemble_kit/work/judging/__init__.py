"""What earns its place in a run: texts, encoders, weights that mistakes ask for."""
