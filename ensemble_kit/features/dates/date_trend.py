"""What a line through time says of the target."""

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.features.categories.target_tables import (
    output_names,
    relative_weights,
    target_columns,
)
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.splitting.inner_rows import balanced_folds

DAY = 86_400.0  # seconds
# Length of a season in days, how many waves, and how often it must have come round.
SEASONS = ((365.25, 2, 1.5), (7.0, 3, 3.0), (1.0, 3, 3.0))


class DateTrend(WordsMixin, BaseEstimator):
    """Predict the target from the date alone: a line, and seasons where asked for.

    ``fit_transform`` is cross-fitted: the trend at a row has not seen its target. Of
    several columns the one with the most different dates is taken. A line goes on
    beyond the last training row, where trees stay at the last value they have seen.

    Parameters
    ----------
    seasonal : bool, default False
        Whether waves of a year, a week and a day are added, where the training rows
        span enough of them.
    n_splits : int, default 5
        Folds of the cross-fitting.
    random_state : int, optional
        Seed of those folds.

    Attributes
    ----------
    column_ : int
        The place of the column that is taken; -1 where there is none.
    coef_ : ndarray of shape (n_terms, n_outputs)

    Notes
    -----
    Rows count by their weights. A missing date gets the mean of the trend. A float
    target is a value; any other is a class, of more than two each has a column.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=20)})
    >>> trend = DateTrend().fit(days, 3.0 * np.arange(20))
    >>> trend.transform(pd.DataFrame({"day": pd.to_datetime(["2024-01-31"])})).round(3)
    array([[90.]])
    """

    def __init__(
        self,
        seasonal: bool = False,
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.seasonal = seasonal
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(
        self, X: MatrixLike, y: Array, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit the trend to all rows."""
        frame = self._learn_columns(X)
        self._begin(frame)
        terms, targets = self._terms(frame), target_columns(y)
        self.coef_ = _least_squares(
            terms, targets, relative_weights(sample_weight, len(terms))
        )
        self.center_ = (terms @ self.coef_).sum(axis=0) / max(1, len(terms))
        return self

    def fit_transform(
        self, X: MatrixLike, y: Array, sample_weight: ArrayLike | None = None
    ) -> Array:
        """Fit, and return the trend of each row by the rows of other folds."""
        self.fit(X, y, sample_weight)
        frame = self._same_columns(X)
        if self.column_ < 0 or not len(frame):
            return self.transform(X)
        terms, targets = self._terms(frame), target_columns(y)
        weights = relative_weights(sample_weight, len(terms))
        folds = balanced_folds(y, min(self.n_splits, len(terms)), self.random_state)
        trend = np.empty(targets.shape)
        for fold in np.unique(folds):
            inside = folds == fold
            coef = _least_squares(terms[~inside], targets[~inside], weights[~inside])
            trend[inside] = terms[inside] @ coef
        return trend

    def transform(self, X: MatrixLike) -> Array:
        """Return the trend as float64, shape (n_rows, n_outputs)."""
        frame = self._same_columns(X)
        if self.column_ < 0:
            return np.empty((len(frame), 0))
        days = self._days(frame)
        trend: Array = self._terms(frame) @ self.coef_
        trend[np.isnan(days)] = self.center_
        return trend

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> Array:
        """Return ``date_trend``, numbered where there are several."""
        check_is_fitted(self)
        if self.column_ < 0:
            return np.array([], dtype=object)
        return output_names(["date"], self.coef_.shape[1], "trend")

    def _begin(self, frame: pd.DataFrame) -> None:
        """Choose the column, its scale and its seasons."""
        n_distinct = [frame.iloc[:, k].nunique() for k in range(self.n_features_in_)]
        self.column_ = int(np.argmax(n_distinct)) if n_distinct else -1
        self.origin_, self.reach_ = 0.0, 1.0
        days = self._days(frame)
        days = days[~np.isnan(days)]
        if len(days):
            self.origin_ = float(days.mean())
            self.reach_ = float(np.ptp(days)) or 1.0
        is_finer = len(days) > 0 and len(np.unique(days % 1.0)) > 1
        self.seasons_ = [
            (length, n_waves)
            for length, n_waves, often in SEASONS
            if self.seasonal
            and self.reach_ >= often * length
            and (length > 1 or is_finer)
        ]

    def _days(self, frame: pd.DataFrame) -> Array:
        if self.column_ < 0:
            return np.full(len(frame), np.nan)
        dates = pd.to_datetime(frame.iloc[:, self.column_])
        if dates.dt.tz is not None:
            dates = dates.dt.tz_convert(None)
        seconds = dates.to_numpy().astype("datetime64[s]")
        days = seconds.astype(np.float64) / DAY
        days[np.isnat(seconds)] = np.nan
        return days

    def _terms(self, frame: pd.DataFrame) -> Array:
        """Return what the target is a sum of; a missing date is the middle one."""
        days = self._days(frame)
        days = np.where(np.isnan(days), self.origin_, days)
        terms = [np.ones(len(days)), (days - self.origin_) / self.reach_]
        for length, n_waves in self.seasons_:
            angles = 2 * np.pi * days / length
            for wave in range(1, n_waves + 1):
                terms += [np.sin(wave * angles), np.cos(wave * angles)]
        return np.stack(terms, axis=1)


def _least_squares(terms: Array, targets: Array, weights: Array) -> Array:
    root = np.sqrt(weights)[:, None]
    coef: Array = np.linalg.lstsq(root * terms, root * targets, rcond=None)[0]
    return coef
