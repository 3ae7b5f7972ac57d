"""Folds: rows that fit and rows that check."""
