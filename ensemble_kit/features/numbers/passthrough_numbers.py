"""Numbers as they are."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import as_numbers, names_of


class PassthroughNumbers(TransformerMixin, BaseEstimator):
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
        self.feature_names_in_ = names_of(X)
        self.n_features_in_ = len(self.feature_names_in_)
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return the columns as float64, shape (n_rows, n_columns)."""
        check_is_fitted(self)
        return as_numbers(X)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names."""
        check_is_fitted(self)
        return self.feature_names_in_
