"""Vectors of words and their means."""
