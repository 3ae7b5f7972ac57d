"""Permutation importance: what a score loses when columns are shuffled.

Breiman (2001), on rows that the models have not seen. A column that tells nothing
loses nothing but noise, and the interval holds that noise: it is taken over rows, not
over shuffles alone, as one draw of rows is common to all shuffles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ensemble_kit.arrays import Array, Rows
from ensemble_kit.metrics.jackknife import Estimate, estimate, row_parts
from ensemble_kit.running.explaining.room import Room
from ensemble_kit.running.explaining.sample import Predict, Sample, Score

FOLDS_ALIKE = 3.5


@dataclass(frozen=True)
class Importance:
    """What the score loses when some columns are shuffled together.

    Parameters
    ----------
    columns : tuple of str
    loss : Estimate
        Positive where the score gets worse.
    """

    columns: tuple[str, ...]
    loss: Estimate


def measure_importance(
    sample: Sample,
    predict: Predict,
    score: Score,
    sets: Sequence[tuple[str, ...]],
    repeats: int,
    seed: int = 0,
    room: Room | None = None,
) -> tuple[Estimate, list[Importance]]:
    """Return the score of the rows as they are, and what shuffling each set loses.

    Parameters
    ----------
    sample : Sample
    predict : callable
        ``predict(frame, fold)``: predictions by the models of a fold.
    score : callable
        ``score(y, predictions, rows)`` of some rows of the sample: greater is better.
    sets : sequence of tuples of column names
        Columns of a set are shuffled by the same order.
    repeats : int
        Shuffles of each set.
    seed : int
    room : Room, optional
        The time it has.

    Raises
    ------
    RunError
        When the time is over before all is measured.
    """
    room = room or Room()
    predictions = _all_predictions(sample, predict, sets, repeats, seed, room)
    parts = row_parts(sample.units)
    every = np.arange(len(sample.y))

    def scores(at: int) -> Array:
        """Return the score of all rows, and then without each of the parts."""
        room.check()
        predicted = predictions[at]
        rows = (every, *parts)
        return np.array([score(sample.y[r], predicted[r], r) for r in rows])

    base, measured = scores(0), []
    wider = _widening(len(np.unique(sample.folds)))
    for number, columns in enumerate(sets):
        first = 1 + number * repeats
        shuffled = np.mean([scores(first + k) for k in range(repeats)], axis=0)
        lost = base - shuffled
        loss = estimate(float(lost[0]), lost[1:], widening=wider)
        measured.append(Importance(columns, loss))
    return estimate(float(base[0]), base[1:]), measured


def _widening(n_folds: int) -> float:
    """Return how much wider an interval is than rows alone tell.

    The models of two folds share training rows, and each has seen the other's rows: of
    a column of noise the losses of folds depend on each other. Together they vary up
    to twice as much as if they did not, the more so the more folds there are. With
    this, 0 is inside for noise in 94 to 96 of 100 tables with 3 to 10 folds.
    """
    return float(np.sqrt(np.clip(n_folds / FOLDS_ALIKE, 1.0, 2.0)))


def _all_predictions(
    sample: Sample,
    predict: Predict,
    sets: Sequence[tuple[str, ...]],
    repeats: int,
    seed: int,
    room: Room,
) -> Array:
    """Return predictions of all rows: as they are, then shuffled in every way."""
    plain: list[tuple[str, ...]] = [()]
    shuffled = plain + [columns for columns in sets for _ in range(repeats)]
    predictions: Array | None = None
    generator = np.random.default_rng(seed)
    for fold in np.unique(sample.folds):
        rows = np.flatnonzero(sample.folds == fold)
        orders = [generator.permutation(rows) for _ in shuffled]
        for copies in _chunks(len(shuffled), len(rows), room.at_once):
            room.check()
            frame = _shuffled(sample.X, rows, orders, shuffled, copies)
            part = predict(frame, int(fold))
            if predictions is None:
                shape = (len(shuffled), len(sample.y), part.shape[1])
                predictions = np.empty(shape, dtype=np.float64)
            for at, copy in enumerate(copies):
                predictions[copy, rows] = part[at * len(rows) : (at + 1) * len(rows)]
    if predictions is None:
        raise ValueError("there are no rows to measure on")
    return predictions


def _chunks(n_copies: int, n_rows: int, at_once: int) -> Iterator[range]:
    """Yield the copies of some rows that are predicted at once."""
    step = max(1, at_once // n_rows)
    for first in range(0, n_copies, step):
        yield range(first, min(first + step, n_copies))


def _shuffled(
    X: pd.DataFrame,
    rows: Rows,
    orders: Sequence[Rows],
    sets: Sequence[tuple[str, ...]],
    copies: range,
) -> pd.DataFrame:
    """Return copies of some rows below each other, in each a set's columns shuffled."""
    columns = {}
    for name in X:
        taken = [orders[copy] if name in sets[copy] else rows for copy in copies]
        columns[name] = X[name].iloc[np.concatenate(taken)].array
    return pd.DataFrame(columns)
