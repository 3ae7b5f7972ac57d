"""A blend by a fixed average, weighted or not."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.blending import averages
from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.exceptions import PipelineError, did_you_mean, problems
from ensemble_kit.oof.tensors import (
    Predictions,
)
from ensemble_kit.parameter_limits import Limits, between, one_of

AVERAGES: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "mean": averages.mean,
    "median": averages.median,
    "trimmed_mean": averages.trimmed_mean,
    "geometric": averages.geometric_mean,
    "logit": averages.logit_mean,
    "power": averages.power_mean,
    "mode": averages.mode,
}


class AverageBlend(BlendMixin, BaseEstimator):
    """Average the members' predictions in a way that learns nothing.

    Parameters
    ----------
    how : str
        "mean"; "median" and "trimmed_mean" stand single members gone wrong;
        "geometric" and "logit" average in the log and log-odds scale, which suits
        log loss; "power" favours confident members; "mode" counts votes. For
        regression: mean, median, trimmed_mean, and geometric and power on values
        that are not negative.
    weights : sequence of float, optional
        One non-negative weight per member; equal by default.
    trim : float
        Share of the weight that each tail loses ("trimmed_mean"), below 0.5.
    power : float
        Exponent ("power"); 0 is the geometric mean, 1 the mean.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        The weights, of sum 1.
    classes_ : ndarray
        The labels behind the columns, for classification.

    Examples
    --------
    >>> import numpy as np
    >>> members = [np.array([[.8, .2], [.4, .6]]), np.array([[.6, .4], [.2, .8]])]
    >>> AverageBlend().fit(members, [0, 1]).predict_proba(members).round(2).tolist()
    [[0.7, 0.3], [0.3, 0.7]]
    """

    _parameter_constraints: ClassVar[Limits] = {
        "how": [one_of(AVERAGES)],
        "trim": [between(0, 0.5, "left")],
    }

    def __init__(
        self,
        how: str = "mean",
        weights: Sequence[float] | None = None,
        trim: float = 0.2,
        power: float = 2.0,
    ):
        self.how = how
        self.weights = weights
        self.trim = trim
        self.power = power

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "AverageBlend":
        """Check the members and the weights.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
            Class numbers or labels, or values.
        sample_weight : array-like of shape (n_rows,), optional
            Accepted for symmetry: an average learns nothing from rows.
        """
        rows = self._fitting_rows(X, y, sample_weight)
        given = np.ones(rows.n_members) if self.weights is None else self.weights
        weights = np.asarray(given, dtype=np.float64)
        self._check(weights, rows.n_members, rows.classification)
        self.weights_ = weights / weights.sum()
        return self

    def _combine(self, tensor: NDArray[Any]) -> NDArray[np.float64]:
        if self.how == "trimmed_mean":
            return averages.trimmed_mean(tensor, self.weights_, self.trim)
        if self.how == "power":
            return averages.power_mean(tensor, self.weights_, self.power)
        return AVERAGES[self.how](tensor, self.weights_)

    def _check(self, weights: NDArray[Any], n_members: int, classes: bool) -> None:
        """Refuse unknown averages and weights that cannot be."""
        mistakes = []
        if self.how not in AVERAGES:
            hint = did_you_mean(self.how, AVERAGES)
            mistakes.append(f"how: unknown average {self.how!r}{hint}")
        if self.how in {"mode", "logit"} and not classes:
            mistakes.append(f"how: {self.how!r} averages probabilities, not values")
        if weights.shape != (n_members,):
            mistakes.append(f"weights: {weights.size} of them, {n_members} members")
        elif weights.min() < 0 or weights.sum() <= 0:
            mistakes.append("weights: expected none negative and one positive")
        if not 0 <= self.trim < 0.5:
            mistakes.append(f"trim: expected 0 <= trim < 0.5, found {self.trim}")
        if mistakes:
            raise PipelineError(problems("AverageBlend", mistakes))
