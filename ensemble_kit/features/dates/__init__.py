"""Featurizers of dates."""
