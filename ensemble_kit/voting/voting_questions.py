"""The calculator asked the other way round: how many voters, and how good."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from ensemble_kit.voting.exchangeable_voting import (
    accuracy_limit,
    exchangeable_accuracy,
)
from ensemble_kit.voting.voters import VoteError
from ensemble_kit.voting.voting import vote_accuracy

# Gains smaller than this are rounding.
NO_GAIN = 1e-13


def voters_needed(
    accuracy: float,
    target: float,
    correlation: float = 0.0,
    n_classes: int = 2,
    most: int = 10_001,
) -> int | None:
    """Return how many alike voters a vote needs to reach a target.

    Ties are drawn, so that the accuracy never falls as voters above chance are
    added and the smallest number can be found by halving.

    Parameters
    ----------
    accuracy : float
        Of every voter.
    target : float
        Accuracy that the vote shall have.
    correlation : float in [0, 1], default=0
        Between any two voters' being right (beta-binomial).
    n_classes : int, default=2
    most : int, default=10001
        Where the search ends.

    Returns
    -------
    int or None
        None where no number up to `most` is enough; `accuracy_limit` tells whether
        any would be.

    Examples
    --------
    >>> voters_needed(0.7, 0.95)
    17
    >>> voters_needed(0.7, 0.95, correlation=0.3) is None
    True
    """
    if not 0 <= target <= 1:
        raise VoteError(f"target: expected an accuracy from 0 to 1, found {target:g}")

    def reached(n_voters: int) -> bool:
        expected = exchangeable_accuracy(
            accuracy, n_voters, correlation, n_classes=n_classes
        )
        return expected >= target - NO_GAIN

    if reached(1):
        return 1
    if accuracy_limit(accuracy, correlation, n_classes) < target:
        return None
    if accuracy <= 1 / n_classes:
        return None
    few, enough = 1, min(2, most)
    while not reached(enough):
        if enough == most:
            return None
        few, enough = enough, min(2 * enough, most)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if reached(middle) else (middle, enough)
    return enough


def helpful_accuracy(
    accuracies: ArrayLike,
    weights: ArrayLike | None = None,
    weight: float = 1.0,
    n_more: int = 1,
    n_classes: int = 2,
    ties: str = "random",
) -> float | None:
    """Return the accuracy from which further independent voters improve a vote.

    Parameters
    ----------
    accuracies : array-like of shape (n_voters,)
        The voters there are.
    weights : array-like of shape (n_voters,), optional
        Their weights; 1 each when left out.
    weight : float, default=1
        Weight of each further voter.
    n_more : int, default=1
        How many join, all alike. An odd number of equal voters joined by one only
        gains a way to tie; two more are worth asking about too.
    n_classes, ties
        As in `vote_accuracy`.

    Returns
    -------
    float or None
        The vote gets better above this accuracy and worse below it; None where even
        a voter who is always right would not improve it.

    Examples
    --------
    >>> round(helpful_accuracy([0.7, 0.7, 0.7]), 3)
    0.7
    >>> round(helpful_accuracy([0.7, 0.7, 0.7], n_more=2), 3)
    0.604
    """
    voters = np.atleast_1d(np.asarray(accuracies, dtype=float))
    held = np.ones(len(voters)) if weights is None else np.asarray(weights, dtype=float)
    now = vote_accuracy(voters, held, n_classes, ties)
    together = np.append(held, np.full(n_more, weight))

    def gain(accuracy: float) -> float:
        joined = np.append(voters, np.full(n_more, accuracy))
        return vote_accuracy(joined, together, n_classes, ties) - now

    if gain(1.0) <= NO_GAIN:
        return None
    if gain(0.0) >= -NO_GAIN:
        return 0.0
    return float(optimize.brentq(gain, 0.0, 1.0, xtol=1e-12))
