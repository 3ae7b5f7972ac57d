"""One column of train and test together: distinct cells and who has them."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.tables.cells import CodedCells, Column
from ensemble_kit.tables.numbers import FORMS, parse_numbers

WORDS = ("na", "n/a", "nan", "null", "none", "nil", "<na>", "#n/a")
MISSING = ["", "-", "--", "?", "NaN", "N/a"]
MISSING += [f(word) for word in WORDS for f in (str.lower, str.upper, str.title)]
IS_MISSING = frozenset(MISSING)
TRIAL = 2000
FEW = 100  # rows that are sooner gone through one by one than by pandas


@dataclass(frozen=True)
class JointColumn:
    """The distinct cells of a column, blanks around them removed, and their places.

    Parameters
    ----------
    name : str
    cells : ndarray of str objects
        Distinct cells in order of appearance.
    codes : ndarray of int
        The place in ``cells`` of every row: training rows first.
    n_train : int
    """

    name: str
    cells: NDArray[np.object_]
    codes: NDArray[np.integer]
    n_train: int
    _numbers: dict[str, NDArray[np.float64]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def of(cls, name: str, train: Column, test: Column | None) -> "JointColumn":
        """Return the joint column of two columns of strings."""
        if test is None and isinstance(train, pd.Series) and len(train) <= FEW:
            few = train.tolist()
            # Others know blanks beyond ASCII too, and not all know the same.
            if all(isinstance(cell, str) and cell.isascii() for cell in few):
                return cls(name, *_distinct([cell.strip() for cell in few]), len(few))
        codes, cells = _joined(train, test)
        places, cells = pd.factorize(pd.Index(cells).str.strip())
        if len(cells) < len(places):
            codes = places[codes]
        return cls(name, np.asarray(cells, dtype=object), codes, len(train))

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """Return how many rows have each distinct cell."""
        return np.bincount(self.codes, minlength=len(self.cells))

    @cached_property
    def is_empty(self) -> NDArray[np.bool_]:
        """Return which distinct cells hold nothing."""
        return np.asarray(self.cells == "", dtype=bool)

    @cached_property
    def is_missing(self) -> NDArray[np.bool_]:
        """Return which distinct cells hold nothing or a word for it."""
        if len(self.cells) <= FEW:
            return np.array([cell in IS_MISSING for cell in self.cells], dtype=bool)
        return pd.Index(self.cells).isin(MISSING)

    def numbers(self, form: str) -> NDArray[np.float64]:
        """Return the number in each distinct cell, read in one form."""
        if form not in self._numbers:
            self._numbers[form] = parse_numbers(self.cells, form)
        return self._numbers[form]

    @cached_property
    def number_form(self) -> tuple[str, float]:
        """Return the form that reads most rows, and the share of rows it reads.

        Missing cells do not count.
        """
        places = np.flatnonzero(~self.is_missing)
        best, share = FORMS[0], -1.0
        for form in FORMS:
            share_of_form = self._share(form, places[:TRIAL])
            best, share = (
                (form, share_of_form) if share_of_form > share else (best, share)
            )
            if share == 1.0:
                break
        if len(places) <= TRIAL or share < 0.5:
            return best, share
        read = ~np.isnan(self.numbers(best)[places])
        return best, float(np.average(read, weights=self.counts[places]))

    def _share(self, form: str, places: NDArray[np.intp]) -> float:
        """Return the share of rows, of those that have some cells, a form reads."""
        if not len(places):
            return 0.0
        read = ~np.isnan(parse_numbers(self.cells[places], form))
        return float(np.average(read, weights=self.counts[places]))

    @property
    def train_cells(self) -> NDArray[np.bool_]:
        """Return which distinct cells stand in training rows."""
        seen = np.zeros(len(self.cells), dtype=bool)
        seen[self.codes[: self.n_train]] = True
        return seen

    @property
    def test_cells(self) -> NDArray[np.bool_]:
        """Return which distinct cells stand in test rows."""
        seen = np.zeros(len(self.cells), dtype=bool)
        seen[self.codes[self.n_train :]] = True
        return seen

    def n_rows(self, cells: NDArray[np.bool_]) -> int:
        """Return how many rows have one of the marked cells."""
        return int(self.counts[cells].sum())


def _joined(train: Column, test: Column | None) -> tuple[NDArray[np.integer], pd.Index]:
    """Return the codes of the rows of both columns, and their distinct cells."""
    if isinstance(train, pd.Series) and not isinstance(test, CodedCells):
        both = train if test is None else pd.concat([train, test], ignore_index=True)
        return pd.factorize(both)
    parts = [
        CodedCells.of(part) if isinstance(part, pd.Series) else part
        for part in (train, test)
        if part is not None
    ]
    distinct = [pd.Series(part.distinct) for part in parts]
    places, cells = pd.factorize(pd.concat(distinct, ignore_index=True))
    ends = np.cumsum([len(part) for part in distinct])
    places = places.astype(np.int32)  # half of what numpy would take for every row
    codes = [
        places[end - len(part) : end][coded.codes]
        for coded, part, end in zip(parts, distinct, ends, strict=True)
    ]
    return np.concatenate(codes), cells


def _distinct(cells: list[str]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return distinct cells in order of appearance, and each row's place in them."""
    places: dict[str, int] = {}
    codes = [places.setdefault(cell, len(places)) for cell in cells]
    return np.array(list(places), dtype=object), np.array(codes, dtype=np.intp)
