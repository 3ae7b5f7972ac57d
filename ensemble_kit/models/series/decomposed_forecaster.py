"""What forecasters share that model a series without its seasons."""

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.decomposed import Decomposed, decompose
from ensemble_kit.models.series.forecaster import FEWEST, Forecaster, drift, grows


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

    def _fit_series(self, values: Numbers) -> object:
        values = values[-self.max_points :]
        if len(values) < FEWEST or np.ptp(values) == 0:
            return None
        in_logs = grows(values)
        rest = self._decomposed(np.log(values) if in_logs else values).rest
        with warnings.catch_warnings():
            # That an optimum is flat is no news to whom a forecast is wanted from.
            warnings.simplefilter("ignore")
            fitted = self._fit_rest(rest)
        return None if fitted is None else (*fitted, in_logs)

    def _forecast(self, fitted: Any, values: Numbers, reach: int) -> Numbers:
        values = values[-self.max_points :]
        if fitted is None or len(values) < FEWEST:
            return np.full(reach, values[-1])
        form, params, in_logs = fitted
        if in_logs and values.min() <= 0:
            return drift(values, reach)
        parts = self._decomposed(np.log(values) if in_logs else values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rest = self._forecast_rest(form, params, parts.rest, reach)
        forecast = rest + parts.seasonal(reach)
        return np.exp(forecast) if in_logs else forecast

    def _decomposed(self, values: Numbers) -> Decomposed:
        """Return a series without the seasons that a subclass does not model."""
        return decompose(values, self.seasons_)

    @abstractmethod
    def _fit_rest(self, rest: Numbers) -> tuple[object, Numbers] | None:
        """Return a form and its parameters, None where there is nothing to fit."""

    @abstractmethod
    def _forecast_rest(
        self, form: Any, params: Numbers, rest: Numbers, reach: int
    ) -> Numbers:
        """Return the next values of a series without its seasons."""
