"""Texts prepared: tokens, languages, counts of words."""
