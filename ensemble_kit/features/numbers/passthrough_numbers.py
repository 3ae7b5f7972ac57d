"""Numbers as they are."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import as_numbers
from ensemble_kit.features.columns_mixin import ColumnsMixin


class PassthroughNumbers(ColumnsMixin, BaseEstimator):
    """Hand numbers on as float64, missing values as NaN.

    Infinite values become NaN: half of the learners refuse them.

    Examples
    --------
    >>> import pandas as pd
    >>> PassthroughNumbers().fit_transform(pd.DataFrame({"a": [1, 2]}))
    array([[1.],
           [2.]])
    """

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "PassthroughNumbers":
        """Remember the columns' names."""
        as_numbers(self._learn_columns(X))
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return the columns as float64, shape (n_rows, n_columns)."""
        return as_numbers(self._same_columns(X))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names."""
        check_is_fitted(self)
        return self.feature_names_in_
