"""A fitted stack's members on rows they were not fitted on: scores, labels, losses."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ensemble_kit.arrays import Array, Rows
from ensemble_kit.metrics import Metric
from ensemble_kit.metrics.jackknife import estimate, quick_scorer, row_parts
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.running.run import MemberResult
from ensemble_kit.tasks import Task

SMALLEST = 1e-15


@dataclass(frozen=True)
class ScoredMembers:
    """Out-of-fold predictions of the members of all levels beside the target.

    Parameters
    ----------
    matrix : OOFMatrix
    results : tuple of MemberResult
    y : ndarray of shape (n_rows,)
        Class numbers, or values in the scale of the fit.
    task : Task
    metric : Metric
        In that scale; with the groups of all rows where it goes by groups.
    used : ndarray of int
        The rows that were fitted, to which labels of the results belong.
    weights, groups : ndarray of shape (n_rows,), optional
    """

    matrix: OOFMatrix
    results: tuple[MemberResult, ...]
    y: Array
    task: Task
    metric: Metric
    used: Rows
    weights: Array | None = None
    groups: Array | None = None

    @cached_property
    def rows(self) -> Rows:
        """Return the rows that every member has predicted."""
        return np.flatnonzero(self.matrix.is_validated)

    def table(self) -> pd.DataFrame:
        """Return members by score, the best first, with 95 % intervals.

        From the delete-a-group jackknife (Kott 2001) over rows, or over groups.
        """
        rows, units = self.rows, self._units()
        parts = [rows[part] for part in row_parts(units[rows])]
        lines = []
        for result in self.results:
            value = self._score(result, rows)
            without = np.array([self._score(result, part) for part in parts])
            low, high = estimate(value, without, self.metric).interval or (np.nan,) * 2
            lines.append((result.name, result.level, value, low, high))
        columns = ["member", "level", "score", "low", "high"]
        table = pd.DataFrame(lines, columns=columns)
        up = self.metric.greater_is_better
        return table.sort_values("score", ascending=not up, ignore_index=True)

    def labels(self, name: str) -> Array:
        """Return the class numbers that a member's rows get out of fold."""
        result = next(each for each in self.results if each.name == name)
        if result.labels is None:
            return np.nan_to_num(self.matrix.member(name)[0]).argmax(axis=1)
        labels = np.zeros(len(self.y), dtype=np.int64)
        labels[self.used] = result.labels
        return labels

    def losses(self, name: str) -> Array:
        """Return a member's loss of each row, NaN where nobody has predicted it.

        Minus the logarithm of the own class's probability, or the absolute difference
        in the units of the target.
        """
        oof = self.matrix.member(name)[0]
        if not self.task.is_classification:
            return np.abs(self.task.restore(oof[:, 0]) - self.task.restore(self.y))
        own = oof[np.arange(len(oof)), self.y]
        return -np.log(np.maximum(own, SMALLEST))

    def _score(self, result: MemberResult, rows: Rows) -> float:
        metric = self.metric.at(rows)
        if result.labels is not None:
            labels = self.labels(result.name)[rows]
            return metric.score_labels(self.y[rows], labels)
        weight = None if self.weights is None else self.weights[rows]
        oof = self.matrix.member(result.name)[0]
        return quick_scorer(metric)(self.y[rows], oof[rows], weight)

    def _units(self) -> Array:
        if self.groups is None:
            return np.arange(len(self.y))
        return np.unique(self.groups, return_inverse=True)[1]
