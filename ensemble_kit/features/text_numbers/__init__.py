"""Texts as a few numbers."""
