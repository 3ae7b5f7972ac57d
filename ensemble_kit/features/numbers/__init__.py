"""Featurizers of numbers."""
