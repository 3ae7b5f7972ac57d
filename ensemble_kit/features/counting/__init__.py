"""Bags of words and n-grams, and what is made of counts."""
