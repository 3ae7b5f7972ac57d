"""Votes of members over classes: functions of a tensor, of weights and of silence.

Each takes ``tensor`` of shape (n_rows, n_members, n_classes), of probabilities, and
``weights`` of shape (n_rows, n_members), 0 where a member says nothing; it returns the
share of the vote that each class has, of shape (n_rows, n_classes). Where nobody says
anything all shares are 0.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def soft_shares(tensor: Array, weights: Array) -> Array:
    """Return the weighted mean of the probabilities."""
    return _shares(tensor, weights)


def hard_shares(tensor: Array, weights: Array) -> Array:
    """Return how much weight names each class the likeliest.

    Of classes that a member finds equally likely it names the first.
    """
    named = np.zeros(tensor.shape)
    np.put_along_axis(named, tensor.argmax(axis=2)[:, :, None], 1.0, axis=2)
    return _shares(named, weights)


def rank_shares(tensor: Array, weights: Array) -> Array:
    """Return each class's share of the points of Borda's count.

    Of k classes a member gives its likeliest k - 1 points, the next k - 2, and so on;
    equally likely ones share theirs.
    """
    below = (tensor[:, :, :, None] > tensor[:, :, None, :]).sum(axis=3)
    equal = (tensor[:, :, :, None] == tensor[:, :, None, :]).sum(axis=3) - 1
    points = below + equal / 2
    return _shares(points / points.sum(axis=2, keepdims=True), weights)


VOTES: dict[str, Callable[[Array, Array], Array]] = {
    "hard": hard_shares,
    "soft": soft_shares,
    "ranks": rank_shares,
}


def spoken_weights(
    tensor: Array, weights: Array, allowed: NDArray[np.bool_], least: float
) -> Array:
    """Return the weight of each member on each row, 0 where it says nothing.

    Parameters
    ----------
    tensor : ndarray of shape (n_rows, n_members, n_classes)
    weights : ndarray of shape (n_members,)
    allowed : ndarray of bool, shape (n_rows, n_members)
        Where its rule lets a member vote.
    least : float
        A member says nothing where its likeliest class has less probability.
    """
    speaks = allowed & (tensor.max(axis=2) >= least)
    return np.where(speaks, weights, 0.0)


def _shares(ballots: NDArray[Any], weights: Array) -> Array:
    """Return ballots of members, summed by weight and divided by all that was cast."""
    summed = np.einsum("rmk,rm->rk", ballots, weights, dtype=np.float64)
    cast = weights.sum(axis=1, keepdims=True)
    return np.divide(summed, cast, out=np.zeros_like(summed), where=cast > 0)
