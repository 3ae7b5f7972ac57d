"""The functions that expressions know."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.derived.values import (
    Cells,
    date,
    map_texts,
    number,
    text,
    truth,
)
from ensemble_kit.exceptions import CompetitionError

Call = Callable[..., Cells]
SECONDS = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}
MAX_DIGITS = 15


@dataclass(frozen=True)
class Function:
    """One function of expressions.

    Parameters
    ----------
    name : str
    call : callable
        From Cells to Cells.
    least : int
        How many arguments it needs.
    most : int or None
        How many it takes; None: any number.
    about : str
        What it gives, in a few words.
    """

    name: str
    call: Call
    least: int
    most: int | None
    about: str

    @property
    def takes(self) -> str:
        """Return how many arguments it takes, in words."""
        if self.most is None:
            return f"{self.least} or more"
        same = self.most == self.least
        return f"{self.least}" if same else f"{self.least} to {self.most}"


FUNCTIONS: dict[str, Function] = {}


def _add(
    name: str, about: str, call: Call, least: int = 1, most: int | None = 1
) -> None:
    FUNCTIONS[name] = Function(name, call, least, most, about)


def _of_numbers(function: Callable[..., Any]) -> Call:
    """Return a function of numbers as one of cells."""
    return lambda *cells: number(function(*(each.numbers() for each in cells)))


def _of_texts(function: Callable[[str], str | None]) -> Call:
    """Return a function of one text as one of cells."""
    return lambda cells: text(map_texts(cells.texts(), function))


def one_text(cells: Cells, what: str) -> str:
    """Return a text that an expression holds itself."""
    if cells.kind != "text" or not cells.is_one:
        raise CompetitionError(f"{what} is a text in quotes, not a column")
    return str(cells.data)


def _pattern(cells: Cells) -> re.Pattern[str]:
    written = one_text(cells, "a regular expression")
    try:
        return re.compile(written)
    except (re.error, RecursionError, OverflowError) as error:
        raise CompetitionError(
            f"{written!r} is no regular expression: {error}"
        ) from None


def _extract(cells: Cells, pattern: Cells) -> Cells:
    """Return the first group that a pattern finds, or all that it finds."""
    compiled = _pattern(pattern)

    def first(written: str) -> str | None:
        match = compiled.search(written)
        return None if match is None else match[1 if compiled.groups else 0]

    return text(map_texts(cells.texts(), first))


def _numbers_of(cells: Cells, function: Callable[[str], float]) -> Cells:
    """Return a number of each text, NaN where it is missing."""
    return number(map_texts(cells.texts(), function).astype(np.float64))


def _tells(cells: Cells, function: Callable[[str], bool]) -> Cells:
    """Return whether each text is so; a missing one is not."""
    return truth(_numbers_of(cells, function).data == 1.0)


def _count(cells: Cells, part: Cells) -> Cells:
    wanted = one_text(part, "what count counts")
    if not wanted:
        raise CompetitionError("count: the text to count is empty")
    return _numbers_of(cells, lambda written: float(written.count(wanted)))


def _contains(cells: Cells, part: Cells) -> Cells:
    wanted = one_text(part, "what contains looks for")
    return _tells(cells, lambda written: wanted in written)


def _starts(cells: Cells, part: Cells) -> Cells:
    wanted = one_text(part, "what startswith looks for")
    return _tells(cells, lambda written: written.startswith(wanted))


def _ends(cells: Cells, part: Cells) -> Cells:
    wanted = one_text(part, "what endswith looks for")
    return _tells(cells, lambda written: written.endswith(wanted))


def _matches(cells: Cells, pattern: Cells) -> Cells:
    compiled = _pattern(pattern)
    return _tells(cells, lambda written: compiled.search(written) is not None)


def _replace(cells: Cells, old: Cells, new: Cells) -> Cells:
    before, after = one_text(old, "what is replaced"), one_text(new, "what replaces it")
    return text(
        map_texts(cells.texts(), lambda written: written.replace(before, after))
    )


def _round(cells: Cells, digits: Cells | None = None) -> Cells:
    n_digits = 0.0 if digits is None else float(one_number(digits, "round's digits"))
    if abs(n_digits) > MAX_DIGITS or n_digits % 1:
        raise CompetitionError(f"round: up to {MAX_DIGITS} digits")
    return number(np.round(cells.numbers(), int(n_digits)))


def one_number(cells: Cells, what: str) -> float:
    """Return a number that an expression holds itself."""
    if not cells.is_one:
        raise CompetitionError(f"{what} is one number, not a column")
    return float(cells.numbers())


def _joined(cells: Sequence[Cells]) -> NDArray[np.float64]:
    """Return numbers as columns of one table."""
    return np.stack(np.broadcast_arrays(*(each.numbers() for each in cells)))


def _least(*cells: Cells) -> Cells:
    return number(np.minimum.reduce(_joined(cells)))


def _most(*cells: Cells) -> Cells:
    return number(np.maximum.reduce(_joined(cells)))


def _sum(*cells: Cells) -> Cells:
    return number(_joined(cells).sum(axis=0))


def _mean(*cells: Cells) -> Cells:
    return number(_joined(cells).mean(axis=0))


def _clip(cells: Cells, low: Cells, high: Cells) -> Cells:
    return number(
        np.minimum(np.maximum(cells.numbers(), low.numbers()), high.numbers())
    )


def _isna(cells: Cells) -> Cells:
    return truth(cells.is_missing)


def where(condition: Cells, then: Cells, otherwise: Cells) -> Cells:
    """Return one value where something is true, and another where it is not."""
    one, other = alike(then, otherwise)
    chosen = np.where(condition.truths(), one.data, other.data)
    return Cells(one.kind, chosen)


def _coalesce(*cells: Cells) -> Cells:
    """Return the first value that is not missing."""
    first = cells[-1]
    for each in reversed(cells[:-1]):
        first = where(truth(each.is_missing), first, each)
    return first


def alike(one: Cells, other: Cells) -> tuple[Cells, Cells]:
    """Return two cells in one kind, that of both or the one both can be read in.

    Raises
    ------
    CompetitionError
        When there is none.
    """
    kinds = {one.kind, other.kind}
    if len(kinds) == 1:
        return Cells(one.kind, one.data), Cells(other.kind, other.data)
    if "span" in kinds:
        raise CompetitionError(
            f"{one.described()} and {other.described()}: they do not go together"
        )
    if kinds == {"number", "truth"}:
        return number(one.numbers()), number(other.numbers())
    if "date" in kinds:
        return date(one.dates()), date(other.dates())
    return text(one.texts()), text(other.texts())


def _parted(cells: Cells, unit: str) -> Cells:
    """Return a span of time in a unit."""
    spans = cells.spans()
    seconds = spans.astype("timedelta64[us]").astype(np.float64) / 1e6
    return number(np.where(np.isnat(spans), np.nan, seconds / SECONDS[unit]))


def _span_in(unit: str) -> Call:
    return lambda cells: _parted(cells, unit)


def _of_dates(part: str) -> Call:
    """Return a function that gives one part of dates."""

    def call(cells: Cells) -> Cells:
        dates = cells.dates()
        numbers = getattr(pd.DatetimeIndex(np.atleast_1d(dates)), part)
        return number(np.asarray(numbers, dtype=np.float64).reshape(dates.shape))

    return call


def _week(cells: Cells) -> Cells:
    dates = cells.dates()
    weeks = pd.DatetimeIndex(np.atleast_1d(dates)).isocalendar().week
    return number(
        weeks.to_numpy(dtype=np.float64, na_value=np.nan).reshape(dates.shape)
    )


for _name, _about, _function in (
    ("abs", "without its sign", np.abs),
    ("sqrt", "the square root", np.sqrt),
    ("log", "the natural logarithm", np.log),
    ("log1p", "the logarithm of 1 more", np.log1p),
    ("log2", "the logarithm to base 2", np.log2),
    ("log10", "the logarithm to base 10", np.log10),
    ("exp", "e to the power of it", np.exp),
    ("expm1", "1 less than that", np.expm1),
    ("floor", "the whole number below", np.floor),
    ("ceil", "the whole number above", np.ceil),
    ("sign", "-1, 0 or 1", np.sign),
    ("sin", "the sine, in radians", np.sin),
    ("cos", "the cosine, in radians", np.cos),
):
    _add(_name, _about, _of_numbers(_function))
_add("round", "rounded, to a number of digits", _round, 1, 2)
_add("min", "the least of several", _least, 2, None)
_add("max", "the greatest of several", _most, 2, None)
_add("sum", "the sum of several", _sum, 2, None)
_add("mean", "the mean of several", _mean, 2, None)
_add("clip", "moved between a least and a greatest", _clip, 3, 3)
_add("lower", "in small letters", _of_texts(str.lower))
_add("upper", "in capitals", _of_texts(str.upper))
_add("strip", "without blanks around it", _of_texts(str.strip))
_add(
    "len", "the number of characters", lambda c: _numbers_of(c, lambda t: float(len(t)))
)
_add(
    "words",
    "the number of words",
    lambda c: _numbers_of(c, lambda t: float(len(t.split()))),
)
_add("count", "how often a text stands in it", _count, 2, 2)
_add("extract", "what a regular expression finds", _extract, 2, 2)
_add("contains", "whether a text stands in it", _contains, 2, 2)
_add("matches", "whether a regular expression finds something", _matches, 2, 2)
_add("startswith", "whether it begins with a text", _starts, 2, 2)
_add("endswith", "whether it ends with a text", _ends, 2, 2)
_add("replace", "with one text in place of another", _replace, 3, 3)
_add("number", "a text as a number", lambda c: number(c.numbers()))
_add("text", "a number as a text", lambda c: text(c.texts()))
_add("isna", "whether it is missing", _isna)
_add("where", "one value where something is true, else another", where, 3, 3)
_add("coalesce", "the first that is not missing", _coalesce, 2, None)
_add("date", "a text as a date", lambda c: date(c.dates()))
for _unit in SECONDS:
    _add(_unit, f"a span of time in {_unit}", _span_in(_unit))
for _name, _part in (
    ("year", "year"),
    ("month", "month"),
    ("day", "day"),
    ("weekday", "day_of_week"),
    ("yearday", "day_of_year"),
    ("hour", "hour"),
    ("minute", "minute"),
):
    _add(_name, f"the {_name} of a date", _of_dates(_part))
_add("week", "the week of a date", _week)
