"""Blends that differ by row: rules, segments, gates."""
