"""Cells to spans of time in seconds: with colons, with units, or as in ISO 8601."""

import re

import numpy as np
from numpy.typing import NDArray

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
SECONDS = {
    0.001: "ms msec msecs millisecond milliseconds мс",
    1.0: "s sec secs second seconds sekunde sekunden с сек секунда секунды секунд",
    MINUTE: "m min mins minute minutes minuten м мин минута минуты минут",
    HOUR: "h hr hrs hour hours std stunde stunden ч час часа часов",
    DAY: "d day days tag tage tagen д дн день дня дней",
    7 * DAY: "w wk wks week weeks woche wochen н нед неделя недели недель",
    30.4375 * DAY: "mo mon mons mth mths month months monat monate monaten мес месяц "
    "месяца месяцев",
    365.25 * DAY: "y yr yrs year years jahr jahre jahren г год года лет",
}
SECONDS_OF = {word: span for span, words in SECONDS.items() for word in words.split()}
PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\.?")
UNITS = re.compile(rf"([+-])?\s*((?:{PART.pattern}[\s,]*(?:and\s+)?)+)(?:ago)?")
COLONS = re.compile(
    r"([+-])?(?:(\d+)(?:\.(?=\d\d:\d\d:)|\s*d(?:ays?)?,?\s+\+?))?"
    r"(\d+):([0-5]\d)(?::([0-5]\d(?:[.,]\d+)?))?"
)
# What Python and pandas write for a span below 0: whole days, and a time to add.
SIGNED_DAYS = re.compile(
    r"(-)(\d+)\s*days?(?:,\s+|\s+\+)(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)"
)
ISO = re.compile(
    r"([+-])?p(?=.)(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?"
    r"(?:t(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?)?"
)
ISO_SPANS = (365.25 * DAY, 30.4375 * DAY, 7 * DAY, DAY, HOUR, MINUTE, 1.0)
UNPADDED = re.compile(r"\d:[0-5]\d:[0-5]\d")


def parse_durations(cells: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the seconds that cells span, NaN where a cell is no span of time.

    Months have 30.4375 days, years 365.25. Two numbers around a colon are minutes and
    seconds; hours and minutes after days.

    Examples
    --------
    >>> cells = np.array(["1:02:33", "2h 15m", "3 days", "PT90S", "7"], dtype=object)
    >>> parse_durations(cells)
    array([3.753e+03, 8.100e+03, 2.592e+05, 9.000e+01,       nan])
    """
    return np.array([_seconds(cell.casefold()) for cell in cells], dtype=np.float64)


def name_their_units(cells: NDArray[np.object_]) -> bool:
    """Return whether no cell is one number with one letter, as sizes have too."""
    return any(
        ":" in cell
        or cell[0] in "pP"
        or len(parts := PART.findall(cell.casefold())) > 1
        or any(len(unit) > 1 for _, unit in parts)
        for cell in cells
    )


def count_up_from_zero(cells: NDArray[np.object_]) -> bool:
    """Return whether cells with colons have hours as spans do: one digit, no zero."""
    return len(cells) >= 20 and all(UNPADDED.match(cell) for cell in cells)


def have_signed_days(cells: NDArray[np.object_]) -> bool:
    """Return whether a span below 0 is written as days and a time to add to them.

    Examples
    --------
    >>> parse_durations(np.array(["-1 days +23:00:00", "-1 day, 23:00:00"], object))
    array([-3600., -3600.])
    """
    written = list(cells)
    if "DAY" not in "\n".join(written).upper():
        return False  # as mostly
    return any(
        cell[:1] == "-" and SIGNED_DAYS.fullmatch(cell.casefold()) is not None
        for cell in written
    )


def _seconds(cell: str) -> float:
    """Return the seconds of one cell in small letters, or NaN."""
    if signed := SIGNED_DAYS.fullmatch(cell):
        return _of_colons(signed) - 2 * int(signed[2]) * DAY
    for pattern, read in ((COLONS, _of_colons), (UNITS, _of_units), (ISO, _of_iso)):
        match = pattern.fullmatch(cell)
        if match:
            return -read(match) if match[1] == "-" else read(match)
    return np.nan


def _of_colons(match: re.Match[str]) -> float:
    """Return the seconds of hours, minutes and seconds, or of minutes and seconds."""
    days, first, second, third = match.groups()[1:]
    seconds = float(third.replace(",", ".")) if third else 0.0
    if third is None and days is None:
        return int(first) * MINUTE + int(second)
    return int(days or 0) * DAY + int(first) * HOUR + int(second) * MINUTE + seconds


def _of_units(match: re.Match[str]) -> float:
    """Return the sum of numbers with units, NaN for a unit that is none of time."""
    return sum(
        float(number.replace(",", ".")) * SECONDS_OF.get(unit, np.nan)
        for number, unit in PART.findall(match[2])
    )


def _of_iso(match: re.Match[str]) -> float:
    """Return the seconds of an ISO 8601 period."""
    parts = match.groups()[1:]
    return sum(
        float(number or 0) * span for number, span in zip(parts, ISO_SPANS, strict=True)
    )
