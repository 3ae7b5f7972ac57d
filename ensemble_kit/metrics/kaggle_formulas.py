"""Metrics that competitions have had: ``formula(y, predictions, weight)``."""

import numpy as np

from ensemble_kit.metrics.formulas import Array, average, normalized


def map_at(k: int, y: Array, probabilities: Array, weight: Array | None) -> float:
    """Mean average precision of the k likeliest classes, of which one is right.

    With one right class that is the mean of 1 / its place, 0 beyond the k-th; of
    classes that are equally likely the first in order stands first.
    """
    place = places(y, probabilities)
    return average(np.where(place <= k, 1 / place, 0.0), weight)


def ndcg_at(k: int, y: Array, probabilities: Array, weight: Array | None) -> float:
    """Normalised discounted gain of the k likeliest classes, of which one is right.

    With one right class that is the mean of 1 / log2(1 + its place), 0 beyond the
    k-th (Järvelin and Kekäläinen 2002).
    """
    place = places(y, probabilities)
    return average(np.where(place <= k, 1 / np.log2(1 + place), 0.0), weight)


def places(y: Array, probabilities: Array) -> Array:
    """Return the place of each row's class, from 1, the likeliest first."""
    own = probabilities[np.arange(len(y)), y][:, None]
    before = np.arange(probabilities.shape[1])[None, :] < np.asarray(y)[:, None]
    ahead = (probabilities > own) | ((probabilities == own) & before)
    return 1.0 + ahead.sum(axis=1)


def balanced_log_loss(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Log loss in which every class that y has weighs the same, however rare."""
    true_class = normalized(probabilities)[np.arange(len(y)), y]
    loss = -np.log(true_class)
    weight = np.ones(len(y)) if weight is None else weight
    return float(np.mean([average(loss[y == k], weight[y == k]) for k in np.unique(y)]))


def column_log_loss(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Mean over the classes of each one's log loss against all others."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-15, 1 - 1e-15)
    one_hot = np.eye(probabilities.shape[1])[y]
    losses = -(one_hot * np.log(clipped) + (1 - one_hot) * np.log1p(-clipped))
    return average(losses.mean(axis=1), weight)


def log_cosh(y: Array, values: Array, weight: Array | None) -> float:
    """Mean logarithm of the hyperbolic cosine of the differences."""
    size = np.abs(np.asarray(y, dtype=np.float64) - values)
    return average(size + np.log1p(np.exp(-2 * size)) - np.log(2.0), weight)


def pinball(q: float, y: Array, values: Array, weight: Array | None) -> float:
    """Mean pinball loss of the q-th quantile (Koenker and Bassett 1978)."""
    above = np.asarray(y, dtype=np.float64) - values
    return average(np.maximum(q * above, (q - 1) * above), weight)


def normalized_gini(y: Array, values: Array, weight: Array | None) -> float:
    """Gini coefficient of y in the order of values, divided by that in its own order.

    Where values are equal, their rows share what they have of y. 0 where y does not
    vary.
    """
    weight = np.ones(len(y)) if weight is None else np.asarray(weight)
    best = _gini(y, np.asarray(y, dtype=np.float64), weight)
    return 0.0 if best == 0 else _gini(y, values, weight) / best


def _gini(y: Array, values: Array, weight: Array) -> float:
    """Return the share of y above that of rows, summed over rows, the largest first."""
    _, at = np.unique(-np.asarray(values, dtype=np.float64), return_inverse=True)
    rows = np.bincount(at, weights=weight)
    total = np.bincount(at, weights=weight * y)
    if total.sum() == 0:
        return 0.0
    share = np.concatenate([[0.0], np.cumsum(total) / total.sum()])
    # The area between the curve of shares and the diagonal, by trapezoids.
    area = ((share[1:] + share[:-1]) / 2 * rows).sum() / rows.sum()
    return float(area - 0.5)


def rmspe(y: Array, values: Array, weight: Array | None) -> float:
    """Root mean squared difference, divided by the true value where it is not 0."""
    used = np.asarray(y) != 0
    if not used.any():
        return 0.0
    ratio = (y[used] - values[used]) / y[used]
    return average(ratio**2, None if weight is None else weight[used]) ** 0.5
