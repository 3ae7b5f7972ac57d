"""Numbers for models that measure distances or slopes."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns_mixin import ColumnsMixin
from ensemble_kit.features.numbers.imputed_numbers import ImputedNumbers
from ensemble_kit.parameter_limits import POSITIVE, Limits


class StandardNumbers(ColumnsMixin, BaseEstimator):
    """Fill gaps, then scale every column to mean 0 and standard deviation 1.

    Parameters
    ----------
    indicator : bool, default True
        See `ImputedNumbers`.
    limit : float, default 10.0
        Scaled values are cut at ``-limit`` and ``limit``: one mistyped price must
        not rule a linear model.

    Examples
    --------
    >>> import pandas as pd
    >>> StandardNumbers().fit_transform(pd.DataFrame({"a": [1.0, 3.0]}))
    array([[-1.],
           [ 1.]])
    """

    _parameter_constraints: ClassVar[Limits] = {
        "limit": [POSITIVE],
    }

    def __init__(self, indicator: bool = True, limit: float = 10.0):
        self.indicator = indicator
        self.limit = limit

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "StandardNumbers":
        """Take medians, means and standard deviations."""
        if not self.limit > 0:
            raise ValueError(f"limit must be positive, not {self.limit!r}")
        self.imputer_ = ImputedNumbers(indicator=self.indicator).fit(X)
        values = self.imputer_.transform(X)
        self.feature_names_in_ = self.imputer_.feature_names_in_
        self.n_features_in_ = self.imputer_.n_features_in_
        self.means_, self.scales_ = _means_and_scales(values)
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return scaled columns as float64."""
        check_is_fitted(self)
        values = self.imputer_.transform(X) - self.means_
        return np.clip(values / self.scales_, -self.limit, self.limit)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names, then those of the indicators."""
        check_is_fitted(self)
        return self.imputer_.get_feature_names_out()


def _means_and_scales(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means and deviations; 1 as deviation where a column is constant."""
    if not len(values):
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    # A column shrunk first cannot overflow when it is squared.
    largest = np.maximum(np.abs(values).max(axis=0), 1e-300)
    shrunk = values / largest
    means, deviations = shrunk.mean(axis=0) * largest, shrunk.std(axis=0) * largest
    constant = deviations <= 1e-12 * largest
    return means, np.where(constant, 1.0, deviations)
