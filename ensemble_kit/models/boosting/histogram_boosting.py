"""Scikit-learn's histogram boosting, safe against a column without any value."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from ensemble_kit.arrays import MatrixLike


class HistogramBoostingClassifier(HistGradientBoostingClassifier):
    """Classify with scikit-learn's histogram boosting.

    It differs from its parent in one thing: a column whose training rows are all
    missing, as a fold may meet, is ignored instead of ending the fit.
    """

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "HistogramBoostingClassifier":
        """Fit to a table and its labels."""
        return super().fit(fill_empty_columns(X), y, sample_weight)


class HistogramBoostingRegressor(HistGradientBoostingRegressor):
    """Predict numbers with scikit-learn's histogram boosting.

    See `HistogramBoostingClassifier`.
    """

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "HistogramBoostingRegressor":
        """Fit to a table and its values."""
        return super().fit(fill_empty_columns(X), y, sample_weight)


def fill_empty_columns(X: MatrixLike) -> Any:
    """Return X with zeros in float columns that hold no value at all."""
    if not isinstance(X, np.ndarray) or X.dtype.kind != "f" or X.ndim != 2:
        return X
    empty = np.isnan(X).all(axis=0)
    if not (len(X) and empty.any()):
        return X
    X = X.copy()
    X[:, empty] = 0.0
    return X
