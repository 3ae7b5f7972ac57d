"""Runs within a time limit."""
