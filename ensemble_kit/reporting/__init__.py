"""Reports of runs and holdouts."""
