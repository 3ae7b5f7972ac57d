"""Columns that are made of others: expressions, and functions of the user's own."""

from ensemble_kit.competition.derived.own_functions import column

__all__ = ["column"]
