"""Greedy ensemble selection with replacement."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from ensemble_kit.arrays import RandomState
from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.blending.greedy_scores import (
    GreedyScores,
    error_gram,
    greedy_scores,
)
from ensemble_kit.blending.smooth_scores import TOLERANCE
from ensemble_kit.exceptions import PipelineError, problems
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    mixture,
    steering_metric,
)
from ensemble_kit.parameter_limits import COUNT, FRACTION, SHARE, Limits

Array = NDArray[Any]


class GreedyBlend(BlendMixin, BaseEstimator):
    """Add, again and again, the member that improves the blend's metric most.

    Members may be added many times; a member's weight is its share of the
    additions in the best prefix of the path (Caruana et al. 2004, "Ensemble
    selection from libraries of models"). The errors are exact but not recomputed
    from scratch: see ``greedy_scores``.

    Parameters
    ----------
    metric : str or Metric, optional
        What the blend is chosen by, in the scale of the y given to ``fit``; log
        loss or RMSE by default. Binary label metrics count at their best threshold.
    max_steps : int
        Additions at most. Gains beyond 25 to 40 are rarely measurable.
    n_init : int
        Start from the best prefix of the members sorted by their own error, of at
        most this many; 1 starts from the best single member.
    n_bags : int
        Average the weights of this many selections, each among a random share
        ``bag_fraction`` of the members; 1 selects once among all. Raise it on few
        rows.
    bag_fraction : float
        Share of the members in a bag.
    patience : int, optional
        Stop after this many additions without a new best; None goes on.
    shrinkage : float
        Share of the weight given back to all members equally, 0 to 1.
    random_state : int, RandomState or None
        Draws the bags.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        Of sum 1, none negative.
    path_ : list of (int, float)
        The additions of the first bag in order, and the error after each.
    classes_ : ndarray
        The labels behind the columns, for classification.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([0., 1., 2., 3.])
    >>> low, high, far = y - 1, y + 1, y + 9
    >>> GreedyBlend().fit([low, high, far], y).weights_.tolist()
    [0.5, 0.5, 0.0]
    """

    _parameter_constraints: ClassVar[Limits] = {
        "max_steps": [COUNT],
        "n_init": [COUNT],
        "n_bags": [COUNT],
        "bag_fraction": [SHARE],
        "shrinkage": [FRACTION],
    }

    def __init__(
        self,
        metric: str | Metric | None = None,
        max_steps: int = 50,
        n_init: int = 1,
        n_bags: int = 1,
        bag_fraction: float = 0.5,
        patience: int | None = 20,
        shrinkage: float = 0.0,
        random_state: RandomState = None,
    ):
        self.metric = metric
        self.max_steps = max_steps
        self.n_init = n_init
        self.n_bags = n_bags
        self.bag_fraction = bag_fraction
        self.patience = patience
        self.shrinkage = shrinkage
        self.random_state = random_state

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "GreedyBlend":
        """Select the members.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
            Class numbers or labels, or values.
        sample_weight : array-like of shape (n_rows,), optional
        """
        self._check()
        rows = self._fitting_rows(X, y, sample_weight)
        scores = greedy_scores(rows, steering_metric(self.metric, rows.n_outputs))
        paths = [
            greedy_path(scores, bag, rows, self.max_steps, self.n_init, self.patience)
            for bag in self._bags(rows)
        ]
        self.path_ = paths[0]
        weights = np.mean([best_share(p, rows.n_members) for p in paths], axis=0)
        self.weights_ = self.shrinkage / len(weights) + (1 - self.shrinkage) * weights
        return self

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        return mixture(tensor, self.weights_)

    def _bags(self, rows: Rows) -> list[Array]:
        """Return the members of each bag."""
        everyone = np.arange(rows.n_members)
        if self.n_bags == 1:
            return [everyone]
        size = max(1, round(self.bag_fraction * rows.n_members))
        draw = check_random_state(self.random_state).choice
        return [np.sort(draw(everyone, size, False)) for _ in range(self.n_bags)]

    def _check(self) -> None:
        """Refuse settings that cannot be."""
        counts = ("max_steps", "n_init", "n_bags")
        low = [f"{c}: expected 1 or more" for c in counts if getattr(self, c) < 1]
        if not 0 < self.bag_fraction <= 1:
            low.append("bag_fraction: expected 0 < bag_fraction <= 1")
        if not 0 <= self.shrinkage <= 1:
            low.append("shrinkage: expected 0 <= shrinkage <= 1")
        if low:
            raise PipelineError(problems("GreedyBlend", low))


def greedy_path(
    scores: GreedyScores,
    bag: Array,
    rows: Rows,
    max_steps: int,
    n_init: int,
    patience: int | None,
) -> list[tuple[int, float]]:
    """Return the additions of a greedy selection with the error after each.

    Parameters
    ----------
    scores : GreedyScores
    bag : ndarray of int
        The members to choose among.
    rows : Rows
        Asked for squared errors where members tie by themselves.
    """
    path, rank = _sorted_start(scores, bag, rows, min(n_init, max_steps))
    best = min(range(len(path)), key=lambda step: path[step][1])
    while len(path) < max_steps:
        member, error = _next_addition(scores, bag, rank, path)
        scores.add(member)
        path.append((member, error))
        if error < path[best][1] - TOLERANCE * abs(path[best][1]):
            best = len(path) - 1
        if error <= 0 or (patience is not None and len(path) - 1 - best >= patience):
            break
    return path


def _sorted_start(
    scores: GreedyScores, bag: Array, rows: Rows, n_init: int
) -> tuple[list[tuple[int, float]], Array]:
    """Add the best prefix of the members sorted by their own error.

    Returns the additions and every member's place in that order.
    """
    scores.restart()
    # one at a time: among several, all but the best may come back as infinity
    solo = np.array([scores.errors(bag[i : i + 1])[0] for i in range(len(bag))])
    order = np.argsort(solo)
    if len(np.unique(solo)) < len(solo):
        # label metrics tie often; squared errors tell such members apart
        order = np.lexsort((np.diag(error_gram(rows))[bag], solo))
    path = []
    for member in bag[order[:n_init]]:
        path.append((int(member), float(scores.errors(np.array([member]))[0])))
        scores.add(member)
    path = path[: int(np.argmin([error for _, error in path])) + 1]
    scores.restart()
    for member, _ in path:
        scores.add(member)
    return path, np.argsort(order)


def _next_addition(
    scores: GreedyScores, bag: Array, rank: Array, path: list[tuple[int, float]]
) -> tuple[int, float]:
    """Return the best addition; ties go to members in the blend, then to the best."""
    errors = scores.errors(bag)
    lowest = errors.min()
    tied = np.flatnonzero(errors <= lowest + TOLERANCE * abs(lowest))
    if len(tied) > 1:
        inside = np.isin(bag[tied], [member for member, _ in path])
        tied = tied[np.lexsort((rank[tied], ~inside))]
    return int(bag[tied[0]]), float(errors[tied[0]])


def best_share(path: list[tuple[int, float]], n_members: int) -> Array:
    """Return each member's share of the additions up to the lowest error."""
    errors = np.array([error for _, error in path])
    lowest = errors.min()
    length = int(np.argmax(errors <= lowest + TOLERANCE * abs(lowest))) + 1
    chosen = [member for member, _ in path[:length]]
    return np.bincount(chosen, minlength=n_members) / length
