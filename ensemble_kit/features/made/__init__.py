"""Columns made of other columns, and the screen that keeps those that pay."""
