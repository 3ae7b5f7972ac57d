"""The search for parameters of one member."""
