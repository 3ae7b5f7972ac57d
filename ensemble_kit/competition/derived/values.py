"""What parts of an expression are while it is worked out: cells of one kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import date_form, number_form
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tables.dates import parse_dates

Kind = Literal["number", "text", "date", "span", "truth"]
MIN_READ = 0.5  # of a column's cells, for it to be taken as numbers or dates
MIN_NUMBERS = 0.99
LARGEST_WHOLE = 2.0**53
WITH_ARTICLE = {
    "number": "numbers",
    "text": "texts",
    "date": "dates",
    "span": "spans of time",
    "truth": "true or false",
}


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are read, for rows that come later too.

    Parameters
    ----------
    kind : {"number", "text", "date"}
        What it is where nothing else is asked for.
    number, date : str
        The forms of its numbers and dates; empty where it has none.
    example : str
        A cell, for messages.
    """

    kind: Kind
    number: str = ""
    date: str = ""
    example: str = ""

    @classmethod
    def of(cls, column: JointColumn) -> "Reading":
        """Return how a column of train and test is read."""
        present = ~column.is_missing
        cells = column.cells[present]
        example = str(cells[0])[:30] if len(cells) else ""
        form, dates = number_form(column), date_form(column) or ""
        share = _share_of(~np.isnan(column.numbers(form)), column)
        number = form if share >= MIN_READ or not len(cells) else ""
        if share >= MIN_NUMBERS or not len(cells):
            kind: Kind = "number"
        else:
            kind = "date" if dates else "text"
        return cls(kind, number, dates, example)


@dataclass(frozen=True, eq=False)
class Cells:
    """One value for each row.

    Parameters
    ----------
    kind : {"number", "text", "date", "span", "truth"}
    data : ndarray of shape (n_rows,) or of shape ()
        Floats, NaN where missing; str objects, None where missing; datetime64 or
        timedelta64, NaT where missing; truth values. One alone holds for all rows.
    column : JointColumn, optional
        The cells as they were written, where they are those of a column.
    reading : Reading, optional
        How these are read.
    """

    kind: Kind
    data: NDArray[Any]
    column: JointColumn | None = None
    reading: Reading | None = None

    @classmethod
    def of_column(cls, column: JointColumn, reading: Reading) -> "Cells":
        """Return the cells of a column in its own kind."""
        return cls(reading.kind, _read(column, reading, reading.kind), column, reading)

    @property
    def is_one(self) -> bool:
        """Return whether one value holds for all rows."""
        return self.data.ndim == 0

    @property
    def is_missing(self) -> NDArray[np.bool_]:
        """Return which values are missing."""
        if self.column is not None:
            lost = self.column.is_missing[self.column.codes]
            return lost if self.kind == "text" else lost | _is_missing(self.data)
        return _is_missing(self.data)

    def numbers(self) -> NDArray[np.float64]:
        """Return the values as numbers, NaN where missing.

        Raises
        ------
        CompetitionError
            When they are no numbers.
        """
        if self.kind in ("number", "truth"):
            return self.data.astype(np.float64)
        if self.column is not None and self.reading is not None and self.reading.number:
            return _read(self.column, self.reading, "number")
        raise CompetitionError(f"{self.described()}; numbers are expected")

    def texts(self) -> NDArray[np.object_]:
        """Return the values as they are written, None where missing."""
        if self.column is not None and self.reading is not None:
            return _read(self.column, self.reading, "text")
        return self.data if self.kind == "text" else spelled(self)

    def dates(self) -> NDArray[np.datetime64]:
        """Return the values as dates, NaT where missing.

        Raises
        ------
        CompetitionError
            When they are no dates.
        """
        if self.kind == "date":
            return self.data
        if self.column is not None and self.reading is not None and self.reading.date:
            return _read(self.column, self.reading, "date")
        if self.kind == "text" and self.is_one:
            return np.asarray(_one_date(str(self.data)))
        raise CompetitionError(f"{self.described()}; dates are expected")

    def spans(self) -> NDArray[np.timedelta64]:
        """Return the values as spans of time."""
        if self.kind != "span":
            raise CompetitionError(
                f"{self.described()}; the difference of two dates is expected, as in "
                "days(sold - built)"
            )
        return self.data

    def truths(self) -> NDArray[np.bool_]:
        """Return the values as true or false: a number is true but for 0."""
        if self.kind == "truth":
            return self.data
        numbers = self.numbers()
        return ~np.isnan(numbers) & (numbers != 0)

    def described(self) -> str:
        """Return what the values are, for a message."""
        if self.column is not None and self.reading is not None:
            what = WITH_ARTICLE[self.reading.kind]
            return f"{self.column.name!r} holds {what} such as {self.reading.example!r}"
        shown = f" {str(self.data)!r}" if self.is_one else ""
        return f"a part{shown} gives {WITH_ARTICLE[self.kind]}"


def number(data: Any) -> Cells:
    """Return numbers."""
    return Cells("number", np.asarray(data, dtype=np.float64))


def text(data: Any) -> Cells:
    """Return texts."""
    return Cells("text", np.asarray(data, dtype=object))


def truth(data: Any) -> Cells:
    """Return truth values."""
    return Cells("truth", np.asarray(data, dtype=bool))


def date(data: Any) -> Cells:
    """Return dates."""
    return Cells("date", np.asarray(data, dtype="datetime64[us]"))


def map_texts(
    texts: NDArray[np.object_], function: Callable[[str], Any]
) -> NDArray[np.object_]:
    """Return what a function gives for each text; None stays None.

    Each different text is asked for once.
    """
    if texts.ndim == 0:
        value = None if texts[()] is None else function(str(texts[()]))
        return np.asarray(value, dtype=object)
    codes, distinct = pd.factorize(pd.Series(texts, dtype=object))
    made = np.empty(len(distinct) + 1, dtype=object)  # its last one is None: code -1
    for place, each in enumerate(distinct):
        made[place] = function(each)
    return made[codes]


def spelled(cells: Cells) -> NDArray[np.object_]:
    """Return values as a file would have them, None where missing.

    Whole numbers have no decimal point, others the shortest form that reads as the
    same number.
    """
    if cells.kind == "span":
        raise CompetitionError(
            "it gives spans of time; say in which unit, as in days(sold - built)"
        )
    if cells.kind == "text":
        return cells.data
    if cells.kind == "date":
        return _spell(cells.data, _spell_date)
    return _spell(cells.data.astype(np.float64), _spell_number)


def _spell(data: NDArray[Any], function: Callable[[Any], str]) -> NDArray[np.object_]:
    codes, distinct = pd.factorize(np.atleast_1d(data))
    made = np.array([*map(function, distinct), None], dtype=object)[codes]
    return made.reshape(data.shape)


def _spell_number(value: float) -> str:
    is_whole = value == np.floor(value) and abs(value) < LARGEST_WHOLE
    return str(int(value)) if is_whole else repr(float(value))


def _spell_date(value: Any) -> str:
    return pd.Timestamp(value).strftime("%Y-%m-%d %H:%M:%S")


def _read(column: JointColumn, reading: Reading, kind: str) -> NDArray[Any]:
    """Return the cells of a column in a kind, one for each row."""
    if kind == "number":
        numbers = column.numbers(reading.number or "plain")
        return np.where(np.isfinite(numbers), numbers, np.nan)[column.codes]
    if kind == "date":
        return parse_dates(column.cells, reading.date)[column.codes]
    texts = column.cells.astype(object)
    texts[column.is_empty] = None
    return texts[column.codes]


def _is_missing(data: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(pd.isna(data), dtype=bool)


def _share_of(cells: NDArray[np.bool_], column: JointColumn) -> float:
    """Return the share of a column's rows, those with nothing left out."""
    present = ~column.is_missing
    n_rows = column.n_rows(present)
    return column.n_rows(cells & present) / n_rows if n_rows else 0.0


def _one_date(written: str) -> np.datetime64:
    """Return the date that a text in an expression stands for."""
    try:
        return pd.Timestamp(written).tz_localize(None).to_datetime64()
    except (ValueError, TypeError, OverflowError):
        raise CompetitionError(
            f"{written!r} is no date; write it as '2020-12-31'"
        ) from None
