"""What each feature column is, declared as plain data, and rows made to match."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.joint_column import FEW, JointColumn
from ensemble_kit.identity_memo import IdentityMemo
from ensemble_kit.tables.dates import (
    CERTAIN,
    EPOCHS,
    EXCEL,
    MAX_WORDS,
    MIN_MIXED,
    MONTH_AND_YEAR,
    are_excel_days,
    are_zero_dates,
    guess_date_form,
    is_first_form,
    is_month_and_year,
    parse_dates,
    six_digits,
)
from ensemble_kit.tables.durations import name_their_units, parse_durations
from ensemble_kit.tables.numbers import DURATION, FORMS, PERCENT, parse_numbers

SAMPLE = 200
TIME_NAME = re.compile(r"date|time|stamp|day|month|year|_at$|^at_|^at$", re.IGNORECASE)
# A column of such a name holds days, though they are written as numbers.
DATE_NAME = re.compile(
    r"(?i:(^|[\W_\d]|birth|sale|order|start|end|due|ship|hire|event)dates?(?![a-z]))"
    r"|[a-z]Dates?(?![a-z])|(?i:timestamp|yyyy|дата|(year|yr|period)_?mon|_at$|^at$)"
    r"|(?i:(^|[\W_])(dt|datum|dob|ym)($|[\W_]))"
)
MARKED = re.compile(r"[.,' \u00a0%]")
RARELY, MOSTLY = 0.1, 0.5
MANY_ROWS = 200_000
ENOUGH = 5  # rows, to say that none of a column lies where it did: one may be odd
FIRST_YEAR, LAST_YEAR = 1995, 2035  # of moments, in numbers that may be amounts
ZERO_COMMA = re.compile(r"\D*0,\d")
# Dates as whole numbers: their form, and the first and the last number they may be.
DIGITS: tuple[tuple[str, float, float], ...] = (
    ("%Y%m%d", 19000101, 21001231),
    ("%Y%m%d%H%M", 190001010000, 210012312359),
    ("%Y%m%d%H%M%S", 19000101000000, 21001231235959),
)


@dataclass(frozen=True)
class ColumnSchema:
    """One feature column: its role, how cells are read, and the known categories.

    Parameters
    ----------
    name : str
    role : {"number", "category", "text", "datetime"}
    form : str
        How numbers or dates are written; empty for other roles.
    categories : tuple of str
    span : (float, float), optional
        The least and the largest number of the training rows.
    gaps : float, optional
        The share of training rows without a cell.
    """

    name: str
    role: str
    form: str = ""
    categories: tuple[str, ...] = ()
    span: tuple[float, float] | None = None
    gaps: float | None = None

    @classmethod
    def of(cls, column: JointColumn, role: str) -> "ColumnSchema":
        """Return the schema of a column in the role it was given."""
        empty = column.is_missing[column.codes[: column.n_train]]
        gaps = round(float(empty.mean()), 6)
        return replace(cls._of(column, role), gaps=gaps)

    @classmethod
    def _of(cls, column: JointColumn, role: str) -> "ColumnSchema":
        if role == "number":
            form = number_form(column)
            return cls(column.name, role, form, span=_span(column, form))
        if role == "datetime":
            dated = date_form(column) or date_form(column, min_share=0.0)
            return cls(column.name, role, dated or "ISO8601")
        if role == "category":
            cells = sorted(column.cells[~column.is_empty])
            return cls(column.name, role, categories=tuple(cells))
        return cls(column.name, role)

    def values(self, column: JointColumn) -> pd.Series:
        """Return a column's values in the dtype of its role."""
        return READERS[self.role](self, column)

    def unread(self, column: JointColumn) -> np.ndarray:
        """Return which distinct cells hold something that the role cannot read."""
        if self.role == "number":
            lost = ~np.isfinite(column.numbers(self.form))
        elif self.role == "datetime":
            lost = np.isnat(parse_dates(column.cells, self.form))
            lost &= ~are_zero_dates(column.cells)
        else:
            lost = np.zeros(len(column.cells), dtype=bool)
        return lost & ~column.is_missing

    def in_another_form(
        self, column: JointColumn, unread: NDArray[np.bool_]
    ) -> "ColumnSchema | None":
        """Return a schema in the form that reads most of some cells, None for none.

        A number or a date that this schema's form does not read may be written as in
        another file: with a percent sign, a decimal comma, the day first. Of forms
        that read as many, the one whose numbers lie among those of training.
        """
        cells, n_rows = column.cells[unread], column.counts[unread]
        forms = [form for form in self._other_forms(cells, n_rows) if form != self.form]
        others = [replace(self, form=form) for form in forms]
        read = [
            (int(column.counts[unread & ~o.unread(column)].sum()), o.inside(column))
            for o in others
        ]
        best = max(read, default=(0, 0.0))
        return others[read.index(best)] if best[0] else None

    def misreads(self, column: JointColumn) -> "ColumnSchema | None":
        """Return a schema in the form that cells are in, though this one reads them.

        10.380 is a number in either form. Where none of a column lies among those of
        training, and most do in another form, they are written in that one.
        """
        if len(column.codes) < ENOUGH:
            return None
        if self.role == "datetime":
            return self._misreads_dates(column)
        if self.role != "number":
            return None
        marked = any(MARKED.search(cell) for cell in column.cells[:SAMPLE])
        if not marked or self.inside(column) > RARELY:
            return None
        others = [replace(self, form=form) for form in (*FORMS, PERCENT)]
        inside = [other.inside(column) for other in others]
        is_certain = self.span is not None and max(inside) >= MOSTLY
        return others[inside.index(max(inside))] if is_certain else None

    def _misreads_dates(self, column: JointColumn) -> "ColumnSchema | None":
        """Return a schema in the order of day and month that some cells are surely in.

        It reads the others too, which may be days in either order.
        """
        unread = self.unread(column)
        if not unread.any() or unread[~column.is_missing].all():
            return None
        other = self.in_another_form(column, unread)
        return other if other is not None and not other.unread(column).any() else None

    def inside(self, column: JointColumn) -> float:
        """Return the share of rows whose numbers lie among those of training."""
        present = ~column.is_missing
        if self.role != "number" or self.span is None or not present.any():
            return 0.0
        numbers, (low, high) = column.numbers(self.form)[present], self.span
        is_inside = (numbers >= low) & (numbers <= high)
        return float(np.average(is_inside, weights=column.counts[present]))

    def _other_forms(
        self, cells: NDArray[np.object_], n_rows: NDArray[np.intp]
    ) -> tuple[str, ...]:
        """Return the forms that may read cells, the likelier one first."""
        if self.role == "datetime":
            form = guess_date_form(cells, n_rows, 0.0) or _numeric_date_form(
                cells, parse_numbers(cells, "plain"), True
            )
            return (form,) if form else ()
        if self.role != "number":
            return ()
        # No number of thousands begins with zero: 0,512 has a decimal comma.
        if any(ZERO_COMMA.match(cell) for cell in cells):
            return ("comma", *FORMS, DURATION)
        return (*FORMS, DURATION, PERCENT)

    def _numbers(self, column: JointColumn) -> pd.Series:
        numbers = column.numbers(self.form)
        numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        return pd.Series(numbers[column.codes], name=self.name)

    def _dates(self, column: JointColumn) -> pd.Series:
        dates = parse_dates(column.cells, self.form)
        return pd.Series(dates[column.codes], name=self.name)

    def _categories(self, column: JointColumn) -> pd.Series:
        index = _index_of(self.categories)
        if len(column.cells) <= FEW:
            known = _PLACES(index)
            places = np.array([known.get(cell, -1) for cell in column.cells], dtype=int)
        else:
            places = index.get_indexer(pd.Index(column.cells, dtype="str"))
        values = pd.Categorical.from_codes(places[column.codes], categories=index)
        return pd.Series(values, name=self.name)

    def _texts(self, column: JointColumn) -> pd.Series:
        cells = column.cells.copy()
        cells[column.is_empty] = None
        return pd.Series(cells[column.codes], dtype="str", name=self.name)


READERS = {
    "number": ColumnSchema._numbers,
    "datetime": ColumnSchema._dates,
    "category": ColumnSchema._categories,
    "text": ColumnSchema._texts,
}


@dataclass(frozen=True)
class Schema:
    """The feature columns of a competition, in order."""

    columns: tuple[ColumnSchema, ...] = field(default_factory=tuple)

    def frame(self, columns: dict[str, JointColumn]) -> pd.DataFrame:
        """Return the values of joint columns, one dtype per role."""
        series = {c.name: c.values(columns[c.name]) for c in self.columns}
        n_rows = len(next(iter(columns.values())).codes)
        # Columns of one kind are copied together; many rows would be there twice.
        copy = n_rows < MANY_ROWS
        return pd.DataFrame(series, index=pd.RangeIndex(n_rows), copy=copy)

    def new_forms(self) -> dict[str, str]:
        """Return the forms, by column, that the first stored work did not know."""
        return {
            column.name: column.form
            for column in self.columns
            if (column.role == "datetime" and not is_first_form(column.form))
            or column.form == DURATION
        }

    def to_plain(self) -> list[dict[str, Any]]:
        """Return the schema as lists and strings, for a file."""
        return [
            {
                **{k: v for k, v in vars(column).items() if v is not None},
                "categories": list(column.categories),
            }
            for column in self.columns
        ]

    @classmethod
    def from_plain(cls, data: list[dict[str, Any]]) -> "Schema":
        """Return the schema that `to_plain` wrote."""
        return cls(
            tuple(
                ColumnSchema(**{k: _settled(v) for k, v in item.items()})
                for item in data
            )
        )


@lru_cache(maxsize=256)
def _index_of(categories: tuple[str, ...]) -> pd.Index:
    """Return known categories as pandas looks them up; it takes a while to make."""
    return pd.Index(categories, dtype="str")


def _places(categories: pd.Index) -> dict[str, int]:
    return {name: place for place, name in enumerate(categories.tolist())}


_PLACES = IdentityMemo(_places)


def _settled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _span(column: JointColumn, form: str) -> tuple[float, float] | None:
    """Return the least and the largest number of the training rows."""
    numbers = column.numbers(form)[column.train_cells]
    numbers = numbers[np.isfinite(numbers)]
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else None


def number_form(column: JointColumn) -> str:
    """Return how a column's numbers are written, spans of time among them."""
    form, share = column.number_form
    return DURATION if duration_share(column) > share else form


def duration_share(column: JointColumn) -> float:
    """Return the share of a column's rows that hold a span of time.

    Up to three words that stand in for one do not count.
    """
    places = np.flatnonzero(~column.is_missing)
    trial = places[:SAMPLE]
    if np.isnan(parse_durations(column.cells[trial])).sum() > len(trial) / 2:
        return 0.0
    read = ~np.isnan(column.numbers(DURATION)[places])
    if not name_their_units(column.cells[places[read]]):
        return 0.0
    n_rows = column.counts[places]
    share = float(np.average(read, weights=n_rows))
    return 1.0 if (~read).sum() <= MAX_WORDS and share >= 0.5 else share


def date_form(column: JointColumn, min_share: float = MIN_MIXED) -> str | None:
    """Return how a column's dates are written, or None when it holds none.

    Numbers of six digits and the days of spreadsheets are dates where the column's
    name says so, or where it is known (``min_share`` of 0).
    """
    present = ~column.is_missing
    cells = column.cells[present]
    form = guess_date_form(cells, column.counts[present], min_share)
    if form is not None or not len(cells):
        return form
    is_named = DATE_NAME.search(column.name) is not None
    numbers = column.numbers("plain")[present]
    return _numeric_date_form(cells, numbers, is_named or min_share == 0.0)


def in_six_digits(column: JointColumn) -> str | None:
    """Return the form of six digits that every cell of a column is a date in."""
    cells = column.cells[~column.is_missing]
    return six_digits(cells) if len(cells) > 1 else None


def in_seconds(column: JointColumn) -> str | None:
    """Return the unit in which a column's numbers may count from 1970 on.

    All of them are whole and moments of some forty years, and they seldom repeat.
    """
    cells = column.cells[~column.is_missing]
    numbers = column.numbers("plain")[~column.is_missing]
    form = _numeric_date_form(cells, numbers) if len(cells) else None
    if form not in ("seconds", "milliseconds") or len(cells) < CERTAIN:
        return None
    years = parse_dates(cells, form).astype("datetime64[Y]").astype(int) + 1970
    is_late = bool((years >= FIRST_YEAR).all() and (years <= LAST_YEAR).all())
    return form if is_late and not (numbers % 1).any() else None


def _numeric_date_form(
    cells: np.ndarray, numbers: NDArray[np.float64], is_dated: bool = False
) -> str | None:
    """Return the form of dates written as numbers, or None.

    Where cells are dates by their name, more is one.
    """
    if np.isnan(numbers).any():
        return None
    low, high = numbers.min(), numbers.max()
    for form, first, last in DIGITS:
        if first <= low and high <= last and _reads_all(cells, form):
            return form
    if is_month_and_year(cells):
        return MONTH_AND_YEAR
    for form, (_, first, last) in EPOCHS.items():
        if first <= low and high <= last:
            return form
    if is_dated or len(cells) >= CERTAIN:
        in_six = six_digits(cells)
        if in_six:
            return in_six
    return EXCEL if is_dated and are_excel_days(numbers) else None


def _reads_all(cells: np.ndarray, form: str) -> bool:
    """Return whether every cell is a date in a form of digits."""
    return not np.isnat(parse_dates(cells, form)).any()
