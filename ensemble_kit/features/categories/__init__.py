"""Featurizers of categories."""
