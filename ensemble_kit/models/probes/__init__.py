"""Rounds, epochs and penalties, found on inner splits."""
