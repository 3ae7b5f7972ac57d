"""Errors of a growing equal-weight ensemble, recomputed from what changed alone.

Every class here keeps the state of the ensemble (``restart``, ``add``) and answers
``errors(candidates)``: the error after adding each candidate, or infinity for one
that provably is not the best. The ensemble is a multiset of members; its
prediction is the mean.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending.averages import SMALLEST
from ensemble_kit.blending.class_weights import TABLE_METRICS
from ensemble_kit.blending.confusion import counts_metric
from ensemble_kit.blending.exact_auc import (
    auc_upper_bound,
    bins_for,
    exact_auc,
    weighted_auc,
)
from ensemble_kit.blending.label_scores import (
    ArgmaxScores,
    OrderedScores,
    ThresholdScores,
)
from ensemble_kit.blending.tensors import Rows, is_standard
from ensemble_kit.metrics import Metric

Array = NDArray[Any]
TOLERANCE = 1e-12
LOOSE = 8


class GreedyScores(Protocol):
    """What greedy selection asks of a metric."""

    def restart(self) -> None:
        """Empty the ensemble."""

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate; infinity if not the best."""

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""


def pruned_errors(lower_bounds: Array, error: Callable[[int], float]) -> Array:
    """Return exact errors, infinity where the bound already exceeds the best."""
    errors = np.full(len(lower_bounds), np.inf)
    best = np.inf
    for i in np.argsort(lower_bounds, kind="stable"):
        if lower_bounds[i] > best + TOLERANCE * (1 + abs(best)):
            break
        errors[i] = error(int(i))
        best = min(best, errors[i])
    return errors


class PointwiseScores:
    """A mean over rows of a loss that is convex in one predicted number.

    Convexity gives the bound: the loss of any mixture is at least that of a tangent,
    loss(M) + <slope(M), mixture - M>, and one matrix-vector product has the tangent
    at M ready for all members. A tangent at an earlier M still bounds, so that a new
    one is laid only after a step whose bounds let too many candidates through.
    """

    def __init__(self, values: Array, loss: Any, slope: Any):
        self.values = values
        self.loss = loss
        self.slope = slope
        self.buffer = np.empty(values.shape[1])
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.total = np.zeros(self.values.shape[1])
        self.counts = np.zeros(len(self.values))
        self.tangents: list[tuple[float, Array]] = []
        self.is_loose = True

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate; infinity if not the best."""
        bounds = self._lower_bounds()[candidates]
        errors = pruned_errors(bounds, lambda i: self._error(candidates[i]))
        self.is_loose = int(np.isfinite(errors).sum()) > LOOSE
        return errors

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        self.total += self.values[member]
        self.counts[member] += 1

    def _error(self, member: int) -> float:
        np.add(self.total, self.values[member], out=self.buffer)
        self.buffer /= self.counts.sum() + 1
        return self.loss(self.buffer)

    def _lower_bounds(self) -> Array:
        """Return the highest tangent at each enlarged ensemble."""
        size = self.counts.sum()
        if size == 0:
            return np.full(len(self.values), -np.inf)
        if self.is_loose:
            mixture = self.total / size
            steepness = self.values @ self.slope(mixture)
            start = self.loss(mixture) - float(self.counts @ steepness) / size
            self.tangents = [*self.tangents[-2:], (start, steepness)]
        heights = [c + (self.counts @ q + q) / (size + 1) for c, q in self.tangents]
        return np.max(heights, axis=0)


class SquaredScores:
    """Mean squared error (or Brier score) from the members' Gram matrix of errors."""

    def __init__(self, gram: Array):
        self.gram = gram
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.product = np.zeros(len(self.gram))
        self.square = 0.0
        self.size = 0

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate."""
        squares = self.square + 2 * self.product + np.diag(self.gram)
        return squares[candidates] / (self.size + 1) ** 2

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        self.square += 2 * self.product[member] + self.gram[member, member]
        self.product += self.gram[member]
        self.size += 1


class AucScores:
    """One minus the exact AUC; histograms bound it from above, sorting settles it."""

    def __init__(self, columns: list[Array], positive: list[Array], weight: Array):
        self.columns = [np.ascontiguousarray(c.T, dtype=np.float64) for c in columns]
        self.positive = [p.astype(np.uint64) for p in positive]
        self.rows = [np.flatnonzero(p) for p in positive]
        self.weight = weight if np.ptp(weight) > 0 else None
        self.n_bins = bins_for(len(weight))
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.totals = [np.zeros(len(p)) for p in self.positive]
        self.size = 0

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate; infinity if not the best."""
        bounds = np.array([1 - self._mean(self._upper_bound, c) for c in candidates])
        return pruned_errors(
            bounds, lambda i: 1 - self._mean(self._exact, candidates[i])
        )

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        for total, columns in zip(self.totals, self.columns, strict=True):
            total += columns[member]
        self.size += 1

    def _mean(self, score: Callable[[int, Array], float], member: int) -> float:
        """Return the mean over classes of a score of the enlarged sums."""
        sums = (t + c[member] for t, c in zip(self.totals, self.columns, strict=True))
        return float(np.mean([score(k, s) for k, s in enumerate(sums)]))

    def _exact(self, k: int, scores: Array) -> float:
        if self.weight is None:
            return exact_auc(scores, self.positive[k])
        return weighted_auc(scores, self.positive[k], self.weight)

    def _upper_bound(self, k: int, scores: Array) -> float:
        last = self.n_bins - 1
        bins = (scores * (last / (self.size + 1))).astype(np.int32)
        np.minimum(bins, last, out=bins)
        rows, weight = self.rows[k], self.weight
        inside = None if weight is None else weight[rows]
        positives = np.bincount(bins[rows], inside, minlength=self.n_bins)
        return auc_upper_bound(positives, np.bincount(bins, weight, self.n_bins))


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
    everyone = np.arange(len(rows.y))
    for j in range(rows.n_members):
        values[j] = rows.tensor[everyone, j, rows.y]
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
    """Return scores for log loss; the loss may overwrite what it is given."""
    weight = rows.weight
    return PointwiseScores(
        true_class(rows),
        lambda p: -float(weight @ np.log(p, out=p)),
        lambda p: -weight / p,
    )


def _absolute_scores(rows: Rows, metric: Metric) -> GreedyScores:
    """Return scores for absolute errors, relative ones for mape."""
    weight, y = rows.weight, rows.y
    if metric.name == "mape":
        weight = weight / np.maximum(np.abs(y), np.finfo(np.float64).eps)
    return PointwiseScores(
        np.ascontiguousarray(rows.tensor[:, :, 0].T, dtype=np.float64),
        lambda value: float(weight @ np.abs(value - y)),
        lambda value: weight * np.sign(value - y),
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
    if is_standard(metric, "quadratic_kappa"):
        return OrderedScores(rows.tensor, rows.y, rows.weight)
    if is_standard(metric, *TABLE_METRICS):
        table_score = TABLE_METRICS[metric.name]
        return ArgmaxScores(rows.tensor, rows.y, rows.weight, table_score)
    return MetricScores(rows, metric)
