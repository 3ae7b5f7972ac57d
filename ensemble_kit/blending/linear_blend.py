"""Non-negative linear regression on the members' values."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.blending.blend_mixins import ValueBlendMixin
from ensemble_kit.blending.newton import minimize, plain_mean, prior_charge
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    mixture,
)
from ensemble_kit.parameter_limits import POSITIVE, Limits

Array = NDArray[Any]


class LinearBlend(ValueBlendMixin, BaseEstimator):
    """Add up the members' values with non-negative weights and an intercept.

    The weights need not sum to 1, so the blend also corrects members that are too
    timid or too bold. The same prior as in ``LogitBlend`` pulls towards the plain
    mean; the squared errors are counted in units of the mean blend's variance.

    Parameters
    ----------
    prior : float
        Strength of the pull towards equal weights, in rows per member. Above 0.
    max_iter : int
        Newton steps at most; a handful is usual.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        None negative, of any sum.
    intercept_ : float
    n_iter_ : int

    Examples
    --------
    >>> y = np.arange(100.0)
    >>> blend = LinearBlend().fit([y / 2], y)
    >>> blend.weights_.round(1).tolist()
    [2.0]
    """

    _parameter_constraints: ClassVar[Limits] = {
        "prior": [POSITIVE],
    }

    def __init__(self, prior: float = 1.0, max_iter: int = 50):
        self.prior = prior
        self.max_iter = max_iter

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "LinearBlend":
        """Find the weights and the intercept.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, 1), or list of arrays
            Out-of-fold values.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional
        """
        if not self.prior > 0:
            raise PipelineError(f"LinearBlend: prior is {self.prior}, expected above 0")
        rows = self._fitting_rows(X, y, sample_weight)
        if rows.classification:
            raise PipelineError(
                f"LinearBlend blends values, but the predictions have "
                f"{rows.n_outputs} outputs; LogitBlend is the one for classes"
            )
        problem = _SquaredLoss(rows, self.prior / len(rows.y))
        solution, self.n_iter_ = minimize(problem, self.max_iter)
        self.weights_ = solution[:-1]
        self.intercept_ = problem.intercept(solution)
        return self

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        return mixture(tensor, self.weights_) + self.intercept_


class _SquaredLoss:
    """Squared error in units of the mean blend's error, with the prior."""

    def __init__(self, rows: Rows, prior: float):
        values = rows.tensor[:, :, 0].astype(np.float64)
        residual = rows.y - values.mean(axis=1)
        self.scale = float(np.sqrt(rows.weight @ residual**2)) or 1.0
        self.center = rows.weight @ values
        self.y_center = float(rows.weight @ rows.y)
        self.prior = prior
        self.n_members = rows.n_members
        self.start = plain_mean(rows.n_members, 1)
        # a zero intercept is the mean blend's own bias, in units of its error
        design = np.column_stack([values - self.center, np.ones(len(values))])
        target = rows.y - self.y_center
        root = np.sqrt(rows.weight)[:, None] / self.scale
        design[:, :-1] *= root
        design[:, -1:] *= root * self.scale
        target = target * root[:, 0]
        self.gram = design.T @ design
        self.pull = design.T @ target
        self.square = float(target @ target)

    def __call__(self, theta: Array) -> tuple[float, Array, Array]:
        """Return the loss, its gradient and its Hessian."""
        loss, gradient, hessian = prior_charge(theta, self.n_members, self.prior)
        product = self.gram @ theta
        loss += 0.5 * float(theta @ product - 2 * self.pull @ theta + self.square)
        return loss, gradient + product - self.pull, hessian + self.gram

    def intercept(self, theta: Array) -> float:
        """Return the intercept in units of y."""
        return float(self.y_center + theta[-1] * self.scale - self.center @ theta[:-1])
