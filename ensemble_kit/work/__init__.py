"""Pieces of work: their facts and keys, their order, and the fold loop."""
