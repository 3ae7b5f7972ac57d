"""Texts and columns as what a network reads."""
