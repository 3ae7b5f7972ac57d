"""A look at the data: leaks, drift, duplicates."""
