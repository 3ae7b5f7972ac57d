"""Stacked ensembles for tables with numbers, categories and text."""
