"""Multiplicative class weights before the argmax, fitted to a label metric."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.decisions.class_race import Race, Totals
from ensemble_kit.decisions.confusion import confusion_table

Array = NDArray[Any]
GRID = np.linspace(-2.0, 2.0, 41)
BY_SIZE = np.argsort(np.abs(GRID), kind="stable")
MAX_SWEEPS = 5
ROWS_PER_FIT = 30_000


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=below > 0)


def _accuracy(rows: Totals) -> Array:
    return rows.hit.sum(axis=-1) / rows.total


def _balanced_accuracy(rows: Totals) -> Array:
    return _ratio(rows.hit, rows.true).sum(axis=-1) / (rows.true > 0).sum(axis=-1)


def _f1(rows: Totals) -> Array:
    """Return the F1 of each class."""
    return _ratio(2 * rows.hit, rows.true + rows.called)


def _f1_macro(rows: Totals) -> Array:
    present = (rows.true + rows.called) > 0
    return _f1(rows).sum(axis=-1) / present.sum(axis=-1)


def _f1_weighted(rows: Totals) -> Array:
    return (_f1(rows) * rows.true).sum(axis=-1) / rows.true.sum(axis=-1)


def _mcc(rows: Totals) -> Array:
    """Return Gorodkin's (2004) correlation of several classes."""
    true, called = rows.true, rows.called
    total, hit = true.sum(axis=-1), rows.hit.sum(axis=-1)
    spread = (total**2 - (true**2).sum(axis=-1)) * (total**2 - (called**2).sum(axis=-1))
    return _ratio(hit * total - (true * called).sum(axis=-1), np.sqrt(spread))


TotalsMetric = Callable[[Totals], Array]
TOTALS_METRICS: dict[str, TotalsMetric] = {
    "accuracy": _accuracy,
    "f1_micro": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "mcc": _mcc,
}


def score_of_table(score: TotalsMetric, table: Array) -> Array:
    """Return a metric of confusion tables, (..., true, called)."""
    hit = np.diagonal(table, axis1=-2, axis2=-1)
    called, true = table.sum(axis=-2), table.sum(axis=-1)
    return score(Totals(hit, true, called, table.sum(axis=(-2, -1))))


TABLE_METRICS: dict[str, Callable[[Array], Array]] = {
    name: partial(score_of_table, score) for name, score in TOTALS_METRICS.items()
}


@dataclass(frozen=True, eq=False)
class ClassWeights:
    """A search for log weights of the classes, from where it starts.

    Parameters
    ----------
    score : callable
        A metric of `Totals`, greater is better.
    logs : ndarray of shape (n_rows, n_classes)
        Log probabilities.
    y : ndarray of int of shape (n_rows,)
    weight : ndarray of shape (n_rows,)
    start : ndarray of shape (n_classes,)
        Log weights to start from and to fall back on.
    """

    score: TotalsMetric
    logs: Array
    y: Array
    weight: Array
    start: Array

    def best(self, n_bags: int, rng: np.random.RandomState) -> Array:
        """Return log weights, the mean over bootstrap samples.

        They are kept only if weights fitted on one half of the rows beat the start on
        the other half, on average over both halves.
        """
        if self._gain <= 0:
            return self.start
        bags = max(1, min(n_bags, ROWS_PER_FIT // len(self.y)))
        if bags == 1:
            return self._of_all_rows
        draws = (self.weight * rng.poisson(1.0, len(self.y)) for _ in range(bags))
        return np.mean([self._climb(drawn) for drawn in draws], axis=0)

    @cached_property
    def _gain(self) -> float:
        """Return what weights of each half gain on the other."""
        halves = [np.arange(len(self.y)) % 2 == half for half in (0, 1)]
        return sum(self._gain_elsewhere(half) for half in halves)

    @cached_property
    def _of_all_rows(self) -> Array:
        return self._climb(self.weight)

    def _gain_elsewhere(self, half: Array) -> float:
        """Return what weights of some rows gain on the others."""
        fitted, rest = self._of(half)._of_all_rows, self._of(~half)
        return rest._scored(fitted) - rest._scored(self.start)

    def _of(self, rows: Array) -> "ClassWeights":
        """Return the same search among some rows."""
        logs, y, weight = self.logs[rows], self.y[rows], self.weight[rows]
        return ClassWeights(self.score, logs, y, weight, self.start)

    def _scored(self, log_weights: Array) -> float:
        labels = (self.logs + log_weights).argmax(axis=1)
        table = confusion_table(self.y, labels, self.weight, len(log_weights))
        return float(score_of_table(self.score, table))

    def _climb(self, weight: Array) -> Array:
        """Return log weights after moving one class at a time while the score rises."""
        log_weights, best, n_still = self.start.copy(), -np.inf, 0
        race = Race(self.logs + log_weights, self.y, weight)
        for _ in range(MAX_SWEEPS):
            before = best
            for k in range(len(log_weights)):
                shift, best = self._best_shift(race, k)
                n_still = 0 if shift else n_still + 1
                if shift:
                    log_weights[k] += shift
                    race.move(k, self.logs[:, k] + log_weights[k])
                elif n_still == len(log_weights):
                    break  # all have been asked since the last one moved
            if best <= before + 1e-12 or n_still == len(log_weights):
                break
        return log_weights - log_weights.mean()

    def _best_shift(self, race: Race, k: int) -> tuple[float, float]:
        """Return how far to move a class, and the score then.

        Of equal shifts the smallest, so that nothing moves without a reason.
        """
        scores = self.score(race.totals(k, GRID))
        at = BY_SIZE[scores[BY_SIZE].argmax()]
        return float(GRID[at]), float(scores[at])
