"""Cells to numbers: plain ones, and those with thousands, currency or percent."""

import re
from collections.abc import Iterable, Sequence

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
LAST_CURRENCY = (
    r"NT\$|MX\$|S/\.?(?=\s?\d)|[₿₱₲₡₼₾₵₮₦]|원|AED|SAR|THB|IDR|MYR|VND|PHP|TWD|CLP|COP|"
    r"EGP|NGN|PKR|S?Fr\.(?=\s?\d)|dollars?|euros?|rubles?|рубл(?:ь|я|ей)"
)
CURRENCY = re.compile(
    f"(?:{LAST_CURRENCY}|{MORE_CURRENCY}|{FIRST_CURRENCY})", re.IGNORECASE
)
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
# Blanks of no width and marks of direction, which copied tables hold; digits of full
# width.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
WIDE = str.maketrans("０１２３４５６７８９．，－＋％", "0123456789.,-+%")
# 12.50 as a text of a spreadsheet, 1.2D+03 and 1.2×10^3 as powers, 100,- as a price.
AS_TEXT = re.compile(r"=?\"(.*)\"|'(.*?)'?")
POWER = re.compile(r"(?<=\d)\s?[x×·*]\s?10\^?(?=[+-]?\d)")
FORTRAN = re.compile(r"(\.\d+)D(?=[+-]\d\d$)")
ROUND_PRICE = re.compile(r"(?<=\d)(?:[.,][-–—]+|\s?/-)$")
DASHED = re.compile(r"^[–—](?=\s?\d)")
BRACKETED = re.compile(r"\(([^()]*)\)")
APART = re.compile(r"^([+-])\s+")
POINTS, COMMAS = (str.maketrans("", "", f"{mark}' \u00a0") for mark in ".,")
DIGIT = re.compile(r"\d")
LETTER = re.compile(r"[^\W\d_]")
UNMARKED = re.compile(r"[+-]?\d[\d.,' \u00a0]*(?<! )", re.ASCII)
SYMBOLS = str.maketrans("", "", "$€£¥₽₹₩₺₴₸₫฿₪₿₱₲₡₼₾₵₮₦")
NOT_PLAIN = re.compile(r"[^0-9.eE+\n-]")
# What was not read at first, beside these.
LATER_MARKS = re.compile(
    rf"[\u2019\u066a-\u066c]|{MORE_CURRENCY}|\d-\n|,\d+[eE]|\d,\d\d,\d", re.IGNORECASE
)
# What was read last of all, beside these.
LAST_MARKS = re.compile(
    rf"{INVISIBLE.pattern}|[０-９]|^=?[\"']|{POWER.pattern}|{FORTRAN.pattern}|{ROUND_PRICE.pattern}"
    rf"|^[–—]|^[^(\d]+\(|^%|\d -\n|{LAST_CURRENCY}",
    re.IGNORECASE | re.MULTILINE,
)
FORMS = ("plain", "boolean", "point", "comma")
MOST_CHARACTERS, MOST_LETTERS = 100, 24  # of a number with marks: currencies, twice
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
    return _has_marks(list(cells), (TYPESET_MARKS, LATER_MARKS))


def has_last_marks(cells: Iterable[str]) -> bool:
    """Return whether a number is written with marks that were read last of all."""
    return _has_marks(list(cells), (LAST_MARKS,))


def _has_marks(cells: list[str], patterns: Sequence[re.Pattern[str]]) -> bool:
    """Return whether a cell with one of some marks is a number."""
    joined = "\n".join([*cells, ""])
    if not NOT_PLAIN.search(joined) and "-\n" not in joined:
        return False  # as mostly
    marks = [mark for mark in patterns if mark.search(joined)]
    return any(
        mark.search(f"{cell}\n") is not None
        and np.isfinite([_marked(cell, "point"), _marked(cell, "comma")]).any()
        for mark in marks
        for cell in cells
    )


def _marked(cell: str, form: str) -> float:
    """Return the number in a cell with marks, or NaN."""
    if DIGIT.search(cell) is None or _is_text(cell):
        return np.nan
    bare, negative = (cell, False) if UNMARKED.fullmatch(cell) else _without_marks(cell)
    pattern = POINT if form == "point" else COMMA
    if not pattern.fullmatch(bare):
        return np.nan
    if form == "comma":
        bare = bare.translate(POINTS).replace(",", ".")
    value = float(bare.translate(COMMAS))
    return -abs(value) if negative else value


def _is_text(cell: str) -> bool:
    """Return whether a cell is too long for a number, or has more letters than marks.

    To look for marks in texts would take most of the time in which a file is read.
    """
    is_long = len(cell) > MOST_CHARACTERS and UNMARKED.fullmatch(cell) is None
    return is_long or len(LETTER.findall(cell)) > MOST_LETTERS


def _without_marks(cell: str) -> tuple[str, bool]:
    """Return a cell without the marks around its number, and whether it is below 0."""
    bare = _without_currency(ROUND_PRICE.sub("", _typed(cell)))
    bracketed = BRACKETED.fullmatch(bare)
    negative = bracketed is not None
    bare = _without_currency(bracketed[1]) if bracketed else bare.strip("()")
    bare = bare.strip()
    if bare.endswith("-"):  # as accounting programs write it
        bare, negative = bare[:-1], True
    bare = bare.removeprefix("%").removesuffix("%").strip()
    bare = APART.sub(r"\1", bare)
    return POWER.sub("e", FORTRAN.sub(r"\1e", bare)), negative


def _without_currency(cell: str) -> str:
    named = CURRENCY.sub("", cell) if LETTER.search(cell) else cell
    return named.translate(SYMBOLS).strip()


def _typed(cell: str) -> str:
    """Return a cell in the characters that a number is typed in."""
    seen = INVISIBLE.sub("", cell).translate(WIDE)
    as_text = AS_TEXT.fullmatch(seen)
    if as_text:
        seen = (as_text[1] or as_text[2] or "").strip()
    return DASHED.sub("-", seen.translate(TYPESET))


def _plain(cells: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the numbers that need no knowledge of marks."""
    numbers = pd.to_numeric(np.asarray(cells, dtype=object), errors="coerce")
    return np.asarray(numbers, dtype=np.float64)
