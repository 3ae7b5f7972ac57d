"""A series without its seasons, and a forecast of what they go on like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.forecaster import Timed
from ensemble_kit.models.series.shared_seasons import (
    MOST_TURNS,
    last_turn,
    shrunk_season,
)

TURNS = 35  # of a season that are smoothed over: seasons change slowly
CLEAR = 0.4  # of the variance that trend leaves: less is no season


@dataclass(frozen=True)
class Decomposed:
    """What is left of a series without its seasons.

    Parameters
    ----------
    rest : ndarray of shape (n_steps,)
    cycles : tuple of ndarray
        The last turn of each season.
    """

    rest: Numbers
    cycles: tuple[Numbers, ...] = ()

    def seasonal(self, reach: int) -> Numbers:
        """Return what the seasons add to the next steps."""
        parts = [np.resize(cycle, reach) for cycle in self.cycles]
        return np.sum(parts, axis=0) if parts else np.zeros(reach)


def decompose(
    series: Timed, seasons: Sequence[int], shapes: Mapping[int, Numbers] | None = None
) -> Decomposed:
    """Return a series without the seasons that are clear in it.

    By smoothing (STL: Cleveland et al. 1990), one season after the other, the shortest
    first. A season counts where it holds 0.4 of what trend leaves of the variance;
    see `strength`. Of a few turns it is drawn towards what other series have, where
    that is known; see `shrunk_season`.

    Parameters
    ----------
    series : Timed
        Without gaps.
    seasons : sequence of int
        Those of fewer than three turns are left out, unless others tell them.
    shapes : mapping of int to ndarray of shape (season,), optional
        What other series have, by the place in the season.
    """
    from statsmodels.tsa.seasonal import STL

    rest, cycles, shapes = series.values, [], shapes or {}
    for season in sorted(seasons):
        if season < 2 or np.ptp(rest) == 0:
            continue
        if season in shapes and len(rest) < MOST_TURNS * season:
            left = Timed(rest, series.end)
            by_place = shrunk_season(left, shapes[season])
            rest = rest - by_place[left.phases(season)]
            cycles.append(last_turn(left, by_place))
            continue
        if len(rest) < 3 * season:
            continue
        parts = STL(rest, period=season, seasonal=TURNS).fit()
        if _strength(parts) < CLEAR:
            continue
        rest = rest - parts.seasonal
        cycles.append(np.asarray(parts.seasonal[-season:]))
    return Decomposed(rest, tuple(cycles))


def strength(values: Numbers, season: int) -> float:
    """Return the share that a season has of what trend leaves of the variance.

    Hyndman and Athanasopoulos, Forecasting, section 4.3: from 0 to 1.
    """
    from statsmodels.tsa.seasonal import STL

    return _strength(STL(values, period=season, seasonal=TURNS).fit())


def _strength(parts: Any) -> float:
    both = parts.seasonal + parts.resid
    return float(1 - np.var(parts.resid) / max(np.var(both), 1e-300))
