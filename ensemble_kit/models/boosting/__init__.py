"""Boosted trees of four libraries."""
