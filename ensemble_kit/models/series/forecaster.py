"""What forecasters share: series out of rows, and rows out of forecasts."""

from abc import abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.features.columns import as_frame
from ensemble_kit.features.series.calendars import LOST, Numbers, Places
from ensemble_kit.features.series.histories import (
    Codes,
    Histories,
    SeriesColumns,
    comes_round,
    find_seasons,
)
from ensemble_kit.models.target_scale import number_target

LEAST_GROWTH = 0.18  # of a logarithm: a fifth
FEWEST = 8  # values of a series that more than its last one is told from


@dataclass(frozen=True)
class Stretch:
    """Rows of one series that look back from one known value.

    Parameters
    ----------
    code : int
    origin : int
        The place of that value.
    rows : ndarray of int
    steps : ndarray of int
        How far each row is from it.
    """

    code: int
    origin: int
    rows: NDArray[np.intp]
    steps: Places


@dataclass(frozen=True)
class Timed:
    """The values of a series, and the place of the last one."""

    values: Numbers
    end: int

    def phases(self, season: int) -> Places:
        """Return the place of each value in a season."""
        first = self.end - len(self.values) + 1
        return np.arange(first, self.end + 1) % season


def drift(values: Numbers, reach: int) -> Numbers:
    """Return the line through the first and the last value of a series, gone on."""
    slope = (values[-1] - values[0]) / max(1, len(values) - 1)
    return np.asarray(values[-1] + slope * np.arange(1, reach + 1), dtype=np.float64)


def grows(values: Numbers) -> bool:
    """Return whether a series swings the more the higher it is.

    Then its logarithms are what is even: the later half is higher or lower by a fifth
    at least, and its changes are larger or smaller by half as much in logarithms.

    Examples
    --------
    >>> steps = np.arange(48.0)
    >>> grows(1.03**steps * (2 + np.sin(steps))), grows(steps + np.sin(steps) + 1)
    (True, False)
    """
    early, late = np.array_split(values, 2)
    if values.min() <= 0 or len(early) < FEWEST:
        return False
    level = float(np.log(late.mean() / early.mean()))
    changes = [float(np.diff(half).std()) for half in (early, late)]
    if min(changes) <= 0 or abs(level) < LEAST_GROWTH:
        return False
    return float(np.log(changes[1] / changes[0])) / level > 0.5


def bounded(forecast: Numbers, values: Numbers) -> Numbers:
    """Return a forecast that leaves what a series has been no faster than it grew.

    Half as fast again, and by half of its range at once: a model of a few values can
    promise anything.

    Examples
    --------
    >>> bounded(np.array([2.0, 90.0, 90.0]), np.array([0.0, 1.0, 2.0])).tolist()
    [2.0, 4.0, 5.0]
    """
    low, high = float(values.min()), float(values.max())
    steps = np.arange(1, len(forecast) + 1)
    room = (high - low) * np.maximum(0.5, 1.5 * steps / len(values))
    return np.clip(forecast, low - room, high + room)


class Forecaster(RegressorMixin, BaseEstimator):
    """Forecast every series by itself.

    A row is forecast from the values of its series that are known before it: rows
    after the training rows from their end, rows between training rows from the gap
    they lie in. Values of one time are averaged, gaps filled in by straight lines. A
    series that training rows have not is forecast as the mean of all.

    Subclasses fit one series and forecast it; ``extrapolates`` says that forecasts
    may leave the range of the training targets.
    """

    extrapolates = True
    time: str
    groups: Sequence[str]
    max_series: int | None = None

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Fit one model for each series.

        Raises
        ------
        PipelineError
            When the column of times, or one of the groups, is not there.
        """
        frame, targets = as_frame(X), number_target(y)
        missing = [name for name in (self.time, *self.groups) if name not in frame]
        if missing:
            raise PipelineError(
                f"{type(self).__name__}: the table has no column "
                f"{', '.join(map(repr, missing))}; time and groups name those of a "
                "series"
            )
        self.n_features_in_ = frame.shape[1]
        self.read_ = SeriesColumns.of(frame, self.time, self.groups)
        codes, places = self.read_.codes(frame), self.read_.places(frame)
        self.history_ = Histories.of(codes, places, targets[:, None])
        self.mean_ = float(targets.mean())
        seasons = find_seasons(self.history_, self.read_.calendar)
        self.seasons_ = tuple(s for s in seasons if comes_round(self.history_, s))
        known = np.unique(self.history_.codes)
        series = self._timed(known)
        self._learn_shared(series)
        fitted = [self._fit_series(one, at) for at, one in enumerate(series)]
        self.fitted_ = dict(zip(known.tolist(), fitted, strict=True))
        return self

    def know(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Forecast from the ends of these rows' series, with what was fitted.

        Series that the training rows had not are fitted.
        """
        check_is_fitted(self)
        frame, targets = as_frame(X), number_target(y)
        self.before_ = self.read_, self.history_, self.fitted_
        before, read = self.read_, SeriesColumns.of(frame, self.time, self.groups)
        codes = read.codes(frame)
        was = dict(zip(codes.tolist(), before.codes(frame).tolist(), strict=True))
        self.read_ = read
        self.history_ = Histories.of(codes, read.places(frame), targets[:, None])
        known = np.unique(self.history_.codes)
        new = [code for code in known.tolist() if was[code] not in self.fitted_]
        series = self._timed(np.array(new, dtype=np.int64))
        fitted = dict(zip(new, map(self._fit_series, series), strict=True))
        self.fitted_ = {
            code: fitted[code] if code in fitted else self.fitted_[was[code]]
            for code in known.tolist()
        }
        return self

    def as_fitted(self) -> Self:
        """Return a forecaster that knows the rows it was fitted on alone."""
        fitted = copy(self)
        if hasattr(self, "before_"):
            fitted.read_, fitted.history_, fitted.fitted_ = self.before_
        return fitted

    def predict(self, X: pd.DataFrame) -> Numbers:
        """Return one forecast per row."""
        check_is_fitted(self)
        frame = as_frame(X)
        forecasts = np.full(len(frame), self.mean_)
        for part in self._stretches(self.read_.codes(frame), self.read_.places(frame)):
            _, values = self.history_.grid(part.code, part.origin)
            reach = int(part.steps.max())
            series = Timed(values, part.origin)
            forecast = self._forecast(self.fitted_[part.code], series, reach)
            if not np.isfinite(forecast).all():
                forecast = drift(values, reach)
            forecasts[part.rows] = bounded(forecast, values)[part.steps - 1]
        return forecasts

    def _timed(self, codes: Codes) -> list[Timed]:
        if self.max_series is not None and len(codes) > self.max_series:
            raise RunError(
                f"{len(codes):,} series, and {type(self).__name__} fits each by "
                f"itself, at most {self.max_series:,} of them: with max_series = "
                f"{len(codes)} it does, in that many times as long"
            )
        grids = [self.history_.grid(code) for code in codes]
        return [Timed(values, first + len(values) - 1) for first, values in grids]

    def _learn_shared(self, series: Sequence[Timed]) -> None:
        """Learn what every series is told of the others; by default nothing."""

    def _stretches(self, codes: Codes, places: Places) -> list[Stretch]:
        """Return the rows that have a known value before them, by that value."""
        row, number = self.history_.latest(codes, places - 1)
        rows = np.flatnonzero((number > 0) & (places != LOST))
        rows = rows[np.argsort(row[rows], kind="stable")]
        parts = np.split(rows, np.flatnonzero(np.diff(row[rows])) + 1)
        return [
            Stretch(
                int(codes[part[0]]),
                origin := int(self.history_.places[row[part[0]]]),
                part,
                places[part] - origin,
            )
            for part in parts
            if len(part)
        ]

    @abstractmethod
    def _fit_series(self, series: Timed, number: int | None = None) -> object:
        """Return what is learnt of a series, by its number among the training ones."""

    @abstractmethod
    def _forecast(self, fitted: object, series: Timed, reach: int) -> Numbers:
        """Return the next values of a series that is known so far."""
