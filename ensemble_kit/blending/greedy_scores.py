"""Errors of a growing equal-weight ensemble, recomputed from what changed alone.

Every class here keeps the state of the ensemble (``restart``, ``add``) and answers
``errors(candidates)``: the error after adding each candidate, or infinity for one
that provably is not the best. The ensemble is a multiset of members; its
prediction is the mean.
"""

from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending.averages import SMALLEST
from ensemble_kit.blending.label_scores import (
    ArgmaxScores,
    OrderedScores,
    ThresholdScores,
)
from ensemble_kit.blending.smooth_scores import (
    AucScores,
    PointwiseScores,
    SquaredScores,
)
from ensemble_kit.decisions.class_weights import TABLE_METRICS
from ensemble_kit.decisions.confusion import counts_metric
from ensemble_kit.metrics import Metric
from ensemble_kit.metrics.costs import cost_of_table, costs_of
from ensemble_kit.oof.tensors import Rows, is_standard

Array = NDArray[Any]
CHUNK = 4096


class GreedyScores(Protocol):
    """What greedy selection asks of a metric."""

    def restart(self) -> None:
        """Empty the ensemble."""

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate; infinity if not the best."""

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""


class MetricScores:
    """Any metric, scored from scratch."""

    def __init__(self, rows: Rows, metric: Metric):
        self.rows = rows
        self.metric = metric
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.total = np.zeros((len(self.rows.y), self.rows.n_outputs))
        self.size = 0

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate."""
        return np.array([self._error(c) for c in candidates])

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        self.total += self.rows.tensor[:, member]
        self.size += 1

    def _error(self, member: int) -> float:
        mixture = (self.total + self.rows.tensor[:, member]) / (self.size + 1)
        weight = self.rows.weight * len(self.rows.y)
        return self.metric.error(self.rows.y, mixture, weight)


def true_class(rows: Rows) -> Array:
    """Return the members' probabilities of the true class, (n_members, n_rows)."""
    values = np.empty((rows.n_members, len(rows.y)))
    # some rows at a time stay in the processor's cache while they are turned
    for start in range(0, len(rows.y), CHUNK):
        part = slice(start, start + CHUNK)
        y = rows.y[part, None, None]
        values[:, part] = np.take_along_axis(rows.tensor[part], y, axis=2)[:, :, 0].T
    return np.maximum(values, SMALLEST, out=values)


def error_gram(rows: Rows) -> Array:
    """Return the weighted Gram matrix of the members' errors, (members, members).

    A blend with weights w of sum 1 has the mean squared error w' G w, summed over
    outputs (the Brier score for classes).
    """
    target = np.eye(rows.n_outputs)[rows.y] if rows.classification else rows.y[:, None]
    gram = np.zeros((rows.n_members, rows.n_members))
    for k in range(rows.n_outputs):
        errors = rows.tensor[:, :, k] - target[:, k : k + 1].astype(np.float64)
        errors *= np.sqrt(rows.weight)[:, None]
        gram += errors.T @ errors
    return gram


def greedy_scores(rows: Rows, metric: Metric) -> GreedyScores:
    """Return the fastest exact scores for a metric."""
    if is_standard(metric, "log_loss"):
        return _log_loss_scores(rows)
    if is_standard(metric, "mse", "rmse", "r2", "brier"):
        return SquaredScores(error_gram(rows))
    if is_standard(metric, "mae", "mape"):
        return _absolute_scores(rows, metric)
    if is_standard(metric, "auc", "gini"):
        return _auc_scores(rows, metric)
    return _label_scores(rows, metric)


def _log_loss_scores(rows: Rows) -> GreedyScores:
    """Return scores for log loss.

    With x = a D / M the curvature follows from -log(1 + x) >= -x + x^2 / 2 -
    max(x, 0)^3 / 3, where x is at most a (1 / M - 1).
    """
    weight = rows.weight

    def bend(mixture: Array, step: float) -> tuple[Array, Array]:
        inverse = 1 / mixture
        highest = np.maximum(step * (inverse - 1), 0)
        slope = weight * inverse
        return -slope, slope * inverse * np.maximum(0.5 - highest / 3, 0)

    return PointwiseScores(
        true_class(rows), lambda p: -float(weight @ np.log(p, out=p)), bend
    )


def _absolute_scores(rows: Rows, metric: Metric) -> GreedyScores:
    """Return scores for absolute errors, relative ones for mape."""
    weight, y = rows.weight, rows.y
    if metric.name == "mape":
        weight = weight / np.maximum(np.abs(y), np.finfo(np.float64).eps)
    return PointwiseScores(
        np.ascontiguousarray(rows.tensor[:, :, 0].T, dtype=np.float64),
        lambda value: float(weight @ np.abs(value - y)),
        lambda mixture, step: (weight * np.sign(mixture - y), None),
    )


def _auc_scores(rows: Rows, metric: Metric) -> GreedyScores:
    """Return AUC scores over the classes that have rows inside and outside."""
    seen = ranked_classes(rows)
    if not seen or rows.tensor.min() < 0:
        return MetricScores(rows, metric)
    columns = [rows.tensor[:, :, k] for k in seen]
    return AucScores(columns, [rows.y == k for k in seen], rows.weight)


def ranked_classes(rows: Rows) -> list[int]:
    """Return the classes an AUC is over: those with weight inside and outside."""
    share = np.bincount(rows.y, rows.weight, rows.n_outputs)
    several = int((share > 0).sum()) > 1
    classes = range(1 if rows.n_outputs == 2 else 0, rows.n_outputs)
    return [k for k in classes if several and share[k] > 0]


def _label_scores(rows: Rows, metric: Metric) -> GreedyScores:
    """Return scores for label metrics, or for anything else."""
    function = counts_metric(metric)
    if is_standard(metric, "accuracy", "f1_micro") or rows.n_outputs > 2:
        return _many_label_scores(rows, metric)
    if function is not None and rows.n_outputs == 2:
        return ThresholdScores(rows.tensor[:, :, 1], rows.y, rows.weight, function)
    return MetricScores(rows, metric)


def _many_label_scores(rows: Rows, metric: Metric) -> GreedyScores:
    """Return scores of labels of several classes."""
    costs = costs_of(metric.function)
    if costs is not None:
        # The least expected cost is the largest of what it is below zero.
        saved = -(rows.tensor @ costs)
        table = partial(cost_of_table, costs)
        return ArgmaxScores(saved, rows.y, rows.weight, table)
    if is_standard(metric, "quadratic_kappa"):
        return OrderedScores(rows.tensor, rows.y, rows.weight)
    if is_standard(metric, *TABLE_METRICS):
        table_score = TABLE_METRICS[metric.name]
        return ArgmaxScores(rows.tensor, rows.y, rows.weight, table_score)
    return MetricScores(rows, metric)
