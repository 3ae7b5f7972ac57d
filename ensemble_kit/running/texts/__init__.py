"""Texts of a run: columns of texts that help or not, and members that write them."""
