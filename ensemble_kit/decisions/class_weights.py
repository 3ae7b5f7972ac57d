"""Multiplicative class weights before the argmax, fitted to a label metric."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.decisions.confusion import confusion_table

Array = NDArray[Any]
GRID = np.linspace(-2.0, 2.0, 41)
MAX_SWEEPS = 5
ROWS_PER_FIT = 30_000


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=below > 0)


def _accuracy(table: Array) -> Array:
    return np.trace(table, axis1=-2, axis2=-1) / table.sum(axis=(-2, -1))


def _balanced_accuracy(table: Array) -> Array:
    hit, true = np.diagonal(table, axis1=-2, axis2=-1), table.sum(axis=-1)
    return _ratio(hit, true).sum(axis=-1) / (true > 0).sum(axis=-1)


def _f1(table: Array) -> Array:
    """Return the F1 of each class."""
    hit = np.diagonal(table, axis1=-2, axis2=-1)
    return _ratio(2 * hit, table.sum(axis=-1) + table.sum(axis=-2))


def _f1_macro(table: Array) -> Array:
    present = (table.sum(axis=-1) + table.sum(axis=-2)) > 0
    return _f1(table).sum(axis=-1) / present.sum(axis=-1)


def _f1_weighted(table: Array) -> Array:
    true = table.sum(axis=-1)
    return (_f1(table) * true).sum(axis=-1) / true.sum(axis=-1)


def _mcc(table: Array) -> Array:
    """Return Gorodkin's (2004) correlation of several classes."""
    true, called = table.sum(axis=-1), table.sum(axis=-2)
    total = true.sum(axis=-1)
    hit = np.trace(table, axis1=-2, axis2=-1)
    spread = (total**2 - (true**2).sum(axis=-1)) * (total**2 - (called**2).sum(axis=-1))
    return _ratio(hit * total - (true * called).sum(axis=-1), np.sqrt(spread))


TABLE_METRICS: dict[str, Callable[[Array], Array]] = {
    "accuracy": _accuracy,
    "f1_micro": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "mcc": _mcc,
}


def best_class_weights(
    score: Callable[[Array], Array],
    logs: Array,
    y: Array,
    weight: Array,
    start: Array,
    n_bags: int,
    rng: np.random.RandomState,
) -> Array:
    """Return log weights of the classes, the mean over bootstrap samples.

    They are kept only if weights fitted on one half of the rows beat the start on
    the other half, on average over both halves.

    Parameters
    ----------
    score : callable
        A function of tables (..., true, called), greater is better.
    logs : ndarray of shape (n_rows, n_classes)
        Log probabilities.
    start : ndarray of shape (n_classes,)
        Log weights to start from and to fall back on.
    """
    halves = [np.arange(len(y)) % 2 == half for half in (0, 1)]
    gain = sum(_gain(score, logs, y, weight, start, half) for half in halves)
    if gain <= 0:
        return start
    bags = max(1, min(n_bags, ROWS_PER_FIT // len(y)))
    if bags == 1:
        return _climb(score, logs, y, weight, start)
    draws = (weight * rng.poisson(1.0, len(y)) for _ in range(bags))
    return np.mean([_climb(score, logs, y, drawn, start) for drawn in draws], axis=0)


def _gain(
    score: Callable[[Array], Array],
    logs: Array,
    y: Array,
    weight: Array,
    start: Array,
    half: Array,
) -> float:
    """Return what weights fitted on a half gain on the other."""
    fitted = _climb(score, logs[half], y[half], weight[half], start)
    rest = ~half
    before, after = (
        score(
            confusion_table(
                y[rest], (logs[rest] + w).argmax(axis=1), weight[rest], len(w)
            )
        )
        for w in (start, fitted)
    )
    return float(after - before)


def _climb(
    score: Callable[[Array], Array], logs: Array, y: Array, weight: Array, start: Array
) -> Array:
    """Return log weights after moving one class at a time while the score rises."""
    log_weights, best = start.copy(), -np.inf
    race = Race(logs + log_weights)
    for _ in range(MAX_SWEEPS):
        before = best
        for k in range(logs.shape[1]):
            scores = _scores_of_shifts(score, race, y, weight, k)
            # of equal shifts the smallest, so that nothing moves without a reason
            shift = np.lexsort((np.abs(GRID), -scores))[0]
            if GRID[shift]:
                log_weights[k] += GRID[shift]
                race.move(k, logs[:, k] + log_weights[k])
            best = float(scores[shift])
        if best <= before + 1e-12:
            break
    return log_weights - log_weights.mean()


class Race:
    """Scores of the classes, and the first two of each row while single ones move.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Is changed by `move`.
    """

    def __init__(self, scores: Array):
        self.scores = scores
        self.first, self.second = _first_two(scores)

    def rivals(self, k: int) -> tuple[Array, Array]:
        """Return each row's best class but one, and how far that is ahead of it."""
        rival = np.where(self.first == k, self.second, self.first)
        return rival, self.scores[np.arange(len(rival)), rival] - self.scores[:, k]

    def move(self, k: int, scores: Array) -> None:
        """Give a class new scores; most rows keep their first two."""
        self.scores[:, k] = scores
        last = self.scores[np.arange(len(scores)), self.second]
        is_new = (self.first == k) | (self.second == k) | (scores >= last)
        rows = np.flatnonzero(is_new)
        self.first[rows], self.second[rows] = _first_two(self.scores[rows])


def _first_two(scores: Array) -> tuple[Array, Array]:
    """Return the classes of the highest and the second highest score of each row."""
    first, rest = scores.argmax(axis=1), scores.copy()
    rest[np.arange(len(rest)), first] = -np.inf
    return first, rest.argmax(axis=1)


def _scores_of_shifts(
    score: Callable[[Array], Array], race: Race, y: Array, weight: Array, k: int
) -> Array:
    """Return the metric with class k's log weight raised by each value of the grid."""
    n_classes = race.scores.shape[1]
    rival, needed = race.rivals(k)
    # row i goes to class k from grid position step[i] on
    step = np.searchsorted(GRID, needed)
    cells = (step * n_classes + y) * n_classes + rival
    size = (len(GRID) + 1) * n_classes**2
    table = np.bincount(cells, weights=weight, minlength=size)
    won = np.cumsum(table.reshape(-1, n_classes, n_classes), axis=0)
    tables = won[-1] - won[:-1]
    tables[:, :, k] += won[:-1].sum(axis=2)
    return score(tables)
