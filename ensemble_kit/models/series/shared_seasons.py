"""Seasons that many short series share: each is told by the others, too."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ensemble_kit.features.series.calendars import Numbers, Places
from ensemble_kit.models.series.forecaster import Timed

FEWEST_SERIES = 3  # that have been twice round: of fewer, nothing is shared
MOST_TURNS = 10  # of longer series, each tells its own season, and how it changes
FEWEST_STEPS = 8  # beyond one turn, that an amplitude is told by


@dataclass(frozen=True)
class SharedSeason:
    """The mean profile of a season over series, each in units of its own swing.

    Parameters
    ----------
    season : int
        Steps.
    total : ndarray of shape (season,)
        The sum of the profiles, by the place in the season.
    profiles : tuple of ndarray or None
        Of each series; None where it has not been twice round.
    """

    season: int
    total: Numbers
    profiles: tuple[Numbers | None, ...]

    @classmethod
    def of(cls, season: int, series: Iterable[Timed]) -> "SharedSeason | None":
        """Return what series share of a season; None where they are too few."""
        profiles = tuple(_unit_profile(one, season) for one in series)
        known = [profile for profile in profiles if profile is not None]
        if len(known) < FEWEST_SERIES:
            return None
        return cls(season, np.sum(known, axis=0), profiles)

    def of_others(self, number: int | None = None) -> Numbers:
        """Return the mean profile without that of one series."""
        own = None if number is None else self.profiles[number]
        n_known = sum(profile is not None for profile in self.profiles)
        if own is None:
            return self.total / n_known
        return np.asarray((self.total - own) / (n_known - 1))


def shrunk_season(series: Timed, shape: Numbers) -> Numbers:
    """Return the season of a series, drawn towards a shape that others have.

    The shape is as large as the series shows it; how far the series' own means by
    phase are drawn towards it follows from how much they differ by chance alone (the
    estimator of James and Stein 1961, which Miller and Williams 2003 use for seasons).

    Parameters
    ----------
    series : Timed
    shape : ndarray of shape (season,)

    Returns
    -------
    season : ndarray of shape (season,)
        By the place in the season, its mean 0.
    """
    season = len(shape)
    rest, phases = _without_trend(series, season)
    if len(rest) < FEWEST_STEPS:
        return np.zeros(season)
    drawn_to = _amplitude(rest, shape[phases]) * shape
    means = _profile(rest, phases, season)
    if means is None:
        return drawn_to
    left, freedom = rest - means[phases], len(rest) - season
    chance = float(left @ left) / max(freedom, 1) * season / len(rest)
    apart = float((means - drawn_to) @ (means - drawn_to))
    kept = max(0.0, 1 - max(season - 4, 1) * chance / max(apart, 1e-300))
    return np.asarray(drawn_to + kept * (means - drawn_to))


def last_turn(series: Timed, by_place: Numbers) -> Numbers:
    """Return a season in the order of the last turn of a series."""
    season = len(by_place)
    return by_place[np.arange(series.end + 1 - season, series.end + 1) % season]


def _amplitude(rest: Numbers, shape: Numbers) -> float:
    """Return how large a shape is in a series, less what it would be by chance."""
    square = float(shape @ shape)
    if square <= 0:
        return 0.0
    size = float(shape @ rest) / square
    left = rest - size * shape
    variance = float(left @ left) / max(len(rest) - 2, 1) / square
    return size * max(0.0, 1 - variance / max(size**2, 1e-300))


def _unit_profile(series: Timed, season: int) -> Numbers | None:
    rest, phases = _without_trend(series, season)
    profile = _profile(rest, phases, season)
    spread = float(rest.std()) if len(rest) else 0.0
    return None if profile is None or spread == 0 else profile / spread


def _profile(rest: Numbers, phases: Places, season: int) -> Numbers | None:
    """Return the mean of each phase less that of all; None where one has none."""
    number = np.bincount(phases, minlength=season)
    if not number.all():
        return None
    means = np.bincount(phases, rest, minlength=season) / number
    return np.asarray(means - means.mean())


def _without_trend(series: Timed, season: int) -> tuple[Numbers, Places]:
    """Return a series less its moving mean over a season, and the phases of that.

    Half a season at each end has no such mean, and is left out.
    """
    half, even = season // 2, season % 2 == 0
    weights = np.ones(2 * half + 1)
    weights[[0, -1]] = 0.5 if even else 1.0
    if len(series.values) < len(weights):
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    trend = np.convolve(series.values, weights / weights.sum(), mode="valid")
    inside = slice(half, len(series.values) - half)
    return series.values[inside] - trend, series.phases(season)[inside]
