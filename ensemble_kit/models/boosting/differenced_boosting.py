"""Boosted trees for how far a series comes to be from what it was."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.models.boosting.detrended_boosting import (
    DetrendedLightGBM,
    first_column,
)
from ensemble_kit.models.probes.watched_fit import Look, Valid


class DifferencedLightGBM(DetrendedLightGBM):
    """Predict numbers as what was known before plus boosted trees of the change.

    Trees cannot go beyond the values they have seen; a series can. What was known is
    the first column of X, in the target's units, as the featurizer
    ``lags_differenced`` gives it. Rows that nothing was known of teach nothing: by how
    far they are from the mean of all, they would drown the changes. The parameters
    are LightGBM's; see
    `ensemble_kit.models.boosting.lightgbm_boosting.LightGBMRegressor`.

    Examples
    --------
    >>> before = np.append(np.nan, np.arange(79.0))
    >>> X = np.column_stack([before, np.tile([0.0, 5.0], 40)])
    >>> model = DifferencedLightGBM(n_estimators=300).fit(X, np.arange(80.0))
    >>> model.predict([[1000.0, 5.0]]).round(1)
    array([1001.])
    """

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to the change from the first column of X to y."""
        return super().fit(X, y, _of_known(X, sample_weight))

    def fit_watched(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        valid: Valid,
        look: Look,
    ) -> Self:
        """Fit, and look at valid rows after every round; see `watched_fit`."""
        X_valid, y_valid, weight = valid
        watched = X_valid, y_valid, _of_known(X_valid, weight)
        return super().fit_watched(X, y, _of_known(X, sample_weight), watched, look)


def _of_known(X: Any, weight: ArrayLike | None) -> ArrayLike | None:
    """Return weights that are zero where the first column has a gap."""
    known: NDArray[np.bool_] = ~np.isnan(first_column(X))
    if known.all() or not known.any():
        return weight
    return known * (1.0 if weight is None else np.asarray(weight, dtype=np.float64))
