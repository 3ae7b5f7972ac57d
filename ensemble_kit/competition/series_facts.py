"""The series of a competition: how many, how far apart, how far the test looks."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ensemble_kit.competition.competition import Competition
from ensemble_kit.features.series.histories import (
    Histories,
    SeriesColumns,
    comes_round,
    find_seasons,
    reach_of,
)


@dataclass(frozen=True, eq=False)
class SeriesFacts:
    """The series of a competition, and how far the test looks ahead.

    Parameters
    ----------
    read : SeriesColumns
        Of training and test rows.
    nearest, farthest : int
        Steps from the last known target of a series to the test rows.
    known, asked : Histories
        Targets in their own units at training places, and NaN at test places.
    """

    read: SeriesColumns
    nearest: int
    farthest: int
    known: Histories
    asked: Histories

    @classmethod
    def of(cls, competition: Competition) -> "SeriesFacts | None":
        """Return the facts of a competition.

        None where it has no series, or no test row comes after a training row of its
        series.
        """
        if not competition.series:
            return None
        time, *groups = competition.series
        train, test = competition.X, competition.X_test
        both = [frame[[time, *groups]] for frame in (train, test)]
        joined = pd.concat(both, ignore_index=True)
        read = SeriesColumns.of(joined, time, groups)
        places = [(read.codes(frame), read.places(frame)) for frame in both]
        reach = reach_of(*places)
        if reach is None:
            return None
        y = competition.y
        if not competition.task.is_classification:
            y = competition.task.restore(y)
        known = Histories.of(*places[0], np.asarray(y, dtype=np.float64)[:, None])
        asked = Histories.of(*places[1], np.full((len(test), 1), np.nan))
        return cls(read, *reach, known, asked)

    @property
    def columns(self) -> dict[str, Any]:
        """Return what a forecaster is told."""
        return {"time": self.read.time, "groups": list(self.read.groups)}

    @property
    def windows(self) -> dict[str, Any]:
        """Return what lags are told besides."""
        gap = self.nearest - 1
        return {**self.columns, "length": self.farthest - gap, "gap": gap}

    @cached_property
    def seasons(self) -> tuple[int, ...]:
        """Return after how many steps series come round again."""
        seasons = find_seasons(self.known, self.read.calendar)
        return tuple(season for season in seasons if comes_round(self.known, season))

    @property
    def n_series(self) -> int:
        """Return how many series have a known target."""
        return len(np.unique(self.known.codes))

    @property
    def lonely(self) -> int:
        """Return how many series have one known target alone."""
        return int((np.unique(self.known.codes, return_counts=True)[1] == 1).sum())

    @property
    def gaps(self) -> float:
        """Return the share of steps between first and last that no row has."""
        codes, begins = np.unique(self.known.codes, return_index=True)
        ends = np.append(begins[1:], len(self.known.codes)) - 1
        steps = (self.known.places[ends] - self.known.places[begins] + 1).sum()
        return float(1 - len(self.known.places) / steps)

    @property
    def ahead(self) -> str:
        """Return how far the test looks ahead, in words."""
        if self.nearest != self.farthest:
            return f"{self.nearest} to {self.farthest} steps"
        return f"{self.farthest} step" + "s" * (self.farthest != 1)

    def __str__(self) -> str:
        groups = self.read.groups
        which = f" of each {' and '.join(groups)}" if groups else ""
        return (
            f"series{which} along {self.read.time!r}: the test looks {self.ahead} "
            "ahead, and so do lags and forecasts of training rows"
        )
