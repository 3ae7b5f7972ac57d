"""What is known of every series, and what of it lies before a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.series.calendars import (
    LOST,
    Calendar,
    Numbers,
    Places,
    clear_season,
)

FAR = 2**42  # between the keys of two series: more than any place
LONGEST_GRID = 100_000
MOST_LOOKED_AT = 200  # series, for the seasons of all
LEAST_LIKE = 0.1

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class SeriesColumns:
    """Where rows stand: the column of their time, and those that name their series.

    Parameters
    ----------
    time : str
    groups : tuple of str
        None where all rows are one series.
    calendar : Calendar
    levels : list of list of str
        Of each column of groups.
    """

    time: str
    groups: tuple[str, ...]
    calendar: Calendar
    levels: list[list[str]]

    @classmethod
    def of(cls, X: pd.DataFrame, time: str, groups: Sequence[str]) -> "SeriesColumns":
        """Return the columns with the calendar and the levels of some rows."""
        return cls(time, tuple(groups), Calendar.of(X[time]), fit_levels(X[[*groups]]))

    def places(self, X: pd.DataFrame) -> Places:
        """Return the step of each row."""
        return self.calendar.places(X[self.time])

    def codes(self, X: pd.DataFrame) -> Codes:
        """Return a number for the series of each row; unknown levels share one."""
        if not self.groups:
            return np.zeros(len(X), dtype=np.int64)
        codes = level_codes(X[[*self.groups]], self.levels) + 1
        sizes = [len(levels) + 2 for levels in self.levels]
        return np.ravel_multi_index(tuple(codes.T), sizes).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Histories:
    """Values by series and place, each place once.

    Parameters
    ----------
    codes, places : ndarray of int of shape (n_known,)
        In order.
    values : ndarray of shape (n_known, n_values)
        The mean of rows that share a place.
    """

    codes: Codes
    places: Places
    values: Numbers

    @classmethod
    def of(cls, codes: Codes, places: Places, values: Numbers) -> "Histories":
        """Return the histories of rows in any order; rows without a time tell none."""
        there = places != LOST
        codes, places, values = codes[there], places[there], values[there]
        order = np.lexsort((places, codes))
        codes, places, values = codes[order], places[order], values[order]
        new = np.append(True, (np.diff(codes) != 0) | (np.diff(places) != 0))
        begins = np.flatnonzero(new[: len(codes)])
        if not len(begins):
            return cls(codes, places, values)
        sizes = np.diff(np.append(begins, len(codes)))
        means = np.add.reduceat(values, begins) / sizes[:, None]
        return cls(codes[begins], places[begins], means)

    def joined(self, codes: Codes, places: Places, values: Numbers) -> "Histories":
        """Return histories with more rows; those that share a place count alike."""
        return Histories.of(
            np.append(self.codes, codes),
            np.append(self.places, places),
            np.vstack([self.values, values]),
        )

    @cached_property
    def keys(self) -> Codes:
        """Return one number for series and place, in order."""
        return self.codes * FAR + self.places

    @cached_property
    def begins(self) -> Codes:
        """Return where the series of each known place begins."""
        return np.searchsorted(self.codes, self.codes, side="left")

    @cached_property
    def sums(self) -> Numbers:
        """Return the sums of all values before each place, and of all, each in turn."""
        zeros = np.zeros((1, self.values.shape[1]))
        return np.vstack([zeros, np.cumsum(self.values, axis=0)])

    @cached_property
    def squares(self) -> Numbers:
        """Return the same of squares."""
        zeros = np.zeros((1, self.values.shape[1]))
        return np.vstack([zeros, np.cumsum(self.values**2, axis=0)])

    def latest(self, codes: Codes, places: Places) -> tuple[Codes, Codes]:
        """Return the last known row at or before places, and how many there are.

        Returns
        -------
        row, number : ndarray of int of shape (n_rows,)
            The row is -1 and the number 0 where nothing is known.
        """
        if not len(self.keys):
            return np.full(len(codes), -1), np.zeros(len(codes), dtype=np.int64)
        wanted = codes * FAR + np.maximum(places, -FAR // 4)
        row = np.searchsorted(self.keys, wanted, side="right") - 1
        known = (row >= 0) & (self.codes[np.maximum(row, 0)] == codes)
        number = np.where(known, row - self.begins[np.maximum(row, 0)] + 1, 0)
        return np.where(known, row, -1), number

    def back(self, row: Codes, number: Codes, steps: int) -> Numbers:
        """Return the values some known rows before; NaN where there are none."""
        there = number > steps
        values = self.values[np.where(there, row - steps, 0)] if len(self.keys) else 0.0
        return np.where(there[:, None], values, np.nan)

    def at(self, codes: Codes, places: Places) -> Numbers:
        """Return the values at places; NaN where nothing is known."""
        row, _ = self.latest(codes, places)
        there = (row >= 0) & (self.places[np.maximum(row, 0)] == places)
        return np.where(there[:, None], self.values[np.maximum(row, 0)], np.nan)

    def mean(self, row: Codes, number: Codes, most: int | None = None) -> Numbers:
        """Return the mean of the last known values, of all of them by default."""
        return _ratio(self._sum(self.sums, row, number, most), self._n(number, most))

    def deviation(self, row: Codes, number: Codes, most: int | None = None) -> Numbers:
        """Return the standard deviation of the last known values."""
        n = self._n(number, most)
        mean = _ratio(self._sum(self.sums, row, number, most), n)
        square = _ratio(self._sum(self.squares, row, number, most), n)
        return np.sqrt(np.maximum(square - mean**2, 0.0))

    @staticmethod
    def _n(number: Codes, most: int | None) -> Codes:
        return number if most is None else np.minimum(number, most)

    def _sum(
        self, sums: Numbers, row: Codes, number: Codes, most: int | None
    ) -> Numbers:
        return sums[row + 1] - sums[row + 1 - self._n(number, most)]

    def by_phase(self, season: int) -> "Histories":
        """Return the histories of every phase of a season, each a series by itself."""
        codes = self.codes * season + self.places % season
        return Histories.of(codes, self.places, self.values)

    def grid(self, code: int, until: int | None = None) -> tuple[int, Numbers]:
        """Return a series step by step, gaps filled in by straight lines.

        Parameters
        ----------
        code : int
        until : int, optional
            The last place that is looked at.

        Returns
        -------
        first : int
            The place of its first value.
        values : ndarray of shape (n_steps,)
            Of the first of the values, up to the last that is known.
        """
        begin, end = np.searchsorted(self.codes, [code, code + 1])
        places, values = self.places[begin:end], self.values[begin:end, 0]
        if until is not None:
            n_known = int(np.searchsorted(places, until, side="right"))
            places, values = places[:n_known], values[:n_known]
        if not len(places):
            return 0, np.zeros(0)
        first = max(int(places[0]), int(places[-1]) - LONGEST_GRID)
        steps = np.arange(first, places[-1] + 1)
        return first, np.interp(steps, places, values)


def _ratio(sums: Numbers, number: Codes) -> Numbers:
    known = number > 0
    return np.where(known[:, None], sums / np.maximum(number, 1)[:, None], np.nan)


def find_seasons(histories: Histories, calendar: Calendar) -> tuple[int, ...]:
    """Return the seasons of series, in steps, that have been twice round.

    Those of the calendar; of numbers, the one that the mean of all series shows.
    """
    if not len(histories.places):
        return ()
    if calendar.is_date:
        reach = int(histories.places.max() - histories.places.min()) + 1
        return tuple(s for s in calendar.usual_seasons() if reach >= 2 * s)
    zeros = np.zeros_like(histories.codes)
    whole = Histories.of(zeros, histories.places, histories.values)
    season = clear_season(whole.grid(0)[1])
    return (season,) if season else ()


def comes_round(histories: Histories, season: int) -> bool:
    """Return whether the changes of series are like those a season ago.

    By the autocorrelation of all series' changes: it is to be above 0.1 and above
    three times what it is by chance.
    """
    codes, begins = np.unique(histories.codes, return_index=True)
    ends = np.append(begins[1:], len(histories.codes)) - 1
    steps = histories.places[ends] - histories.places[begins]
    long = codes[steps >= 2 * season]
    chosen = long[:: max(1, len(long) // MOST_LOOKED_AT)]
    both, square, number = 0.0, 0.0, 0
    for code in chosen:
        changes = np.diff(histories.grid(int(code))[1])
        both += float(changes[season:] @ changes[:-season])
        square += float(changes @ changes) * (1 - season / len(changes))
        number += len(changes) - season
    return square > 0 and both / square > max(LEAST_LIKE, 3 / np.sqrt(number))


def reach_of(
    known: tuple[Codes, Places], asked: tuple[Codes, Places]
) -> tuple[int, int] | None:
    """Return how far the nearest and the farthest asked place are from the last known.

    In steps, of the usual series: one that ended long ago says nothing of the others.
    None where no asked row comes after a known one of its series.
    """
    histories = Histories.of(*known, np.zeros((len(known[0]), 1)))
    row, number = histories.latest(asked[0], asked[1] - 1)
    after = (number > 0) & (asked[1] != LOST)
    if not after.any():
        return None
    steps = pd.Series(asked[1][after] - histories.places[row[after]])
    ends = (
        steps.groupby(asked[0][after])
        .agg(["min", "max"])
        .quantile(0.5, interpolation="lower")
    )
    return int(ends["min"]), int(ends["max"])
