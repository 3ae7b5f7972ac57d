"""ARIMA with a season inside (SARIMA), its orders chosen by tests and AICc."""

from collections.abc import Sequence

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.arima import (
    Order,
    Seasonal,
    differences,
    orders_of,
    sarimax,
)
from ensemble_kit.models.series.decomposed import strength
from ensemble_kit.models.series.decomposed_forecaster import DecomposedForecaster

TURNS = 3  # of a season that a series has to have been round
LONGEST = 24  # steps of a season: the states of the filter are as many
STRONG = 0.64  # a season that holds more of the variance is differenced
DIFFERENCED = ((0, 1), (1, 0), (1, 1))  # seasonal orders (P, Q) that are tried
LEVELLED = ((0, 0), (1, 0), (1, 1))
Orders = tuple[Order, Seasonal]


class SeasonalArima(DecomposedForecaster):
    """Forecast by what a value keeps of those before, and of those a season ago.

    The multiplicative model of Box and Jenkins, in logarithms where a series swings
    the more the higher it is. The season is differenced where it holds 0.64 of the
    variance that trend leaves (Wang, Smith and Hyndman 2006), then the series as the
    KPSS test says; orders within the season are those of `Arima`, and of three seasonal
    ones that of the least AICc is taken. All of it is told by the training rows.
    Longer seasons than 24 steps are taken off first; see `decompose`.

    Parameters
    ----------
    time : str
        The column of times.
    groups : sequence of str
        Columns that tell series apart.
    max_points : int, default 300
        Of a longer series the last so many.
    max_series : int, default 300
        With more, the fit is refused: it would take long.
    """

    def __init__(
        self,
        time: str = "",
        groups: Sequence[str] = (),
        max_points: int = 300,
        max_series: int | None = 300,
    ):
        super().__init__(time, groups, max_points, max_series)

    def _taken_off(self) -> tuple[int, ...]:
        return tuple(s for s in self.seasons_ if s > LONGEST)

    def _fit_rest(self, rest: Numbers) -> tuple[object, Numbers] | None:
        fits = [fit for orders in self._tried(rest) if (fit := _fit(rest, orders))]
        if not fits:
            return None
        orders, params, _ = min(fits, key=lambda fit: fit[2])
        return orders, params

    def _forecast_rest(
        self, form: Orders, params: Numbers, rest: Numbers, reach: int
    ) -> Numbers:
        return np.asarray(sarimax(rest, *form).filter(params).forecast(reach))

    def _tried(self, values: Numbers) -> list[Orders]:
        """Return the orders that are fitted to a series, all of one differencing."""
        season = max(
            (s for s in self.seasons_ if s <= LONGEST and len(values) >= TURNS * s),
            default=0,
        )
        if not season:
            d = differences(values)
            p, q = orders_of(np.diff(values, n=d))
            return [((p, d, q), (0, 0, 0, 0))]
        turns = int(strength(values, season) > STRONG)
        rest = values[season:] - values[:-season] if turns else values
        d = min(differences(rest), 1) if np.ptp(rest) > 0 else 0
        left = np.diff(rest, n=d)
        p, q = orders_of(left) if np.ptp(left) > 0 else (0, 0)
        return [
            ((p, d, q), (P, turns, Q, season))
            for P, Q in (DIFFERENCED if turns else LEVELLED)
        ]


def _fit(values: Numbers, orders: Orders) -> tuple[Orders, Numbers, float] | None:
    """Return orders, parameters and AICc; None where the library finds none."""
    try:
        fit = sarimax(values, *orders).fit(disp=False, maxiter=50)
    except (np.linalg.LinAlgError, ValueError):
        return None
    aicc = float(fit.aicc)
    return (orders, np.asarray(fit.params), aicc) if np.isfinite(aicc) else None
