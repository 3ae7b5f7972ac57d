"""Tables as neural networks take them: scaled numbers, gaps marked, level numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.boosting.aligned_tables import (
    as_numbers,
    category_codes,
    remember_categories,
)

ONE_HOT_LEVELS = 8
RARE_ROWS = 2


@dataclass
class TableInputs:
    """How the columns of a training table become a network's inputs.

    Numbers are centered by their median and divided by their quartile range, then
    drawn in smoothly towards +-3, as RealMLP does (Holzmüller et al. 2024,
    arXiv:2407.04491); a gap is 0, with a column of its own where training had gaps.
    Categories of up to ``ONE_HOT_LEVELS`` levels are one-hot columns, larger ones
    level numbers for an embedding. Number 0 is "missing, unseen or rare".
    """

    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    gaps: NDArray[np.bool_]
    levels: dict[int, pd.Index]

    @property
    def n_numbers(self) -> int:
        """Return the number of columns that hold numbers."""
        return len(self.center)

    @property
    def small(self) -> list[int]:
        """Return the positions of the categories that become one-hot columns."""
        return [p for p, names in self.levels.items() if len(names) <= ONE_HOT_LEVELS]

    @property
    def large(self) -> list[int]:
        """Return the positions of the categories that are embedded."""
        return [p for p, names in self.levels.items() if len(names) > ONE_HOT_LEVELS]

    @property
    def n_flags(self) -> int:
        """Return the number of 0/1 columns: gaps and one-hot levels."""
        return int(self.gaps.sum()) + sum(len(self.levels[p]) for p in self.small)

    def transform(
        self, X: MatrixLike
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return scaled numbers, 0/1 columns and level numbers of a table's rows."""
        values = numbers_of(X, self.levels)
        missing = np.isnan(values)
        scaled = np.where(missing, 0.0, (values - self.center) * self.scale)
        scaled = scaled / np.sqrt(1 + np.square(scaled / 3))
        flags = [missing[:, self.gaps]]
        flags += [self._codes(X, p)[:, None] == self._numbers(p) for p in self.small]
        codes = [self._codes(X, p) for p in self.large]
        return (
            scaled.astype(np.float32),
            np.hstack(flags).astype(np.float32),
            np.array(codes, dtype=np.int64).reshape(len(codes), len(scaled)).T,
        )

    def _codes(self, X: pd.DataFrame, position: int) -> NDArray[np.int64]:
        return category_codes(X.iloc[:, position], self.levels[position]) + 1

    def _numbers(self, position: int) -> NDArray[np.int64]:
        return np.arange(1, len(self.levels[position]) + 1)


def learn_inputs(X: pd.DataFrame) -> TableInputs:
    """Return the inputs of a training table."""
    levels = {
        position: _frequent(X.iloc[:, position], names)
        for position, names in remember_categories(X).items()
    }
    values = numbers_of(X, levels)
    spreads = np.array([_robust(column) for column in values.T]).reshape(-1, 2)
    center, scale = spreads.T
    missing = np.asarray(np.isnan(values).any(axis=0))
    return TableInputs(center, scale, missing, levels)


def numbers_of(X: MatrixLike, levels: dict[int, Any]) -> NDArray[np.float64]:
    """Return the columns that are no categories, as floats."""
    if not isinstance(X, pd.DataFrame):
        return np.asarray(X, dtype=np.float64)
    columns = [
        as_numbers(X.iloc[:, position])
        for position in range(X.shape[1])
        if position not in levels
    ]
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(X)).T


def _frequent(column: pd.Series, names: pd.Index) -> pd.Index:
    """Return the levels frequent enough to be learnt, all of a small category's."""
    if len(names) <= ONE_HOT_LEVELS:
        return names
    codes = category_codes(column, names) + 1
    counts = np.bincount(codes, minlength=len(names) + 1)
    frequent = names[counts[1:] >= RARE_ROWS]
    return frequent if len(frequent) > ONE_HOT_LEVELS else names


def _robust(column: NDArray[np.float64]) -> tuple[float, float]:
    """Return a column's median and the inverse of its spread, 0 for a constant."""
    known = column[~np.isnan(column)]
    if len(known) == 0:
        return 0.0, 0.0
    low, center, high = np.quantile(known, [0.25, 0.5, 0.75])
    spread = (high - low) or (known.max() - known.min()) / 2
    return float(center), float(1 / spread) if spread > 0 else 0.0
