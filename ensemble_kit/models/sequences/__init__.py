"""Texts written token by token: from texts, and from rows of numbers and images."""
