"""A finished run: what it takes along, loaded again, and rows that come later."""
