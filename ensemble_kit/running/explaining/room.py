"""The time that there is to explain a run, and what can be measured in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ensemble_kit.arrays import Array, Rows
from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics.jackknife import N_PARTS
from ensemble_kit.quantities import format_seconds
from ensemble_kit.running.explaining.sample import Predict, Sample, Score

BLOCK = 400  # rows
FEWEST_ROWS, FEWEST_REPEATS = 200, 2
SAFETY = 1.5
LEAST_SECONDS = 1.0
MOST_AT_ONCE = 9_000  # rows of one call of the models
WAIT_SHARE = 0.1  # of the time: no call of the models takes more


@dataclass(frozen=True)
class Room:
    """Some time, and what a row takes in it.

    Parameters
    ----------
    end : float
        On the monotonic clock.
    seconds_per_row : float
        To predict a row, and to score it as often as its interval needs.
    reading : float
        Seconds in which the models of the other folds are read.
    at_once : int
        Rows of one call of the models, so that the end is not missed by much.
    """

    end: float = np.inf
    seconds_per_row: float = 0.0
    reading: float = 0.0
    at_once: int = MOST_AT_ONCE

    @classmethod
    def measured(
        cls,
        sample: Sample,
        predict: Predict,
        score: Score,
        end: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> "Room":
        """Return the room until an end, from what a block of rows takes.

        The block is predicted twice, by the models of one fold: the first time they
        are read, and those of the other folds are yet to be.

        Raises
        ------
        RunError
            When reading the models alone takes longer.
        """
        begin = clock()
        if end - begin < LEAST_SECONDS:
            raise RunError(f"the run has left no time for it; {LATER}")
        fold = int(sample.folds[0])
        rows = np.flatnonzero(sample.folds == fold)
        rows = np.resize(rows, BLOCK)
        block = sample.X.iloc[rows].reset_index(drop=True)
        predictions = predict(block, fold)
        read = clock()
        if read + (read - begin) >= end:  # that once more is too long
            raise RunError(told_short(2 * (read - begin), end - begin))
        predict(block, fold)
        again = clock()
        _scored_with_parts(sample.y[rows], predictions, rows, score)
        taken = clock() - read
        reading = max(0.0, (read - begin) - (again - read))
        per_row = taken / BLOCK
        rows_in_time = WAIT_SHARE * (end - read) / max(per_row, 1e-9)
        return cls(
            end,
            per_row,
            reading * (len(np.unique(sample.folds)) - 1),
            int(np.clip(rows_in_time, 1, MOST_AT_ONCE)),
        )

    def shared_out(
        self, n_rows: int, repeats: int, n_sets: int, now: float | None = None
    ) -> tuple[int, int]:
        """Return as many rows and shuffles as there is time for.

        Shuffles go first, then rows.

        Parameters
        ----------
        n_rows, repeats : int
            Wanted: no more is returned.
        n_sets : int
            Of columns that are shuffled.
        now : float, optional
            On the monotonic clock.

        Raises
        ------
        RunError
            When there is no time for the fewest that tell anything.
        """
        left = self.end - self.reading - (time.monotonic() if now is None else now)
        fewest = min(n_rows, FEWEST_ROWS)
        for number in range(repeats, min(repeats, FEWEST_REPEATS) - 1, -1):
            one = SAFETY * self.seconds_per_row * (1 + n_sets * number)
            possible = int(left / max(one, 1e-12))
            if possible >= fewest:
                return min(n_rows, possible), number
        raise RunError(told_short(self.reading + one * fewest, self.reading + left))

    def is_over(self) -> bool:
        """Return whether the time is over."""
        return time.monotonic() >= self.end

    def check(self) -> None:
        """Raise where the time is over: what is half measured tells nothing."""
        if self.is_over():
            raise RunError(f"the time kept for it was over too soon; {LATER}")


LATER = "ensemble-kit explain RUN takes the time it needs"


def told_short(needed: float, there: float) -> str:
    """Return in words that the time is too short."""
    return (
        f"it would take about {format_seconds(needed)}, and "
        f"{format_seconds(max(0.0, there))} are left; {LATER}"
    )


def _scored_with_parts(y: Array, predictions: Array, rows: Rows, score: Score) -> None:
    """Score rows as often as an interval needs."""
    for _ in range(1 + N_PARTS):
        score(y, predictions, rows)
