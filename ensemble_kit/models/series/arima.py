"""ARIMA of every series, its orders chosen by a unit root test and AICc."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.decomposed_forecaster import DecomposedForecaster
from ensemble_kit.models.series.forecaster import FEWEST

LEVEL = 0.05  # of the KPSS test: below it a series is differenced
ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1))
FEW = 20  # values: of fewer, only the first orders
Order = tuple[int, int, int]
Seasonal = tuple[int, int, int, int]


class Arima(DecomposedForecaster):
    """Forecast by what a value keeps of those before (ARIMA).

    Seasons are taken off first; see `decompose`. A series that swings the more the
    higher it is, is forecast in logarithms. The series is differenced while the
    KPSS test refuses a level; then the orders of the least AICc are taken, of those up
    to two (Hyndman and Khandakar 2008), as the regressions of Hannan and Rissanen
    tell it, and fitted by maximum likelihood, both by statsmodels. A differenced
    series may drift.

    Parameters
    ----------
    time : str
        The column of times.
    groups : sequence of str
        Columns that tell series apart.
    max_points : int, default 500
        Of a longer series the last so many.
    max_series : int, default 300
        With more, the fit is refused: it would take long.
    """

    def __init__(
        self,
        time: str = "",
        groups: Sequence[str] = (),
        max_points: int = 500,
        max_series: int | None = 300,
    ):
        super().__init__(time, groups, max_points, max_series)

    def _fit_rest(self, rest: Numbers) -> tuple[object, Numbers] | None:
        if np.ptp(rest) < 1e-9 * max(1.0, float(np.abs(rest).max())):
            return None
        d = differences(rest)
        p, q = orders_of(np.diff(rest, n=d))
        try:
            best = sarimax(rest, (p, d, q)).fit(disp=False, maxiter=50)
        except (np.linalg.LinAlgError, ValueError):
            return None
        return (p, d, q), np.asarray(best.params)

    def _forecast_rest(
        self, form: Order, params: Numbers, rest: Numbers, reach: int
    ) -> Numbers:
        return np.asarray(sarimax(rest, form).filter(params).forecast(reach))


def differences(values: Numbers) -> int:
    """Return how often a series is differenced before the KPSS test takes a level."""
    from statsmodels.tsa.stattools import kpss

    for times in range(2):
        rest = np.diff(values, n=times)
        if len(rest) < FEWEST or np.ptp(rest) == 0:
            return times
        if kpss(rest, regression="c", nlags="auto")[1] > LEVEL:
            return times
    return 2


def orders_of(values: Numbers) -> tuple[int, int]:
    """Return the orders of the least AICc by the regressions of Hannan and Rissanen."""
    from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen

    values = values - values.mean()
    criteria = {(0, 0): _criterion(float(np.mean(values**2)), len(values), 1)}
    for p, q in ORDERS[1:] if len(values) >= FEW else ORDERS[1:3]:
        fit, _ = hannan_rissanen(values, p, q, demean=False)
        criteria[p, q] = _criterion(float(fit.sigma2), len(values), p + q + 1)
    return min(criteria, key=lambda orders: criteria[orders])


def _criterion(variance: float, n_rows: int, n_params: int) -> float:
    """Return AICc of normal errors, without what is the same for all orders."""
    if not np.isfinite(variance) or n_rows - n_params <= 1:
        return np.inf
    more = 2 * n_params * n_rows / (n_rows - n_params - 1)
    return float(n_rows * np.log(max(variance, 1e-300)) + more)


def sarimax(values: Numbers, order: Order, seasonal: Seasonal = (0, 0, 0, 0)) -> Any:
    """Return statsmodels' model of a series with orders, and those of its season."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    # A constant of what is differenced once is a drift; of twice, a parabola.
    trend = "c" if order[1] + seasonal[1] < 2 else "n"
    return SARIMAX(values, order=order, seasonal_order=seasonal, trend=trend)
