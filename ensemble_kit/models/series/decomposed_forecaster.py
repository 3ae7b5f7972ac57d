"""What forecasters share that model a series without its seasons."""

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.decomposed import decompose
from ensemble_kit.models.series.forecaster import (
    FEWEST,
    Forecaster,
    Timed,
    drift,
    grows,
)
from ensemble_kit.models.series.shared_seasons import SharedSeason


class DecomposedForecaster(Forecaster):
    """Forecast every series without its seasons, and put them on again.

    A series that swings the more the higher it is, is forecast in logarithms; one of
    few values, or of one, is forecast as its last. Subclasses fit what is left of a
    series by a form and its parameters, and forecast it.

    Parameters
    ----------
    time : str
        The column of times.
    groups : sequence of str
        Columns that tell series apart.
    max_points : int, default 1000
        Of a longer series the last so many.
    max_series : int, default 300
        With more, the fit is refused: it would take long.
    """

    def __init__(
        self,
        time: str = "",
        groups: Sequence[str] = (),
        max_points: int = 1000,
        max_series: int | None = 300,
    ):
        self.time = time
        self.groups = groups
        self.max_points = max_points
        self.max_series = max_series

    def _learn_shared(self, series: Sequence[Timed]) -> None:
        even = [_even(self._last(one)) for one in series]
        found = [SharedSeason.of(season, even) for season in self._taken_off()]
        self.shared_ = tuple(one for one in found if one is not None)

    def _fit_series(self, series: Timed, number: int | None = None) -> object:
        series = self._last(series)
        values = series.values
        if len(values) < FEWEST or np.ptp(values) == 0:
            return None
        shapes = {one.season: one.of_others(number) for one in self.shared_}
        rest = decompose(_even(series), self._taken_off(), shapes).rest
        with warnings.catch_warnings():
            # That an optimum is flat is no news to whom a forecast is wanted from.
            warnings.simplefilter("ignore")
            fitted = self._fit_rest(rest)
        return None if fitted is None else (*fitted, grows(values), shapes)

    def _forecast(self, fitted: Any, series: Timed, reach: int) -> Numbers:
        series = self._last(series)
        values = series.values
        if fitted is None or len(values) < FEWEST:
            return np.full(reach, values[-1])
        form, params, in_logs, *told = fitted
        shapes = told[0] if told else {}  # models of before are told of no others
        if in_logs and values.min() <= 0:
            return drift(values, reach)
        even = Timed(np.log(values), series.end) if in_logs else series
        parts = decompose(even, self._taken_off(), shapes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rest = self._forecast_rest(form, params, parts.rest, reach)
        forecast = rest + parts.seasonal(reach)
        return np.exp(forecast) if in_logs else forecast

    def _last(self, series: Timed) -> Timed:
        return Timed(series.values[-self.max_points :], series.end)

    def _taken_off(self) -> tuple[int, ...]:
        """Return the seasons that a subclass does not model."""
        return self.seasons_

    @abstractmethod
    def _fit_rest(self, rest: Numbers) -> tuple[object, Numbers] | None:
        """Return a form and its parameters, None where there is nothing to fit."""

    @abstractmethod
    def _forecast_rest(
        self, form: Any, params: Numbers, rest: Numbers, reach: int
    ) -> Numbers:
        """Return the next values of a series without its seasons."""


def _even(series: Timed) -> Timed:
    """Return a series that swings alike wherever it is: some in logarithms."""
    if not grows(series.values):
        return series
    return Timed(np.log(series.values), series.end)
