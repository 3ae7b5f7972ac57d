"""Boosted trees for what a trend leaves over."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from sklearn.utils import check_array

from ensemble_kit.models.boosting.aligned_tables import CodedRows
from ensemble_kit.models.boosting.lightgbm_boosting import LightGBMRegressor
from ensemble_kit.models.probes.watched_fit import Look, Valid
from ensemble_kit.models.target_scale import number_target


class DetrendedLightGBM(LightGBMRegressor):
    """Predict numbers as a trend plus boosted trees of what it leaves over.

    Trees cannot go beyond the values they have seen; the trend can. It is the first
    column of X, in the target's units, as the featurizer ``trend`` gives it:
    cross-fitted on training rows. The parameters are LightGBM's; see
    `ensemble_kit.models.boosting.lightgbm_boosting.LightGBMRegressor`.

    Examples
    --------
    >>> X = np.column_stack([np.arange(80.0), np.tile([0.0, 5.0], 40)])
    >>> model = DetrendedLightGBM(n_estimators=300).fit(X, X.sum(axis=1))
    >>> model.predict([[1000.0, 5.0]]).round(0)
    array([1005.])
    """

    extrapolates = True

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to what the first column of X leaves of y."""
        trend = self._learnt(X)
        return super().fit(X, number_target(y) - trend, sample_weight)

    def fit_watched(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        valid: Valid,
        look: Look,
    ) -> Self:
        """Fit, and look at valid rows after every round; see `watched_fit`."""
        left = number_target(y) - self._learnt(X)
        X_valid, y_valid, weight = valid
        left_of_valid = number_target(y_valid) - self._trend(X_valid)
        watched = X_valid, left_of_valid, weight
        return super().fit_watched(X, left, sample_weight, watched, look)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return one value per row."""
        return super().predict(X) + self._trend(X)

    def _learnt(self, X: Any) -> NDArray[np.float64]:
        """Return the trend of training rows; what it is on average stands for gaps."""
        trend = first_column(X)
        there = trend[~np.isnan(trend)]
        self.mean_trend_ = float(there.mean()) if len(there) else 0.0
        return self._trend(X)

    def _trend(self, X: Any) -> NDArray[np.float64]:
        trend = first_column(X)
        return np.where(np.isnan(trend), self.mean_trend_, trend)


def first_column(X: Any) -> NDArray[np.float64]:
    """Return the first column of a table, NaN where it holds no numbers."""
    if isinstance(X, CodedRows):
        X = X.values
    if hasattr(X, "iloc"):
        column = X.iloc[:, 0]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            return np.full(len(X), np.nan)
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if hasattr(X, "toarray"):
        X = csr_matrix(check_array(X, accept_sparse=True, ensure_all_finite=False))
        return X[:, [0]].toarray()[:, 0].astype(np.float64)
    table = check_array(X, dtype=np.float64, ensure_all_finite="allow-nan")
    first: NDArray[np.float64] = table[:, 0]
    return first
