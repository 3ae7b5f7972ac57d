"""Non-negative logistic regression on the members' log odds."""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.blending.newton import minimize, plain_mean, prior_charge
from ensemble_kit.exceptions import PipelineError, problems
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
)
from ensemble_kit.parameter_limits import POSITIVE, Limits, between

Array = NDArray[Any]
CHUNK = 8192


class LogitBlend(BlendMixin, BaseEstimator):
    """Add up the members' log odds with non-negative weights, fitted by log loss.

    One weight per member, shared by all classes, and one intercept per class. The
    weights need not sum to 1, so the blend also corrects members that are too sure
    or too shy. A prior pulls towards the plain mean of log odds: weakly on a member
    that is needed more or less than others, strongly on members much alike.

    Parameters
    ----------
    prior : float
        Strength of that pull, in rows per member: the weight w of each of m members
        is charged m w - 1 - log(m w) this many times (a gamma prior with its mode
        at 1 / m), and half of each squared intercept. Above 0.
    clip : float
        Probabilities are kept this far from 0 before the logarithm.
    max_iter : int
        Newton steps at most; a handful is usual.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        None negative, of any sum.
    intercept_ : ndarray of shape (n_classes - 1,)
        Of the classes after the first, against the first.
    n_iter_ : int
    classes_ : ndarray
        The labels behind the columns.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(size=1000)
    >>> y = (rng.uniform(size=1000) < p).astype(int)
    >>> blend = LogitBlend().fit([np.stack([1 - p, p], axis=1)], y)
    >>> bool(0.85 < blend.weights_[0] < 1.15)
    True
    """

    _parameter_constraints: ClassVar[Limits] = {
        "prior": [POSITIVE],
        "clip": [between(0, 0.1, "neither")],
    }

    def __init__(self, prior: float = 1.0, clip: float = 1e-6, max_iter: int = 50):
        self.prior = prior
        self.clip = clip
        self.max_iter = max_iter

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "LogitBlend":
        """Find the weights and intercepts.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_classes), or list of arrays
            Out-of-fold probabilities.
        y : array-like of shape (n_rows,)
            Class numbers or labels.
        sample_weight : array-like of shape (n_rows,), optional
        """
        self._check()
        rows = self._fitting_rows(X, y, sample_weight)
        if not rows.classification:
            raise PipelineError(
                "LogitBlend blends probabilities, but the predictions have one "
                "output; LinearBlend is the one for regression"
            )
        problem = _LogitLoss(rows, self.prior / len(rows.y), self.clip)
        solution, self.n_iter_ = minimize(problem, self.max_iter)
        self.weights_ = solution[: rows.n_members]
        self.intercept_ = solution[rows.n_members :]
        return self

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        sums = np.einsum("rmk,m->rk", log_odds(tensor, self.clip), self.weights_)
        scores = np.zeros((len(sums), sums.shape[1] + 1))
        np.add(sums, self.intercept_, out=scores[:, 1:])
        return np.exp(scores - _log_sum(scores, axis=1))

    def _check(self) -> None:
        """Refuse settings that cannot be."""
        mistakes = []
        if not self.prior > 0:
            mistakes.append(f"prior: expected above 0, found {self.prior}")
        if not 0 < self.clip < 0.1:
            mistakes.append(f"clip: expected 0 < clip < 0.1, found {self.clip}")
        if mistakes:
            raise PipelineError(problems("LogitBlend", mistakes))


def log_odds(tensor: Array, clip: float) -> Array:
    """Return log odds of each class against the first, (rows, members, K - 1)."""
    logs = np.log(np.maximum(tensor, clip, dtype=np.float64))
    return logs[:, :, 1:] - logs[:, :, :1]


class _Design(NamedTuple):
    """What some rows bring into the loss."""

    values: Array  # (classes - 1, rows, parameters)
    y: Array
    is_own: Array  # (classes - 1, rows), whether a row is of that class
    weight: Array


class _LogitLoss:
    """Log loss of summed log odds, with its prior; derivatives row by row."""

    def __init__(self, rows: Rows, prior: float, clip: float):
        self.rows = rows
        self.prior = prior
        self.clip = clip
        self.n_members = rows.n_members
        self.start = plain_mean(rows.n_members, rows.n_outputs - 1)
        # The design of many rows may be too large to keep: it is made anew each time.
        self.designs = list(self._designs()) if len(rows.y) <= CHUNK else None

    def __call__(self, theta: Array) -> tuple[float, Array, Array]:
        """Return the loss, its gradient and its Hessian."""
        loss, gradient, hessian = prior_charge(theta, self.n_members, self.prior)
        for values, y, is_own, weight in self.designs or self._designs():
            scores = np.zeros((len(values) + 1, len(y)))
            np.matmul(values, theta, out=scores[1:])
            norm = _log_sum(scores)[0]
            loss += float(weight @ (norm - scores[y, np.arange(len(y))]))
            chance = np.exp(scores[1:] - norm)
            wrong = chance - is_own
            gradient += np.einsum("kr,krp->p", wrong * weight, values)
            hessian += _curvature(values, chance, weight)
        return loss, gradient, hessian

    def _designs(self) -> Iterator[_Design]:
        """Yield the design of some rows at a time."""
        for start in range(0, len(self.rows.y), CHUNK):
            part = slice(start, start + CHUNK)
            odds = np.moveaxis(log_odds(self.rows.tensor[part], self.clip), 2, 0)
            n_classes, n_rows, _ = odds.shape
            ones = np.broadcast_to(
                np.eye(n_classes)[:, None, :], (n_classes, n_rows, n_classes)
            )
            values, y = np.concatenate([odds, ones], axis=2), self.rows.y[part]
            is_own = np.arange(1, n_classes + 1)[:, None] == y
            yield _Design(values, y, is_own, self.rows.weight[part])


def _log_sum(scores: Array, axis: int = 0) -> Array:
    """Return the logarithm of the sum of exponentials over an axis, which stays.

    The bits of ``scipy.special.logsumexp`` on finite numbers, in less time.
    """
    most = scores.max(axis=axis, keepdims=True)
    is_most = scores == most
    rest = np.exp(scores - most)
    rest[is_most] = 0.0
    n_most = is_most.sum(axis=axis, keepdims=True)
    sums = rest.sum(axis=axis, keepdims=True)
    return np.log1p(sums / n_most) + np.log(n_most) + most


def _curvature(design: Array, chance: Array, weight: Array) -> Array:
    """Return the Hessian of the softmax log loss of some rows."""
    mean = np.einsum("kr,krp->rp", chance, design)
    hessian = -(mean * weight[:, None]).T @ mean
    for part, spread in zip(design, chance * weight, strict=True):
        hessian += (part * spread[:, None]).T @ part
    return hessian
