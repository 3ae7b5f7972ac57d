"""Members' scores on any rows, with intervals: the run's own metric, nothing else."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.arrays import Rows
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.metrics.jackknife import (
    MANY_ROWS,
    Estimate,
    auc_without_parts,
    estimate,
    part_of_rows,
    scores_without_parts,
)
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run import Run
from ensemble_kit.splitting.fold_noise import widening

SMALLEST = 1e-15


class ScoredRows:
    """The out-of-fold predictions of a run, scored on any of the rows.

    Intervals are from the delete-a-group jackknife (Kott 2001): the score is taken
    again with each of 20 parts of the rows left out. Rows of one group are never
    parted. It needs 20 calls of the metric, whatever the metric is. In runs of more
    than 200,000 rows each part is scored alone, see `scores_without_parts`. Intervals
    are wider for what folds have in common, see `widening`.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run):
        self.run = run
        self.competition = run.competition
        self.y = run.competition.y
        self.metric: Metric = working_metric(run.competition)

    @cached_property
    def rows(self) -> Rows:
        """Return the rows that the leaderboard's scores are of."""
        seen = self.run.matrix.is_validated
        if not seen.any():
            seen = np.asarray(np.isfinite(self.oof(self.run.chosen)).all(axis=1))
        return np.flatnonzero(seen)

    def oof(self, name: str) -> NDArray[np.float64]:
        """Return a member's out-of-fold predictions of all rows."""
        return self.run.matrix.member(name)[0]

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Return the labels that the submitted member's rows get out of fold."""
        labels = self.run.result(self.run.chosen).labels
        if labels is not None:
            return labels
        return np.nan_to_num(self.oof(self.run.chosen)).argmax(axis=1)

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Return the submitted member's loss of each row, NaN where it has none.

        Minus the logarithm of the own class's probability, or the absolute
        difference in the target's own units.
        """
        task, oof = self.competition.task, self.oof(self.run.chosen)
        if not task.is_classification:
            return np.abs(task.restore(oof[:, 0]) - task.restore(self.y))
        own = oof[np.arange(len(oof)), self.y]
        return -np.log(np.maximum(own, SMALLEST))

    def score(self, name: str, rows: Rows) -> float:
        """Return a member's score on some rows; NaN where it has none."""
        labels, metric = self.run.result(name).labels, self.metric.at(rows)
        if labels is not None:
            return metric.score_labels(self.y[rows], labels[rows])
        weights = self.competition.weights
        weight = None if weights is None else weights[rows]
        return metric(self.y[rows], self.oof(name)[rows], weight)

    def estimate(self, name: str, rows: Rows | None = None) -> Estimate:
        """Return a member's score with its interval."""
        if rows is None:
            rows, without = self.rows, self.all_parts(name)
        else:
            without = self._without_parts(name, rows)
        wider = widening(self.run.folds, len(rows), is_paired=False)
        return estimate(self.score(name, rows), without, self.metric, wider)

    def gain(self, name: str, other: str) -> Estimate:
        """Return how much better one member scores than another, on the same rows.

        Positive is better, whatever the metric's direction.
        """
        sign = 1.0 if self.metric.greater_is_better else -1.0
        value = self.score(name, self.rows) - self.score(other, self.rows)
        parts = self.all_parts(name) - self.all_parts(other)
        return self.difference(sign * value, sign * parts)

    def difference(self, value: float, without: NDArray[np.float64]) -> Estimate:
        """Return a difference of two scores of all the rows, with its interval.

        Parameters
        ----------
        value : float
        without : ndarray of shape (n_parts,)
            The same with each part of the rows left out.
        """
        wider = widening(self.run.folds, len(self.rows), is_paired=True)
        return estimate(value, without, widening=wider)

    def all_parts(self, name: str) -> NDArray[np.float64]:
        """Return a member's scores with each part of the rows left out."""
        if name not in self._known:
            self._known[name] = self._without_parts(name, self.rows)
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, NDArray[np.float64]]:
        return {}

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """Return for each row the number of what is never parted: itself or a group."""
        groups = self.competition.groups
        if groups is None:
            return np.arange(len(self.y))
        return pd.factorize(pd.Series(groups))[0].astype(np.int64)

    def _without_parts(self, name: str, rows: Rows) -> NDArray[np.float64]:
        if self.run.result(name).labels is not None:
            return scores_without_parts(
                lambda some: self.score(name, rows[some]),
                self._parts(rows),
                self._is_large,
            )
        return self.without_parts(self.metric, self.oof(name)[rows], rows)

    def without_parts(
        self, metric: Metric, predictions: NDArray[np.float64], rows: Rows
    ) -> NDArray[np.float64]:
        """Return scores of predictions of some rows, each part of them left out.

        They are a metric's own but for the last digits.
        """
        y, weights = self.y[rows], self.competition.weights
        parts = self._parts(rows)
        is_binary = predictions.shape[1] == 2
        if metric == METRICS["auc"] and weights is None and is_binary:
            return auc_without_parts(predictions[:, 1], y == 1, parts)

        def score(some: Rows) -> float:
            weight = None if weights is None else weights[rows[some]]
            return metric.at(rows[some])(y[some], predictions[some], weight)

        return scores_without_parts(score, parts, self._is_large)

    @property
    def _is_large(self) -> bool:
        """Return whether parts are scored alone, in parts of the rows too."""
        return len(self.y) > MANY_ROWS

    def _parts(self, rows: Rows) -> NDArray[np.int64]:
        """Return the part of each of some rows that is left out with it."""
        return self._all_parts if rows is self.rows else self._dealt(rows)

    @cached_property
    def _all_parts(self) -> NDArray[np.int64]:
        return self._dealt(self.rows)

    def _dealt(self, rows: Rows) -> NDArray[np.int64]:
        return part_of_rows(self.units[rows])


def written(value: float | None) -> str:
    """Return a score as the report writes it."""
    if value is None or not np.isfinite(value):
        return "unknown"
    return f"{value:,.1f}" if abs(value) >= 10_000 else f"{value:.5f}"


def between(estimate: Estimate) -> str:
    """Return an interval in words."""
    if estimate.interval is None:
        return "too few rows to tell an interval"
    low, high = estimate.interval
    return f"95 % interval {written(low)} to {written(high)}"


def ordered(names: Sequence[str], scores: ScoredRows) -> list[str]:
    """Return members by their score, best first."""
    sign = -1 if scores.metric.greater_is_better else 1
    return sorted(names, key=lambda n: (sign * scores.run.result(n).score, n))
