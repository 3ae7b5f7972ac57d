"""Convex fits over non-negative weights, each with a certificate of its optimum."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dtrtrs
from scipy.optimize import nnls

Array = NDArray[Any]
RIDGE = 1e-10
TINY = float(np.finfo(np.float64).tiny)
NO_ERROR = 1e-290  # of squares; what is divided by less is infinite


def nonnegative_quadratic(hessian: Array, linear: Array) -> Array:
    """Return the x >= 0 that minimises x' hessian x / 2 - linear' x.

    The Cholesky factor turns it into non-negative least squares (Lawson and Hanson
    1974). A ridge of 1e-10 of the mean eigenvalue makes it unique.
    """
    size = len(linear)
    scale = max(hessian.trace() / size, TINY)
    scaled = hessian / scale
    scaled.flat[:: size + 1] += RIDGE
    factor, failed = dpotrf(scaled, lower=True)
    if failed:
        raise np.linalg.LinAlgError("the Hessian of a blend is not positive definite")
    target, _ = dtrtrs(factor, linear / scale, lower=True)
    solution, _ = nnls(factor.T, target, maxiter=50 * size)
    return solution


def squared_weights(gram: Array) -> tuple[Array, float]:
    """Return the simplex weights of least w' gram w, and the duality gap.

    The gap bounds how far the error lies above the lowest possible one.
    """
    if gram.trace() <= NO_ERROR:
        return np.full(len(gram), 1 / len(gram)), 0.0  # nobody errs: all are best
    solution = nonnegative_quadratic(gram, np.ones(len(gram)))
    weights = solution / solution.sum()
    slope = 2 * gram @ weights
    return weights, float(weights @ slope - slope.min())


def log_loss_weights(
    values: Array,
    row_weight: Array,
    prior: float = 0.0,
    tolerance: float = 1e-9,
    max_iter: int = 100,
) -> tuple[Array, float]:
    """Return the simplex weights of least log loss, and the duality gap.

    Sequential quadratic programming on -mean log(P w) + sum(w) over w >= 0, whose
    minimum has sum 1 by itself (Kim et al. 2020, "A fast algorithm for maximum
    likelihood estimation of mixture proportions").

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_members)
        Positive probabilities of the true class.
    row_weight : ndarray of shape (n_rows,)
        Of sum 1.
    prior : float
        Weight of one made-up row per member that this member alone predicts, as a
        share of all rows' weight: it draws the weights together.
    tolerance, max_iter : float, int
        Stop at this duality gap, or after this many steps.
    """
    problem = _Mixture(values, row_weight, prior)
    weights = np.full(values.shape[1], 1 / values.shape[1])
    for _ in range(max_iter):
        pull, hessian = problem.pull_and_hessian(weights)
        gap = float(pull.max() - 1)
        if gap <= tolerance:
            break
        goal = nonnegative_quadratic(hessian, hessian @ weights + pull - 1)
        weights = problem.search(weights, goal)
    return weights, float(problem.pull_and_hessian(weights)[0].max() - 1)


class _Mixture:
    """Minus the mean log of a mixture, and its derivatives."""

    def __init__(self, values: Array, row_weight: Array, prior: float):
        total = 1 + prior * values.shape[1]
        self.values = values
        self.row_weight = row_weight / total
        self.prior = prior / total

    def loss(self, weights: Array) -> float:
        """Return the loss of weights of any sum, infinity outside the domain."""
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = -self.row_weight @ np.log(self.values @ weights) + weights.sum()
            if self.prior:
                loss -= self.prior * np.log(weights).sum()
        return float(loss) if np.isfinite(loss) else np.inf

    def pull_and_hessian(self, weights: Array) -> tuple[Array, Array]:
        """Return mean(P_j / P w) for each member, and the Hessian."""
        scaled = self.values / (self.values @ weights)[:, None]
        pull = self.row_weight @ scaled
        scaled *= np.sqrt(self.row_weight)[:, None]
        hessian = scaled.T @ scaled
        if self.prior:
            pull = pull + self.prior / weights
            hessian = hessian + np.diag(self.prior / weights**2)
        return pull, hessian

    def search(self, weights: Array, goal: Array) -> Array:
        """Return the point of sum 1 on the way to the goal that lowers the loss."""
        loss, step = self.loss(weights), 1.0
        # the last steps change the loss by less than its rounding
        slack = 1e-14 * (1 + abs(loss))
        while step > 1e-10:
            trial = weights + step * (goal - weights)
            if self.loss(trial) <= loss + slack:
                return trial / trial.sum()
            step /= 2
        return weights
