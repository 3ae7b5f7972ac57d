"""Simplex weights by convex optimisation."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.blending.greedy_scores import error_gram, true_class
from ensemble_kit.blending.simplex import log_loss_weights, squared_weights
from ensemble_kit.blending.windows import contenders, weighted_by_window
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    is_standard,
    mixture,
    steering_metric,
)
from ensemble_kit.parameter_limits import NOT_NEGATIVE, Limits

Array = NDArray[Any]


class ConvexBlend(BlendMixin, BaseEstimator):
    """Weight the members so that log loss or squared error is the least possible.

    Parameters
    ----------
    metric : str or Metric, optional
        What counts. "brier" and every metric of values are served by squared
        error, all others by log loss: the convex stand-ins for ranking and label
        metrics.
    prior : float
        Strength, in rows per member, of the pull towards equal weights. 0 gives
        the exact optimum on the fitted rows; the default costs nothing on many
        rows and steadies few.
    tolerance : float
        Duality gap at which the optimisation of log loss stops.
    windows : bool
        Whether rows are of windows in time, of which ``fit`` is told by ``known``:
        windows whose models knew little count little, and members that are beaten by
        far in every window get no weight. Of few windows weights are hard to tell.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        Of sum 1, none negative.
    gap_ : float
        Certificate: the fitted objective (with its prior) is at most this far
        above the lowest possible.
    objective_ : {"log_loss", "squared_error"}
    classes_ : ndarray
        The labels behind the columns, for classification.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([0., 1., 2., 3.])
    >>> blend = ConvexBlend(prior=0.0).fit([y - 1, y + 3], y)
    >>> blend.weights_.round(6).tolist()
    [0.75, 0.25]
    """

    _parameter_constraints: ClassVar[Limits] = {
        "prior": [NOT_NEGATIVE],
    }

    def __init__(
        self,
        metric: str | Metric | None = None,
        prior: float = 1.0,
        tolerance: float = 1e-9,
        windows: bool = False,
    ):
        self.metric = metric
        self.prior = prior
        self.tolerance = tolerance
        self.windows = windows

    def fit(
        self,
        X: Predictions,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        known: ArrayLike | None = None,
    ) -> "ConvexBlend":
        """Find the weights.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
            Class numbers or labels, or values.
        sample_weight : array-like of shape (n_rows,), optional
        known : array-like of shape (n_rows,), optional
            How many rows the models that predicted each row were fitted on: rows of
            the same number are a window. Read where ``windows`` says so.
        """
        if self.prior < 0:
            raise PipelineError(f"ConvexBlend: prior is {self.prior}, expected >= 0")
        rows = self._fitting_rows(X, y, sample_weight)
        if self.windows and known is not None:
            return self._fit_windows(rows, np.asarray(known, dtype=np.float64))
        self.weights_, self.gap_ = self._solved(rows, self.prior / len(rows.y))
        return self

    def _fit_windows(self, rows: Rows, known: Array) -> "ConvexBlend":
        """Find the weights of the members that hold their own, zero those of others."""
        rows = weighted_by_window(rows, known)
        kept = contenders(rows, known)
        n_effective = 1 / float(rows.weight @ rows.weight)
        weights, self.gap_ = self._solved(
            replace(rows, tensor=rows.tensor[:, kept]), self.prior / n_effective
        )
        self.weights_ = np.zeros(rows.n_members)
        self.weights_[kept] = weights
        return self

    def _solved(self, rows: Rows, prior: float) -> tuple[Array, float]:
        """Return weights and their gap; the prior is a share of all rows' weight."""
        metric = steering_metric(self.metric, rows.n_outputs)
        squared = not rows.classification or is_standard(metric, "brier")
        self.objective_ = "squared_error" if squared else "log_loss"
        solve = self._squared_error if squared else self._log_loss
        return solve(rows, prior)

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        return mixture(tensor, self.weights_)

    def _log_loss(self, rows: Rows, prior: float) -> tuple[Array, float]:
        values = true_class(rows).T
        return log_loss_weights(values, rows.weight, prior, self.tolerance)

    def _squared_error(self, rows: Rows, prior: float) -> tuple[Array, float]:
        """Solve for the Gram matrix; the prior is a ridge towards equal weights."""
        gram = error_gram(rows)
        ridge = prior * len(gram) * np.median(np.diag(gram))
        return squared_weights(gram + ridge * np.eye(len(gram)))
