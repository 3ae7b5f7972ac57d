"""Simplex weights for each class on its own."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.blending.averages import SMALLEST
from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.blending.simplex import log_loss_weights
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
)

Array = NDArray[Any]


class PerClassBlend(BlendMixin, BaseEstimator):
    """Weight the members separately for every class, one against the rest.

    Worth it where members are good at different classes and every class has many
    rows; with two classes it equals ``ConvexBlend``.

    Parameters
    ----------
    prior : float
        Strength, in rows per member, of the pull towards equal weights.
    tolerance : float
        Duality gap at which the optimisation stops.

    Attributes
    ----------
    class_weights_ : ndarray of shape (n_members, n_classes)
        Each column of sum 1.
    weights_ : ndarray of shape (n_members,)
        Their mean over the classes.
    gap_ : float
        The largest duality gap of a class.
    classes_ : ndarray
    """

    def __init__(self, prior: float = 1.0, tolerance: float = 1e-9):
        self.prior = prior
        self.tolerance = tolerance

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "PerClassBlend":
        """Find the weights of every class.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_classes), or list of arrays
            Out-of-fold probabilities.
        y : array-like of shape (n_rows,)
            Class numbers or labels.
        sample_weight : array-like of shape (n_rows,), optional
        """
        rows = self._fitting_rows(X, y, sample_weight)
        if not rows.classification:
            raise PipelineError("PerClassBlend blends probabilities, not values")
        by_class = [self._class_weights(rows, k) for k in range(rows.n_outputs)]
        self.class_weights_ = np.stack([weights for weights, _ in by_class], axis=1)
        self.weights_ = self.class_weights_.mean(axis=1)
        self.gap_ = max(gap for _, gap in by_class)
        return self

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        return np.einsum("rmk,mk->rk", tensor, self.class_weights_, dtype=np.float64)

    def _class_weights(self, rows: Rows, k: int) -> tuple[Array, float]:
        """Return the weights of least log loss for one class against the rest."""
        inside = rows.tensor[:, :, k].astype(np.float64)
        true = np.where((rows.y == k)[:, None], inside, 1 - inside)
        return log_loss_weights(
            np.maximum(true, SMALLEST),
            rows.weight,
            self.prior / len(rows.y),
            self.tolerance,
        )
