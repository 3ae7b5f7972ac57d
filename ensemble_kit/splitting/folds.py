"""Which rows a model is fitted on, and which it is judged on."""

import warnings
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.hashing import fingerprint_array

Rows = NDArray[np.intp]
TRAIN, VALID, UNUSED = "train", "valid", "unused"


class Splitter(Protocol):
    """What deals rows to folds, as those of scikit-learn do."""

    def split(
        self, X: Sized, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Iterable[tuple[Rows, Rows]]:
        """Yield training and validation rows."""


@dataclass(frozen=True)
class Folds:
    """Pairs of training and validation rows, usable wherever ``cv=`` is asked for.

    Parameters
    ----------
    pairs : tuple of (train rows, valid rows)
        Any number of them: repeats simply follow each other, and rows may be in
        no validation part at all (the first block in time).
    n_rows : int

    Examples
    --------
    >>> from sklearn.model_selection import KFold
    >>> folds = Folds.from_splitter(KFold(2), np.zeros((4, 1)))
    >>> [valid.tolist() for train, valid in folds]
    [[0, 1], [2, 3]]
    """

    pairs: tuple[tuple[Rows, Rows], ...]
    n_rows: int

    @classmethod
    def from_splitter(
        cls,
        splitter: Splitter,
        X: Sized,
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> "Folds":
        """Return the folds of any scikit-learn splitter."""
        with warnings.catch_warnings():
            # A class rarer than the folds is legal here: predictions of a fold
            # that lacks it are aligned later.
            warnings.filterwarnings("ignore", message="The least populated class")
            pairs = tuple(
                (np.asarray(train), np.asarray(valid))
                for train, valid in splitter.split(X, y, groups)
            )
        return cls(pairs, len(X))

    @classmethod
    def from_column(cls, values: ArrayLike) -> "Folds":
        """Return one fold per distinct value of a column.

        Raises
        ------
        PipelineError
            When there is only one value, or a missing one.
        """
        numbers, names = _factorize(values)
        if len(names) < 2 or (numbers < 0).any():
            raise PipelineError(
                "a column of fold numbers needs at least two distinct values and "
                f"none missing; found {len(names)} and {(numbers < 0).sum()} missing"
            )
        return cls(
            tuple(
                (np.flatnonzero(numbers != k), np.flatnonzero(numbers == k))
                for k in range(len(names))
            ),
            len(numbers),
        )

    @classmethod
    def from_columns(cls, values: ArrayLike) -> "Folds":
        """Return the folds of one column, or of several: each is a repeat.

        Columns of the words train, valid and unused are a fold each; see `marks`.

        Parameters
        ----------
        values : array-like of shape (n_rows,) or (n_rows, n_repeats)

        Raises
        ------
        PipelineError
            When a column has only one value, or a missing one.
        """
        columns = np.asarray(values, dtype=object)
        columns = columns.reshape(len(columns), -1)
        if np.isin(columns.astype(str), (TRAIN, VALID, UNUSED)).all():
            return cls._from_marks(columns)
        pairs = [pair for column in columns.T for pair in cls.from_column(column)]
        return cls(tuple(pairs), len(columns))

    @classmethod
    def _from_marks(cls, marks: NDArray[Any]) -> "Folds":
        """Return a fold of each column of marks that leaves rows for both parts."""
        marked = [
            (np.flatnonzero(column == TRAIN), np.flatnonzero(column == VALID))
            for column in marks.T
        ]
        pairs = tuple(pair for pair in marked if all(len(part) for part in pair))
        if not pairs:
            raise PipelineError(
                f"folds of the words {TRAIN}, {VALID} and {UNUSED} need a column with "
                "rows of the first two; found none"
            )
        return cls(pairs, len(marks))

    @cached_property
    def known(self) -> NDArray[np.float64]:
        """Return how many rows the models that predict each row are fitted on.

        A mean where several folds validate a row; NaN where none does.

        Examples
        --------
        >>> Folds.from_column([1, 1, 2]).known.tolist()
        [1.0, 1.0, 2.0]
        """
        total = np.zeros(self.n_rows)
        for train, valid in self.pairs:
            total[valid] += len(train)
        times = self.times_validated
        return np.divide(total, times, out=np.full(len(total), np.nan), where=times > 0)

    @cached_property
    def marks(self) -> NDArray[np.object_]:
        """Return a column for each fold: train, valid or unused in every row.

        Examples
        --------
        >>> Folds.from_column([1, 1, 2]).marks[:, 0].tolist()
        ['valid', 'valid', 'train']
        """
        marks = np.full((self.n_rows, len(self.pairs)), UNUSED, dtype=object)
        for column, (train, valid) in zip(marks.T, self.pairs, strict=True):
            column[train], column[valid] = TRAIN, VALID
        return marks

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[tuple[Rows, Rows]]:
        return iter(self.pairs)

    def split(
        self,
        X: Sized | None = None,
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield training and validation rows, as scikit-learn's splitters do."""
        if X is not None and len(X) != self.n_rows:
            raise PipelineError(
                f"these folds are for {self.n_rows} rows; X has {len(X)}"
            )
        return iter(self.pairs)

    def get_n_splits(
        self,
        X: Sized | None = None,
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> int:
        """Return the number of folds, repeats included."""
        return len(self.pairs)

    @cached_property
    def fingerprints(self) -> tuple[str, ...]:
        """Return what identifies each fold: a hash of its two lists of rows."""
        return tuple(
            fingerprint_array(np.concatenate([train, [-1], valid]).astype(np.int64))
            for train, valid in self.pairs
        )

    @cached_property
    def times_validated(self) -> NDArray[np.int64]:
        """Return in how many validation parts each row is."""
        return np.bincount(
            np.concatenate([valid for _, valid in self.pairs]), minlength=self.n_rows
        )

    def among(self, rows: Rows) -> "Folds":
        """Return the folds of some rows, numbered anew; empty parts are left out.

        Examples
        --------
        >>> folds = Folds.from_column([1, 1, 2, 2])
        >>> [valid.tolist() for train, valid in folds.among(np.array([1, 2, 3]))]
        [[0], [1, 2]]
        """
        place = np.full(self.n_rows, -1)
        place[rows] = np.arange(len(rows))
        numbered = [[np.sort(place[part]) for part in pair] for pair in self.pairs]
        within = [(train[train >= 0], valid[valid >= 0]) for train, valid in numbered]
        pairs = tuple(pair for pair in within if all(len(part) for part in pair))
        return Folds(pairs, len(rows))

    def on_rows(self, rows: Rows, n_rows: int) -> "Folds":
        """Return the same folds of rows that stand among more; `among` takes them back.

        Examples
        --------
        >>> folds = Folds.from_column([1, 2]).on_rows(np.array([0, 2]), 3)
        >>> [valid.tolist() for train, valid in folds]
        [[0], [2]]
        """
        if len(rows) == n_rows:
            return self
        pairs = tuple((rows[train], rows[valid]) for train, valid in self.pairs)
        return Folds(pairs, n_rows)

    def collect(self, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Return the mean prediction of each row, NaN where no fold validates it.

        Parameters
        ----------
        parts : sequence of ndarray of shape (n_valid, n_outputs)
            One per fold, in order.
        """
        total = np.zeros((self.n_rows, parts[0].shape[1]))
        for (_, valid), part in zip(self.pairs, parts, strict=True):
            total[valid] += part
        count = self.times_validated[:, None].astype(np.float64)
        count[count == 0] = np.nan
        return total / count


FoldsLike: TypeAlias = (
    int | NDArray[Any] | Splitter | Iterable[tuple[Rows | list[int], Rows | list[int]]]
)


FEW_REPEATS = 3


def class_folds(y: NDArray[Any], n_splits: int) -> tuple[int, int]:
    """Return how many folds of even classes there can be, and how often to repeat.

    As many as the largest class has rows. Where that is fewer than wanted, every
    score stands on few rows, and repeating the draw steadies it. No folds: each row
    has a class of its own.

    Parameters
    ----------
    y : ndarray of int of shape (n_rows,)
        Class numbers.
    n_splits : int
        How many folds are wanted.

    Examples
    --------
    >>> class_folds(np.repeat([0, 1], 10), 5), class_folds(np.repeat([0, 1], 4), 5)
    ((5, 1), (4, 3))
    """
    most = int(np.unique(y, return_counts=True)[1].max())
    if most >= n_splits:
        return n_splits, 1
    return (most, FEW_REPEATS) if most > 1 else (0, 1)


def _factorize(values: ArrayLike) -> tuple[NDArray[np.intp], Any]:
    import pandas as pd

    return pd.factorize(np.asarray(values), sort=True)
