"""Prediction intervals: what a target lies between, as far off as others were."""

from typing import TYPE_CHECKING

import numpy as np

from ensemble_kit.arrays import Array
from ensemble_kit.exceptions import RunError, require

if TYPE_CHECKING:
    from mapie.regression import SplitConformalRegressor

EXTRA = "intervals"


def conformal_intervals(
    y: Array, out_of_fold: Array, predictions: Array, level: float
) -> Array:
    """Return what new targets lie between, as far off as out-of-fold ones were.

    Split conformal prediction (Vovk, Gammerman and Shafer, 2005; Lei and others,
    2018) by MAPIE, each tail for itself: residuals may be skewed. The rows that the
    out-of-fold predictions are of were not seen by the models that made them, which
    is what the method asks for. New rows are predicted by the mean of several models,
    which errs a little less, so that intervals are rather too wide than too narrow.

    Parameters
    ----------
    y, out_of_fold : ndarray of shape (n_rows,)
        Rows that no fold validates are NaN and left out.
    predictions : ndarray of shape (n_new,)
    level : float
        The share of new targets to hold, between 0 and 1.

    Returns
    -------
    ndarray of shape (n_new, 2)

    Raises
    ------
    MissingDependencyError
        When MAPIE is not installed.
    RunError
        When the level is none, or there are too few rows for it.
    """
    if not 0 < level < 1:
        raise RunError(f"an interval holds a share between 0 and 1; found {level:g}")
    seen = np.isfinite(out_of_fold)
    fewest = int(np.ceil(2 / (1 - level)))
    if seen.sum() <= fewest:
        raise RunError(
            f"{seen.sum()} out-of-fold rows are too few for intervals that hold "
            f"{level:.4g}: more than {fewest} are needed; ask for a smaller share"
        )
    conformal = _conformal(level)
    conformal.conformalize(out_of_fold[seen, None], y[seen])
    _, intervals = conformal.predict_interval(predictions[:, None])
    return np.asarray(intervals[:, :, 0], dtype=np.float64)


def _conformal(level: float) -> "SplitConformalRegressor":
    """Return MAPIE's regressor around predictions that are there already."""
    regression = require("mapie.regression", EXTRA)
    scores = require("mapie.conformity_scores", EXTRA)
    from sklearn.base import BaseEstimator, RegressorMixin

    class Given(RegressorMixin, BaseEstimator):
        """Predicts what it is given."""

        n_features_in_ = 1

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def fit(self, X: Array, y: Array) -> "Given":
            """Return this: there is nothing to learn."""
            return self

        def predict(self, X: Array) -> Array:
            """Return the only column."""
            return np.asarray(X)[:, 0]

    score = scores.AbsoluteConformityScore(sym=False)
    return regression.SplitConformalRegressor(
        Given(), confidence_level=level, conformity_score=score, prefit=True
    )
