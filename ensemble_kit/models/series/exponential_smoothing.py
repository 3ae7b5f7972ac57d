"""Exponential smoothing of every series, its form chosen by AICc."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.decomposed import decompose
from ensemble_kit.models.series.forecaster import FEWEST, Forecaster, drift, grows

FORMS: tuple[dict[str, Any], ...] = (
    {},
    {"trend": "add"},
    {"trend": "add", "damped_trend": True},
)


class ExponentialSmoothing(Forecaster):
    """Forecast by a level and a trend that follow the series (ETS).

    Seasons are taken off first; see `decompose`. A series that swings the more the
    higher it is, is forecast in logarithms. Of a level, a level with a trend and
    one with a trend that fades, the form of the least AICc is taken: Hyndman et al.
    2008, by statsmodels.

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
        values = np.log(values) if in_logs else values
        rest = decompose(values, self.seasons_).rest
        fits = [
            (form, _fit(rest, form)) for form in FORMS if len(rest) > 10 or not form
        ]
        form, best = min(fits, key=lambda pair: _criterion(pair[1]))
        return form, np.asarray(best.params), in_logs

    def _forecast(self, fitted: Any, values: Numbers, reach: int) -> Numbers:
        values = values[-self.max_points :]
        if fitted is None or len(values) < FEWEST:
            return np.full(reach, values[-1])
        form, params, in_logs = fitted
        if in_logs and values.min() <= 0:
            return drift(values, reach)
        parts = decompose(np.log(values) if in_logs else values, self.seasons_)
        model = _model(parts.rest, form)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.asarray(model.smooth(params).forecast(reach))
        found = found + parts.seasonal(reach)
        return np.exp(found) if in_logs else found


def _model(values: Numbers, form: dict[str, Any]) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    return ETSModel(values, error="add", **form)


def _fit(values: Numbers, form: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        # That an optimum is flat is no news to whom a forecast is wanted from.
        warnings.simplefilter("ignore")
        return _model(values, form).fit(disp=False, maxiter=200)


def _criterion(fit: Any) -> float:
    return float(fit.aicc) if np.isfinite(fit.aicc) else np.inf
