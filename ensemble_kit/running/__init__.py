"""A run: prepared, fitted, blended, chosen, kept."""
