"""A mean of ranks within the fitted rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.tensors import (
    Predictions,
)

Array = NDArray[Any]


class RankBlend(BlendMixin, BaseEstimator):
    """Average the members' ranks, for metrics that look at order alone.

    A prediction's rank is its place among the member's predictions seen in ``fit``
    (the mean of the shares below it and not above it, so that ties share a rank):
    the blend of a row never depends on which rows are predicted with it, nor on
    their order. The result does not change when a member is rescaled by any rising
    function.

    Probabilities that come out are ranks between 0 and 1, normalised: they sort
    rows and say nothing about frequencies. Values (regression) are mapped back
    through the members' mean quantiles.

    Parameters
    ----------
    weights : sequence of float, optional
        One non-negative weight per member; equal by default.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        Of sum 1.
    sorted_ : ndarray of shape (n_rows, n_members, n_outputs)
        The fitted predictions, sorted for each member and output.
    classes_ : ndarray
        The labels behind the columns, for classification.

    Examples
    --------
    >>> import numpy as np
    >>> small, large = np.array([.01, .02, .03, .04]), np.array([.2, .9, .7, .8])
    >>> members = [np.stack([1 - p, p], axis=1) for p in (small, large)]
    >>> blend = RankBlend().fit(members, [0, 1, 0, 1])
    >>> blend.predict_proba(members)[:, 1].tolist()
    [0.125, 0.625, 0.5, 0.75]
    """

    def __init__(self, weights: Sequence[float] | None = None):
        self.weights = weights

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "RankBlend":
        """Remember the members' distributions.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
            Class numbers or labels, or values.
        sample_weight : array-like of shape (n_rows,), optional
            Accepted for symmetry: ranks count rows.
        """
        rows = self._fitting_rows(X, y, sample_weight)
        given = np.ones(rows.n_members) if self.weights is None else self.weights
        weights = np.asarray(given, dtype=np.float64)
        if weights.shape != (rows.n_members,) or weights.min() < 0 or not weights.any():
            raise PipelineError(
                f"RankBlend: expected {rows.n_members} weights, none negative and "
                f"one positive; found {weights.tolist()}"
            )
        self.weights_ = weights / weights.sum()
        self.sorted_ = np.sort(rows.tensor, axis=0)
        return self

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        if self.n_outputs_ == 2:
            positive = self._mean_rank(tensor, 1)
            return np.stack([1 - positive, positive], axis=1)
        ranks = [self._mean_rank(tensor, k) for k in range(self.n_outputs_)]
        if self.n_outputs_ > 1:
            return np.stack(ranks, axis=1)
        return self._values(ranks[0])[:, None]

    def _mean_rank(self, tensor: Array, k: int) -> NDArray[np.float64]:
        """Return the weighted mean over members of ranks in one output."""
        total = np.zeros(len(tensor))
        for j, weight in enumerate(self.weights_):
            known, new = (
                self.sorted_[:, j, k],
                tensor[:, j, k].astype(self.sorted_.dtype),
            )
            below = np.searchsorted(known, new, side="left")
            not_above = np.searchsorted(known, new, side="right")
            total += weight * (below + not_above) / (2 * len(known))
        return total

    def _values(self, ranks: Array) -> NDArray[np.float64]:
        """Return the members' mean quantile at each rank."""
        quantiles = self.sorted_[:, :, 0] @ self.weights_
        middles = (np.arange(len(quantiles)) + 0.5) / len(quantiles)
        return np.interp(ranks, middles, quantiles)
