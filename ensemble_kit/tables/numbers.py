"""Cells to numbers: plain ones, and those with thousands, currency or percent."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.tables.durations import parse_durations

BOOLEANS = {"true": 1.0, "false": 0.0}
FIRST_CURRENCY = r"USD|EUR|GBP|RUB|руб\.?|[$€£¥₽₹]"
MORE_CURRENCY = (
    r"US\$|CA\$|AU\$|HK\$|NZ\$|[ACR]\$|CHF|CAD|AUD|NZD|JPY|CNY|RMB|INR|BRL|SEK|NOK|DKK|"
    r"PLN|CZK|HUF|TRY|UAH|KZT|KRW|ZAR|MXN|SGD|HKD|ILS|Rs\.?(?=\s|\d)|zł|Kč|kr\.?|Ft|грн\.?|"
    r"тенге|円|元|[₩₺₴₸₫฿₪]"
)
CURRENCY = re.compile(f"(?:{MORE_CURRENCY}|{FIRST_CURRENCY})", re.IGNORECASE)
EXPONENT = r"(?:[eE][+-]?\d+)?"
# Thousands in groups of three, or as in India: 12,34,567.
POINT = re.compile(
    r"[+-]?(?:\d{1,3}(?:[,' \u00a0]\d{3})+(?:\.\d*)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d*)?"
    rf"|\d+(?:\.\d*)?{EXPONENT})"
)
COMMA = re.compile(
    rf"[+-]?(?:\d{{1,3}}(?:[.' \u00a0]\d{{3}})+(?:,\d*)?|\d+(?:,\d*)?{EXPONENT})"
)
# Thin blanks and apostrophes between thousands, the minus of typesetting, and the
# marks of Arabic numbers.
TYPESET = str.maketrans("\u2009\u202f\u2212\u2019\u066b\u066c\u066a", "  -'.,%")
TYPESET_MARKS = re.compile("[\u2009\u202f\u2212]")
NOT_PLAIN = re.compile(r"[^0-9.eE+\n-]")
# What was not read at first, beside these.
LATER_MARKS = re.compile(
    rf"[\u2019\u066a-\u066c]|{MORE_CURRENCY}|\d-\n|,\d+[eE]|\d,\d\d,\d", re.IGNORECASE
)
FORMS = ("plain", "boolean", "point", "comma")
DURATION = "duration"
PERCENT = "percent"


def parse_numbers(cells: NDArray[np.object_], form: str) -> NDArray[np.float64]:
    """Return the numbers of cells in one form, NaN where a cell is none.

    Parameters
    ----------
    cells : ndarray of str objects
    form : {"plain", "boolean", "point", "comma", "duration", "percent"}
        ``plain``: what Python reads; ``boolean``: true and false; ``point`` and
        ``comma``: thousands marks, currency, percent (as written, not divided) and
        accounting parentheses around a number with that decimal mark; ``duration``:
        the seconds of a span of time; ``percent``: hundredths, of a number with a
        percent sign.

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
    if form == PERCENT:
        marked = [_marked(c, "point") if c.endswith("%") else np.nan for c in cells]
        return np.array(marked, dtype=float) / 100
    return np.array([_marked(cell, form) for cell in cells], dtype=float)


def spell_number(number: float, form: str) -> str:
    """Return a number as its form has it, without marks of thousands.

    Examples
    --------
    >>> spell_number(1234.5, "comma"), spell_number(1.0, "boolean")
    ('1234,5', 'true')
    """
    if form == "boolean" and number in BOOLEANS.values():
        return "true" if number else "false"
    written = np.format_float_positional(number, trim="-")
    return written.replace(".", ",") if form == "comma" else written


def has_typeset_marks(cells: Iterable[str]) -> bool:
    """Return whether a number is written with marks that were no marks at first."""
    cells = list(cells)
    joined = "\n".join([*cells, ""])
    if not NOT_PLAIN.search(joined) and "-\n" not in joined:
        return False  # as mostly
    marks = [m for m in (TYPESET_MARKS, LATER_MARKS) if m.search(joined)]
    return any(
        mark.search(f"{cell}\n") is not None
        and np.isfinite([_marked(cell, "point"), _marked(cell, "comma")]).any()
        for mark in marks
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
    if typed.endswith("-"):  # as accounting programs write it
        typed, negative = typed[:-1], True
    bare = CURRENCY.sub("", typed.strip("()")).strip().removesuffix("%").strip()
    bare = re.sub(r"^([+-])\s+", r"\1", bare)
    pattern = POINT if form == "point" else COMMA
    if not pattern.fullmatch(bare):
        return np.nan
    if form == "comma":
        bare = re.sub("[.' \u00a0]", "", bare).replace(",", ".")
    value = float(re.sub("[,' \u00a0]", "", bare))
    return -abs(value) if negative else value
