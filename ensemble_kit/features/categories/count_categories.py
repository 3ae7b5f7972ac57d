"""Categories by how frequent they are."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.parameter_limits import Limits, one_of

SCALES = ("share", "count", "log")


class CountCategories(WordsMixin, BaseEstimator):
    """Replace each category by its frequency among the training rows.

    Missing values are a level like any other; an unseen level counts 0.

    Parameters
    ----------
    scale : {"share", "count", "log"}, default "share"
        Share of rows, number of rows, or ``log(1 + number)``.

    Examples
    --------
    >>> import pandas as pd
    >>> CountCategories().fit_transform(pd.DataFrame({"a": ["x", "x", "y", "z"]}))
    array([[0.5 ],
           [0.5 ],
           [0.25],
           [0.25]], dtype=float32)
    """

    _parameter_constraints: ClassVar[Limits] = {
        "scale": [one_of(SCALES)],
    }

    def __init__(self, scale: str = "share"):
        self.scale = scale

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "CountCategories":
        """Count the levels."""
        if self.scale not in SCALES:
            raise ValueError(f"scale: 'share', 'count' or 'log', not {self.scale!r}")
        frame = self._learn_columns(X)
        self.levels_ = fit_levels(frame)
        codes = level_codes(frame, self.levels_)
        self.values_ = [
            self._scaled(np.bincount(codes[:, j], minlength=len(levels) + 2))
            for j, levels in enumerate(self.levels_)
        ]
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return frequencies as float32, shape (n_rows, n_columns)."""
        codes = level_codes(self._same_columns(X), self.levels_)
        result = np.empty(codes.shape, dtype=np.float32)
        for j, values in enumerate(self.values_):
            result[:, j] = values[codes[:, j]]
        return result

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names with ``_count`` behind them."""
        check_is_fitted(self)
        names = [f"{name}_count" for name in self.feature_names_in_]
        return np.array(names, dtype=object)

    def _scaled(self, counts: np.ndarray) -> np.ndarray:
        if self.scale == "share":
            return counts / max(counts.sum(), 1)
        return np.log1p(counts) if self.scale == "log" else counts.astype(np.float64)
