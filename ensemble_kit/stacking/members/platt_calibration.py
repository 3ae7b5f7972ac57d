"""Platt's sigmoid of decision values, for any number of classes, by Newton steps.

The probability of class k is ``softmax(t * d + b)[k]``, as in
`ensemble_kit.models.calibration`. In the spirit of Platt (1999), "Probabilistic outputs
for support vector machines", no row is taken for certain: of decision values that part
the classes perfectly on a few rows one would conclude certainty of all others. Where he
counts the rows of a class, all rows are counted here, since ten classes have few each:
the n rows say together that PSEUDO_ROWS of them might be of another class.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.models.calibration import BIAS_PENALTY, Calibration

STEPS, TOLERANCE, LEAST_STEP = 50, 1e-7, 1e-6
LEAST_TEMPERATURE = 1e-6  # of decisions in units of their spread: it stays positive
LEAST_BEND = 1e-12  # of a temperature that changes nothing, all decisions being alike
PSEUDO_ROWS = 0.25

Array = NDArray[Any]


def fit_platt(
    decisions: NDArray[np.float64],
    codes: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> Calibration:
    """Return the calibration of least weighted log loss of the softened classes.

    Parameters
    ----------
    decisions : ndarray of shape (n_rows, n_classes)
        Of rows that the machine has not seen.
    codes : ndarray of int of shape (n_rows,)
    weights : ndarray of shape (n_rows,)
    """
    spread = max(float(decisions.std()), 1e-12)
    softened = _softened(codes, decisions.shape[1])
    loss = SoftenedLoss(decisions / spread, softened, weights / weights.sum())
    solution = _minimum(loss, np.append(1.0, np.zeros(decisions.shape[1])))
    return Calibration(float(solution[0]) / spread, solution[1:])


def _softened(codes: NDArray[np.int64], n_classes: int) -> Array:
    """Return what each row says of each class, of shape (n_rows, n_classes)."""
    doubt = PSEUDO_ROWS / (len(codes) + 1)
    softened = np.full((len(codes), n_classes), doubt / (n_classes - 1))
    softened[np.arange(len(codes)), codes] = 1 - doubt
    return softened


def _minimum(loss: "SoftenedLoss", theta: Array) -> Array:
    """Return where the loss is least, by Newton steps that lower it each time."""
    value, gradient, hessian = loss(theta)
    for _ in range(STEPS):
        room = theta[0] - LEAST_TEMPERATURE
        move = _newton_move(gradient, hessian, room)
        promised = -float(gradient @ move)
        if promised <= TOLERANCE:
            break
        step = min(1.0, room / -move[0]) if move[0] < 0 else 1.0
        found = loss(theta + step * move)
        while found[0] > value - 1e-4 * step * promised and step > LEAST_STEP:
            step /= 2
            found = loss(theta + step * move)
        theta, (value, gradient, hessian) = theta + step * move, found
    return theta


def _newton_move(gradient: Array, hessian: Array, room: float) -> Array:
    """Return the Newton step; of the biases alone where the temperature has no room."""
    move = -np.linalg.solve(hessian, gradient)
    if move[0] < 0 and room < LEAST_STEP * LEAST_TEMPERATURE:
        move[0] = 0.0
        move[1:] = -np.linalg.solve(hessian[1:, 1:], gradient[1:])
    return move


class SoftenedLoss:
    """Log loss by one temperature and a bias per class, with its derivatives.

    Parameters
    ----------
    decisions, softened : ndarray of shape (n_rows, n_classes)
    shares : ndarray of shape (n_rows,)
        Weights of sum 1.
    """

    def __init__(self, decisions: Array, softened: Array, shares: Array):
        self.decisions = decisions
        self.softened = softened
        self.shares = shares

    def __call__(self, theta: Array) -> tuple[float, Array, Array]:
        """Return the loss, its gradient and its Hessian."""
        decisions, bias = self.decisions, theta[1:]
        scores = theta[0] * decisions + bias
        scores -= scores.max(axis=1, keepdims=True)
        chance = np.exp(scores)
        sums = chance.sum(axis=1, keepdims=True)
        chance /= sums
        scores *= self.softened
        rows = np.log(sums[:, 0]) - scores.sum(axis=1)
        loss = float(self.shares @ rows) + BIAS_PENALTY * float(bias @ bias)
        weighed = chance * self.shares[:, None]
        wrong = (chance - self.softened) * self.shares[:, None]
        gradient = np.empty(len(theta))
        gradient[0] = np.vdot(wrong, decisions)
        gradient[1:] = wrong.sum(axis=0) + 2 * BIAS_PENALTY * bias
        return loss, gradient, _bend(decisions, chance, weighed)


def _bend(decisions: Array, chance: Array, weighed: Array) -> Array:
    """Return the Hessian of the softmax log loss, with the penalty of biases."""
    apart = decisions - (chance * decisions).sum(axis=1, keepdims=True)
    apart *= weighed
    hessian = np.empty((len(chance[0]) + 1,) * 2)
    hessian[0, 0] = np.vdot(apart, decisions) + LEAST_BEND
    hessian[0, 1:] = hessian[1:, 0] = apart.sum(axis=0)
    inner = -(chance.T @ weighed)
    inner.flat[:: len(inner) + 1] += weighed.sum(axis=0) + 2 * BIAS_PENALTY
    hessian[1:, 1:] = inner
    return hessian
