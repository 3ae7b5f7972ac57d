"""A run while it goes on: what is shown of it, and how it is asked to stop."""
