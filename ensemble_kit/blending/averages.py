"""Averages over members: functions of a tensor and of weights that sum to 1.

Each takes ``tensor`` of shape (n_rows, n_members, n_outputs) and ``weights`` of shape
(n_members,) and returns an array of shape (n_rows, n_outputs). Averages of
probabilities need not sum to 1 in a row; normalise them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SMALLEST = 1e-15


def mean(tensor: Array, weights: Array) -> Array:
    """Return the weighted arithmetic mean."""
    return np.einsum("rmo,m->ro", tensor, weights, dtype=np.float64)


def median(tensor: Array, weights: Array) -> Array:
    """Return the weighted median: halfway, where half of the weight lies below."""
    return _quantile_span(tensor, weights, trim=0.5)


def trimmed_mean(tensor: Array, weights: Array, trim: float = 0.2) -> Array:
    """Return the mean of what remains when each tail loses ``trim`` of the weight.

    A member at the border keeps the part of its weight inside, so that the average
    moves smoothly from the mean (0) to the median (0.5).
    """
    return _quantile_span(tensor, weights, trim)


def _quantile_span(tensor: Array, weights: Array, trim: float) -> Array:
    """Return the mean of the quantile function between trim and 1 - trim."""
    order = np.argsort(tensor, axis=1, kind="stable")
    values = np.take_along_axis(tensor, order, axis=1).astype(np.float64)
    upper = np.cumsum(weights[order], axis=1)
    # at 0.5 the span is one point: a sliver around it averages the two middles
    low = min(trim, 0.5 - 1e-6)
    lower = upper - weights[order]
    inside = np.clip(np.minimum(upper, 1 - low) - np.maximum(lower, low), 0, None)
    return (values * inside).sum(axis=1) / inside.sum(axis=1)


def geometric_mean(tensor: Array, weights: Array) -> Array:
    """Return the weighted geometric mean; values below 1e-15 count as that."""
    logs = np.log(np.maximum(tensor, SMALLEST, dtype=np.float64))
    return np.exp(mean(logs, weights))


def logit_mean(tensor: Array, weights: Array) -> Array:
    """Return the probability of the mean log odds, class by class.

    With two classes this is the geometric mean, normalised.
    """
    inside = np.clip(tensor, SMALLEST, 1 - SMALLEST, dtype=np.float64)
    return 1 / (1 + np.exp(-mean(np.log(inside) - np.log1p(-inside), weights)))


def power_mean(tensor: Array, weights: Array, power: float = 2.0) -> Array:
    """Return the weighted power mean of non-negative values; 0 is the geometric."""
    if power == 0:
        return geometric_mean(tensor, weights)
    positive = np.maximum(tensor, SMALLEST, dtype=np.float64)
    largest = positive.max(axis=1, keepdims=True)
    return largest[:, 0] * mean((positive / largest) ** power, weights) ** (1 / power)


def mode(tensor: Array, weights: Array) -> Array:
    """Return each class's share of the votes for the likeliest class.

    A member that puts several classes first splits its vote. The share is nudged by
    the mean probability, far below one vote, so that a tie goes to the likelier
    class and never to the lower number.
    """
    first = tensor == tensor.max(axis=2, keepdims=True)
    votes = mean(first / first.sum(axis=2, keepdims=True), weights)
    smallest = weights[weights > 0].min()
    return votes + 1e-6 * smallest * mean(tensor, weights)
