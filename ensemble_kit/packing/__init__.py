"""A finished run, with all that is needed to use it where there is no network."""
