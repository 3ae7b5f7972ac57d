"""Which members a blend can spare: backward elimination within the noise of the folds.

A blend of all candidates is fitted anew without each of them in turn, on rows of the
other folds, and the one that is missed least is left out, as long as what is lost
beside the submitted predictions stays within so many standard errors. Of many, the half
with less weight goes at once where that may be; of the last few, each may make way for
one that has gone. All are scored on the same splits, so that the noise is that of
paired differences, which counts that splits share training rows (Nadeau and Bengio
2003; see `standard_error`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import has_fit_parameter

from ensemble_kit.blending.guard import held_errors
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.canonical_fit import fit
from ensemble_kit.oof.tensors import prepared_rows
from ensemble_kit.splitting.fold_noise import standard_error

Array = NDArray[Any]
MANY = 8  # candidates: with more, half of them are tried to be left out at once
FEW = 4  # candidates: with so many or less, others are tried in the place of each
MOST_TRIED = 5  # of those with the least weight, for each that is left out
ROUNDING = 1e-9  # of the error: less than this is no loss


@dataclass(frozen=True)
class Loss:
    """How much worse some predictions are than the submitted ones, on the same rows.

    Parameters
    ----------
    values, noise, rounding : ndarray of shape (2,)
        The mean difference of errors over splits, its standard error, and what is no
        difference: of the metric, and of log loss where the metric takes labels, which
        flip by chance; else the same twice.
    """

    values: NDArray[np.float64]
    noise: NDArray[np.float64]
    rounding: NDArray[np.float64]

    @property
    def value(self) -> float:
        """Return the difference in the metric's units; above 0 is worse."""
        return float(self.values[0])

    @property
    def standard_error(self) -> float:
        """Return the standard error of that difference."""
        return float(self.noise[0])

    @property
    def rank(self) -> float:
        """Return what losses are put in order by: the one without jumps."""
        return float(self.values[1])

    def is_within(self, n_errors: float) -> bool:
        """Return whether nothing is lost but so many standard errors."""
        return bool(self._within(n_errors).all())

    def are_labels_within(self, n_errors: float) -> bool:
        """Return whether that holds of the metric, whatever log loss says."""
        return bool(self._within(n_errors)[0])

    def _within(self, n_errors: float) -> NDArray[np.bool_]:
        return np.asarray(self.values <= n_errors * self.noise + self.rounding)


@dataclass(frozen=True)
class Judge:
    """What blends of some candidates lose beside predictions that were submitted.

    Parameters
    ----------
    blend : unfitted blend
    tensor : ndarray of shape (n_rows, n_candidates, n_outputs)
        Out-of-fold predictions of the candidates.
    submitted : ndarray of shape (n_rows, n_outputs)
        Those of the submitted member, of rows it was not fitted on.
    y : ndarray of shape (n_rows,)
        Class numbers or values, as they are fitted.
    metric : Metric
        In the scale of y.
    splits : sequence of (train rows, valid rows)
    weight : ndarray of shape (n_rows,), optional
    known : ndarray of shape (n_rows,), optional
        For a blend that goes by windows in time; see `Folds.known`.
    """

    blend: BaseEstimator
    tensor: NDArray[np.float64]
    submitted: NDArray[np.float64]
    y: Array
    metric: Metric
    splits: Sequence[tuple[Array, Array]]
    weight: Array | None = None
    known: Array | None = None

    def loss(self, places: Sequence[int]) -> Loss:
        """Return what a blend of some candidates, by their places, loses."""
        errors = self._errors(self.blend, places)
        gaps = errors - self._submitted_errors
        noise = np.asarray(standard_error(gaps, self.splits))
        rounding = ROUNDING * np.abs(self._submitted_errors).mean(axis=0)
        return Loss(gaps.mean(axis=0), noise, rounding)

    def judged(self, places: Sequence[int]) -> "Pruned":
        """Return some candidates, in their order, and what their blend loses."""
        ordered = tuple(sorted(places))
        return Pruned(ordered, self.loss(ordered))

    def by_weight(self, places: Sequence[int]) -> list[int]:
        """Return candidates by their weight in a blend, the least first.

        Empty where it has no weights, or the same for all.
        """
        blend = clone(self.blend)
        weight = self.weight if has_fit_parameter(blend, "sample_weight") else None
        told = {} if self.known is None else {"known": self.known}
        fit(blend, self.tensor[:, list(places)], self.y, weight, told)
        weights = np.abs(np.asarray(getattr(blend, "weights_", ())))
        if weights.shape != (len(places),) or np.ptp(weights) == 0:
            return []
        order = np.lexsort((-np.asarray(places), weights))
        return [places[at] for at in order]

    @cached_property
    def _submitted_errors(self) -> NDArray[np.float64]:
        every = range(self.tensor.shape[1])
        return self._errors(self.submitted, list(every))

    def _errors(
        self, candidate: BaseEstimator | Array, places: Sequence[int]
    ) -> NDArray[np.float64]:
        """Return the errors of a candidate on each split, of shape (n_splits, 2)."""
        rows = prepared_rows(self.tensor, self.y)
        part = rows.tensor[:, list(places)]
        rows = replace(rows, tensor=part, known=self.known)
        parts = (candidate, rows, self.weight, self.metric)
        return np.array([held_errors(*parts, *split) for split in self.splits])


@dataclass(frozen=True)
class Pruned:
    """The candidates that stay, by their places, and what their blend loses."""

    places: tuple[int, ...]
    loss: Loss


def prune(judge: Judge, start: Sequence[int], within: float) -> Pruned | None:
    """Return the fewest candidates that backward elimination comes to.

    Parameters
    ----------
    judge : Judge
    start : sequence of int
        The places of the candidates it begins with.
    within : float
        How many standard errors may be lost beside what was submitted.

    Returns
    -------
    Pruned, or None where even the blend of all loses more.
    """
    elimination = _Elimination(judge, tuple(start), within)
    pruned = judge.judged(start)
    if not pruned.loss.is_within(within):
        return None
    for step in (elimination.without_half, elimination.without_one):
        while (smaller := step(pruned.places)) is not None:
            if not smaller.loss.is_within(within):
                break
            pruned = smaller
    return pruned


@dataclass(frozen=True)
class _Elimination:
    """The steps of an elimination, each of which names the best that it finds.

    Whether that may stay alone is asked afterwards: another of as many members may be
    within noise for being more noisy alone.
    """

    judge: Judge
    start: tuple[int, ...]
    within: float

    def without_half(self, places: Sequence[int]) -> Pruned | None:
        """Return the half with more weight, where there are many."""
        order = self.judge.by_weight(places) if len(places) > MANY else []
        if not order:
            return None
        return self.judge.judged(order[len(order) // 2 :])

    def without_one(self, places: Sequence[int]) -> Pruned | None:
        """Return the best of one candidate less."""
        if len(places) < 2:
            return None
        order = self.judge.by_weight(places)
        tried = [
            self.judge.judged([other for other in places if other != place])
            for place in order[:MOST_TRIED] or places
        ]
        return self._exchanged(min(tried, key=self._rank))

    def _exchanged(self, pruned: Pruned) -> Pruned:
        """Return as many candidates, where they are few, that are better than these.

        One of them makes way for one that has gone, as long as that helps: which goes
        first is told beside many others, and which is best alone is not.
        """
        if len(pruned.places) > FEW:
            return pruned
        tried = [
            self.judge.judged([*(p for p in pruned.places if p != out), back])
            for out in pruned.places
            for back in self.start
            if back not in pruned.places
        ]
        best = min(tried, key=self._rank, default=pruned)
        if self._rank(best) >= self._rank(pruned):
            return pruned
        return self._exchanged(best)

    def _rank(self, pruned: Pruned) -> tuple[bool, float]:
        """Return what puts as many candidates in order.

        Of labels, which flip by chance, only that they are not worse by more than
        noise; what is left open by that is settled without jumps.
        """
        has_labels = self.judge.metric.consumes == "label"
        flips = has_labels and not pruned.loss.are_labels_within(self.within)
        return flips, pruned.loss.rank
