"""Numbers without gaps."""

import warnings

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import as_numbers
from ensemble_kit.features.columns_mixin import ColumnsMixin


class ImputedNumbers(ColumnsMixin, BaseEstimator):
    """Fill gaps with the median and say in a column of its own where they were.

    Parameters
    ----------
    indicator : bool, default True
        Whether each column that has gaps in the training rows gets a column of
        zeros and ones beside it. A column without any value is filled with 0.

    Attributes
    ----------
    medians_ : ndarray of shape (n_columns,)
    gaps_ : ndarray of int
        Places of the columns that get an indicator.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": [1.0, None, 3.0]})
    >>> ImputedNumbers().fit_transform(X)
    array([[1., 0.],
           [2., 1.],
           [3., 0.]])
    """

    def __init__(self, indicator: bool = True):
        self.indicator = indicator

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "ImputedNumbers":
        """Take the medians of the columns."""
        values = as_numbers(self._learn_columns(X))
        missing = np.isnan(values)
        self.medians_ = np.nan_to_num(_medians(values), nan=0.0)
        partly = missing.any(axis=0) & ~missing.all(axis=0)
        self.gaps_ = np.flatnonzero(partly & self.indicator)
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return filled columns, then indicators, as float64."""
        values = as_numbers(self._same_columns(X))
        missing = np.isnan(values)
        filled = np.where(missing, self.medians_, values)
        return np.hstack([filled, missing[:, self.gaps_].astype(np.float64)])

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names, then those of the indicators."""
        check_is_fitted(self)
        names = self.feature_names_in_
        return np.append(names, [f"{name}_missing" for name in names[self.gaps_]])


def _medians(values: np.ndarray) -> np.ndarray:
    """Return medians; NaN, without a warning, for columns that have no value."""
    if not len(values):
        return np.zeros(values.shape[1])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice encountered")
        return np.nanmedian(values, axis=0)
