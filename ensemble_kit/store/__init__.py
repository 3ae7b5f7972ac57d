"""Finished work by key, kept as plain data."""
