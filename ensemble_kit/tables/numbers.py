"""Cells to numbers: plain ones, and those with thousands, currency or percent."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.tables.durations import parse_durations

BOOLEANS = {"true": 1.0, "false": 0.0}
CURRENCY = re.compile(r"(?:USD|EUR|GBP|RUB|руб\.?|[$€£¥₽₹])", re.IGNORECASE)
POINT = re.compile(
    r"[+-]?(?:\d{1,3}(?:[,' \u00a0]\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?"
)
COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:[.' \u00a0]\d{3})+|\d+)(?:,\d*)?")
# Thin blanks between thousands, and the minus of typesetting.
TYPESET = str.maketrans("\u2009\u202f\u2212", "  -")
TYPESET_MARKS = re.compile("[\u2009\u202f\u2212]")
FORMS = ("plain", "boolean", "point", "comma")
DURATION = "duration"


def parse_numbers(cells: NDArray[np.object_], form: str) -> NDArray[np.float64]:
    """Return the numbers of cells in one form, NaN where a cell is none.

    Parameters
    ----------
    cells : ndarray of str objects
    form : {"plain", "boolean", "point", "comma", "duration"}
        ``plain``: what Python reads; ``boolean``: true and false; ``point`` and
        ``comma``: thousands marks, currency, percent (as written, not divided) and
        accounting parentheses around a number with that decimal mark; ``duration``:
        the seconds of a span of time.

    Examples
    --------
    >>> parse_numbers(np.array(["$1,234.5", "(7%)", "x"], dtype=object), "point")
    array([1234.5,   -7. ,    nan])
    """
    if form == "plain":
        return _plain(cells)
    if form == "boolean":
        return np.array([BOOLEANS.get(c.lower(), np.nan) for c in cells], dtype=float)
    if form == DURATION:
        return parse_durations(cells)
    return np.array([_marked(cell, form) for cell in cells], dtype=float)


def has_typeset_marks(cells: Iterable[str]) -> bool:
    """Return whether a number is written with marks that were no marks at first."""
    cells = list(cells)
    if not TYPESET_MARKS.search("\n".join(cells)):  # one search, for it is so mostly
        return False
    return any(
        TYPESET_MARKS.search(cell) is not None
        and np.isfinite([_marked(cell, "point"), _marked(cell, "comma")]).any()
        for cell in cells
    )


def _plain(cells: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the numbers that need no knowledge of marks."""
    numbers = pd.to_numeric(np.asarray(cells, dtype=object), errors="coerce")
    return np.asarray(numbers, dtype=np.float64)


def _marked(cell: str, form: str) -> float:
    """Return the number in a cell with marks, or NaN."""
    negative = cell.startswith("(") and cell.endswith(")")
    typed = cell.translate(TYPESET)
    bare = CURRENCY.sub("", typed.strip("()")).strip().removesuffix("%").strip()
    bare = re.sub(r"^([+-])\s+", r"\1", bare)
    pattern = POINT if form == "point" else COMMA
    if not pattern.fullmatch(bare):
        return np.nan
    if form == "comma":
        bare = re.sub("[.' \u00a0]", "", bare).replace(",", ".")
    value = float(re.sub("[,' \u00a0]", "", bare))
    return -abs(value) if negative else value
