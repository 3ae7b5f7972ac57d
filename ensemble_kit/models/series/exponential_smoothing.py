"""Exponential smoothing of every series, its form chosen by AICc."""

from typing import Any

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.decomposed_forecaster import DecomposedForecaster

FORMS: tuple[dict[str, Any], ...] = (
    {},
    {"trend": "add"},
    {"trend": "add", "damped_trend": True},
)


class ExponentialSmoothing(DecomposedForecaster):
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

    def _fit_rest(self, rest: Numbers) -> tuple[object, Numbers]:
        forms = [form for form in FORMS if len(rest) > 10 or not form]
        fits = [_model(rest, form).fit(disp=False, maxiter=200) for form in forms]
        best = min(range(len(fits)), key=lambda place: _criterion(fits[place]))
        return forms[best], np.asarray(fits[best].params)

    def _forecast_rest(
        self, form: dict[str, Any], params: Numbers, rest: Numbers, reach: int
    ) -> Numbers:
        return np.asarray(_model(rest, form).smooth(params).forecast(reach))


def _model(values: Numbers, form: dict[str, Any]) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    return ETSModel(values, error="add", **form)


def _criterion(fit: Any) -> float:
    return float(fit.aicc) if np.isfinite(fit.aicc) else np.inf
