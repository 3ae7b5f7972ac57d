"""Tags for every word of a sequence."""
