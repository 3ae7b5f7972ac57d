"""Cross-fitted tables from levels to statistics of the target."""

from collections.abc import Callable, Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.splitting.inner_rows import balanced_folds

# From codes (n_rows, n_columns), numbers of levels, targets (n_rows, n_outputs) and
# weights (n_rows,) to one table (n_levels + 2, n_outputs) per column: levels, missing,
# unseen.
Fit = Callable[[np.ndarray, Sequence[int], np.ndarray, np.ndarray], list[np.ndarray]]


def target_columns(y: ArrayLike) -> np.ndarray:
    """Return the target as columns to take means of.

    Floats are values and give one column; anything else is a class label: two
    classes give one column, K classes give K.
    """
    y = np.asarray(y)
    if y.dtype.kind == "f":
        return y.reshape(-1, 1).astype(np.float64)
    classes, places = np.unique(y, return_inverse=True)
    if len(classes) <= 2:
        return places.reshape(-1, 1).astype(np.float64)
    return np.eye(len(classes))[places]


def relative_weights(sample_weight: ArrayLike | None, n_rows: int) -> np.ndarray:
    """Return weights whose mean over the rows that have one is 1."""
    if sample_weight is None:
        return np.ones(n_rows)
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight has the shape {weights.shape}; expected ({n_rows},), one "
            "per row"
        )
    if n_rows and not weights.any():
        raise ValueError("sample_weight is zero for every row")
    return weights * np.count_nonzero(weights) / weights.sum()


def cross_fitted(
    fit: Fit,
    codes: np.ndarray,
    sizes: Sequence[int],
    targets: np.ndarray,
    weights: np.ndarray,
    folds: np.ndarray,
) -> np.ndarray:
    """Return for each row what tables fitted on the other folds say about it."""
    result = np.empty((len(codes), len(sizes) * targets.shape[1]), dtype=np.float32)
    for fold in np.unique(folds):
        inside = folds == fold
        tables = fit(codes[~inside], sizes, targets[~inside], weights[~inside])
        result[inside] = look_up(tables, codes[inside], targets.shape[1])
    return result


def look_up(
    tables: Sequence[np.ndarray], codes: np.ndarray, n_outputs: int
) -> np.ndarray:
    """Return the tables' rows side by side, float32, all outputs of a column first."""
    parts = [table[codes[:, j]] for j, table in enumerate(tables)]
    empty = np.empty((len(codes), 0))
    return np.hstack([empty, *parts]).astype(np.float32)


def output_names(columns: Iterable[str], n_outputs: int, suffix: str) -> np.ndarray:
    """Return a name for each column and output."""
    ends = [""] if n_outputs == 1 else [f"_{k}" for k in range(n_outputs)]
    names = [f"{column}_{suffix}{end}" for column in columns for end in ends]
    return np.array(names, dtype=object)


class TargetTablesMixin(WordsMixin):
    """Replaces categories by numbers that tables say of them and the target.

    ``fit_transform`` is cross-fitted. A class says how the tables are made, and by
    ``_check`` what it needs for that; it stores ``n_splits`` and ``random_state``.
    """

    n_splits: int
    random_state: int | None
    uses_weights = True  # whether the tables go by weights of rows

    def _check(self) -> None:
        """Raise ValueError where a parameter is wrong."""
        raise NotImplementedError

    def _tables(
        self,
        codes: np.ndarray,
        sizes: Sequence[int],
        targets: np.ndarray,
        weights: np.ndarray,
    ) -> list[np.ndarray]:
        """Return a table per column, a row for each level, missing and unseen."""
        raise NotImplementedError

    def _said(self) -> str:
        """Return what the numbers are, in a word."""
        raise NotImplementedError

    def fit(
        self, X: MatrixLike, y: Array, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit the tables on all rows; weights are relative to their mean."""
        self._fit(X, y, sample_weight)
        return self

    def fit_transform(
        self, X: MatrixLike, y: Array, sample_weight: ArrayLike | None = None
    ) -> np.ndarray:
        """Fit, and return cross-fitted numbers as float32."""
        codes, targets, weights = self._fit(X, y, sample_weight)
        folds = balanced_folds(y, self.n_splits, self.random_state)
        return cross_fitted(self._tables, codes, self._sizes(), targets, weights, folds)

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return numbers as float32, shape (n_rows, n_columns * n_outputs)."""
        codes = level_codes(self._same_columns(X), self.levels_)
        return look_up(self.tables_, codes, self.n_outputs_)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names with what they say and the output behind them."""
        check_is_fitted(self)
        return output_names(self.feature_names_in_, self.n_outputs_, self._said())

    def _fit(
        self, X: MatrixLike, y: Array, sample_weight: ArrayLike | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self._check()
        frame = self._learn_columns(X)
        self.levels_ = fit_levels(frame)
        codes, targets = level_codes(frame, self.levels_), target_columns(y)
        weights = relative_weights(sample_weight, len(codes))
        self.n_outputs_ = targets.shape[1]
        self.tables_ = self._tables(codes, self._sizes(), targets, weights)
        return codes, targets, weights

    def _sizes(self) -> list[int]:
        return [len(levels) for levels in self.levels_]
