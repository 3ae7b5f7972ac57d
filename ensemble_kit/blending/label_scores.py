"""Errors of a growing ensemble by metrics of labels; see ``greedy_scores``."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.decisions.confusion import CountsMetric, confusion_table, scores_above
from ensemble_kit.decisions.decision import expected_class

Array = NDArray[Any]
N_THRESHOLDS = 256


class ThresholdScores:
    """A binary metric at its best threshold, read from a histogram."""

    def __init__(self, values: Array, y: Array, weight: Array, function: CountsMetric):
        self.values = np.ascontiguousarray(values.T, dtype=np.float64)
        self.y = y
        self.weight = weight
        self.function = function
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.total = np.zeros(len(self.y))
        self.size = 0

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate."""
        return np.array([1 - self._score(c) for c in candidates])

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        self.total += self.values[member]
        self.size += 1

    def _score(self, member: int) -> float:
        positive = (self.total + self.values[member]) / (self.size + 1)
        return threshold_score(self.function, positive, self.y, self.weight)


def threshold_score(
    function: CountsMetric, positive: Array, y: Array, weight: Array
) -> float:
    """Return a metric of (tp, fp, fn, tn) at the best of 255 thresholds."""
    n = N_THRESHOLDS
    bins = np.clip((positive * n).astype(np.int64), 0, n - 1)
    counts = np.bincount(bins + n * y, weights=weight, minlength=2 * n)
    return float(scores_above(function, counts[n:], counts[:n]).max())


class ArgmaxScores:
    """A metric of the likeliest classes; only rows whose winner can change move."""

    def __init__(
        self, tensor: Array, y: Array, weight: Array, score: Callable[[Array], Array]
    ):
        self.tensor = np.ascontiguousarray(np.moveaxis(tensor, 1, 0), np.float64)
        self.y = y
        self.weight = weight
        self.score = score
        # how far one member can move the gap between two classes
        self.reach = float(np.ptp(self.tensor, axis=2).max()) + 1e-12
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.total = np.zeros(self.tensor.shape[1:])

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate."""
        top_two = np.partition(self.total, -2, axis=1)[:, -2:]
        is_open = top_two[:, 1] - top_two[:, 0] <= self.reach
        rows, settled = np.flatnonzero(is_open), np.flatnonzero(~is_open)
        fixed = self._table(self.total[settled], settled)
        sums = (self.total[rows] + self.tensor[c, rows] for c in candidates)
        return np.array([1 - self.score(fixed + self._table(s, rows)) for s in sums])

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        self.total += self.tensor[member]

    def _table(self, scores: Array, rows: Array) -> Array:
        """Return the confusion table (true, called) of some rows."""
        return confusion_table(
            self.y[rows], scores.argmax(axis=1), self.weight[rows], scores.shape[1]
        )


class OrderedScores:
    """Quadratic kappa of the expected class, cut where classes keep their share."""

    def __init__(self, tensor: Array, y: Array, weight: Array):
        members = np.moveaxis(tensor, 1, 0)
        self.values = np.stack([expected_class(m.astype(np.float64)) for m in members])
        self.y = y
        self.weight = weight
        self.n_classes = tensor.shape[2]
        counts = np.bincount(y, minlength=self.n_classes)
        self.places = np.clip(np.cumsum(counts)[:-1], 0, len(y) - 1)
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.total = np.zeros(len(self.y))

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate."""
        return np.array([self._error(self.total + self.values[c]) for c in candidates])

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        self.total += self.values[member]

    def _error(self, expected: Array) -> float:
        cuts = np.partition(expected, np.unique(self.places))[self.places]
        labels = np.searchsorted(cuts, expected, side="right")
        table = confusion_table(self.y, labels, self.weight, self.n_classes)
        steps = np.arange(self.n_classes)
        distance = np.subtract.outer(steps, steps) ** 2
        chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        most = float((distance * chance).sum())
        return float((distance * table).sum()) / most if most > 0 else 0.0
