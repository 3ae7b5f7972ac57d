"""Newton steps for sums of members with positive weights and free intercepts."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending.simplex import nonnegative_quadratic

Array = NDArray[Any]


class Problem(Protocol):
    """A convex loss of members' weights followed by intercepts."""

    n_members: int
    start: Array

    def __call__(self, theta: Array) -> tuple[float, Array, Array]:
        """Return the loss, its gradient and its Hessian."""


def plain_mean(n_members: int, n_intercepts: int) -> Array:
    """Return the parameters of the members' mean."""
    return np.append(np.full(n_members, 1 / n_members), np.zeros(n_intercepts))


def prior_charge(
    theta: Array, n_members: int, strength: float
) -> tuple[float, Array, Array]:
    """Return the charge for leaving the plain mean, with its derivatives.

    A weight w of m members costs m w - 1 - log(m w) (a gamma prior with its mode at
    1 / m), an intercept half its square.
    """
    size, intercepts = len(theta), theta[n_members:]
    relative = theta[:n_members] * n_members
    charge = (relative - 1 - np.log(relative)).sum() + intercepts @ intercepts / 2
    slope, bend = strength * theta, np.zeros((size, size))
    slope[:n_members] = strength * (n_members * (1 - 1 / relative))
    diagonal = bend.reshape(-1)[:: size + 1]
    diagonal[:n_members] = strength * (n_members / relative) ** 2
    diagonal[n_members:] = strength
    return float(strength * charge), slope, bend


def minimize(
    problem: Problem, max_iter: int, tolerance: float = 1e-10
) -> tuple[Array, int]:
    """Return the minimum by Newton steps that keep the members' weights positive."""
    theta, n_members = problem.start, problem.n_members
    value = problem(theta)
    for iteration in range(1, max_iter + 1):
        loss, gradient, hessian = value
        move = _newton_goal(hessian, hessian @ theta - gradient, n_members) - theta
        promised = -float(gradient @ move)
        if promised <= tolerance * (1 + abs(loss)):
            return theta, iteration
        theta, value = _searched(problem, theta, move, loss - 1e-4 * promised)
    return theta, max_iter


def _searched(
    problem: Problem, theta: Array, move: Array, goal: float
) -> tuple[Array, tuple[float, Array, Array]]:
    """Return the farthest halving of a move that lowers the loss to the goal."""
    weights, shrink = theta[: problem.n_members], move[: problem.n_members]
    # a weight may lose nine tenths at once: its logarithm is in the prior
    step = min(1.0, 0.9 / max(float((-shrink / weights).max()), 0.9))
    value = problem(theta + step * move)
    while value[0] > goal and step > 1e-6:
        step /= 2
        value = problem(theta + step * move)
    return theta + step * move, value


def _newton_goal(hessian: Array, linear: Array, n_members: int) -> Array:
    """Return the minimum of a quadratic, its first n_members variables >= 0."""
    bound, free = slice(None, n_members), slice(n_members, None)
    # the free variables follow from the bound ones: eliminate them
    follow = np.linalg.solve(hessian[free, free], hessian[free, bound])
    alone = np.linalg.solve(hessian[free, free], linear[free])
    reduced = hessian[bound, bound] - hessian[bound, free] @ follow
    weights = nonnegative_quadratic(
        (reduced + reduced.T) / 2, linear[bound] - hessian[bound, free] @ alone
    )
    return np.concatenate([weights, alone - follow @ weights])
