"""Runs: from a competition and a pipeline to predictions, and runs loaded again."""
