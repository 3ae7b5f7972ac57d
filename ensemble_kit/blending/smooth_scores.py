"""Errors of a growing ensemble by losses and by the AUC; see ``greedy_scores``."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.metrics.exact_auc import (
    auc_upper_bound,
    bins_for,
    exact_auc,
    weighted_auc,
)

Array = NDArray[Any]
TOLERANCE = 1e-12


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

    At the mixture M, and with D = P_j - M, convexity gives the bound

        loss(M + a D) >= loss(M) + a <slope, D> + a^2 <curvature, D^2>

    with any curvature that is low enough; a matrix-vector product or three compute
    it for all members at once.

    Parameters
    ----------
    values : ndarray of shape (n_members, n_rows)
    loss : callable
        The mean loss of a mixture, which it may overwrite.
    bend : callable
        Of a mixture and a: slope and curvature, row by row; None for no curvature.
    """

    def __init__(
        self,
        values: Array,
        loss: Callable[[Array], float],
        bend: Callable[[Array, float], tuple[Array, Array | None]],
    ):
        self.values = values
        self.loss = loss
        self.bend = bend
        self.buffer = np.empty(values.shape[1])
        self.restart()

    def restart(self) -> None:
        """Empty the ensemble."""
        self.total = np.zeros(self.values.shape[1])
        self.size = 0

    def errors(self, candidates: Array) -> Array:
        """Return the error after adding each candidate; infinity if not the best."""
        bounds = np.full(len(candidates), -np.inf)
        if self.size and len(candidates) > 1:
            bounds = self._lower_bounds()[candidates]
        return pruned_errors(bounds, lambda i: self._error(candidates[i]))

    def add(self, member: int) -> None:
        """Add a member to the ensemble."""
        self.total += self.values[member]
        self.size += 1

    def _error(self, member: int) -> float:
        np.add(self.total, self.values[member], out=self.buffer)
        self.buffer /= self.size + 1
        return self.loss(self.buffer)

    def _lower_bounds(self) -> Array:
        """Return the bound on the error after adding each member."""
        mixture, step = self.total / self.size, 1 / (self.size + 1)
        slope, curvature = self.bend(mixture, step)
        push = step * slope
        start = -(push @ mixture)
        if curvature is None:
            return start + self.values @ push + self.loss(mixture)
        drag = step**2 * curvature
        twist = drag * mixture
        start += twist @ mixture
        push -= 2 * twist
        steps = self.values @ push + self._squares @ drag
        return start + steps + self.loss(mixture)

    @cached_property
    def _squares(self) -> Array:
        return self.values**2


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
