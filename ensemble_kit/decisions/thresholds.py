"""One threshold for a binary label metric, steadied by bootstrap samples."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.decisions.confusion import scores_above

Array = NDArray[Any]
MAX_BINS = 1000


def borders_between(scores: Array, max_bins: int = MAX_BINS) -> Array:
    """Return rising borders that split the scores into bins of similar size.

    Every border lies halfway between two neighbouring scores, so that no row is
    decided by a rounding error.
    """
    values = np.unique(scores)
    halfway = (values[1:] + values[:-1]) / 2
    if len(halfway) < max_bins:
        return halfway
    wanted = np.quantile(scores, np.linspace(0, 1, max_bins + 1)[1:-1])
    return np.unique(
        halfway[np.minimum(np.searchsorted(halfway, wanted), len(halfway) - 1)]
    )


def binned_weights(
    bins: Array, y: Array, weight: Array, shape: tuple[int, ...]
) -> Array:
    """Return the weight of rows in each bin and class."""
    cells = np.ravel_multi_index((bins, y), shape)
    return np.bincount(cells, weights=weight, minlength=shape[0] * shape[1]).reshape(
        shape
    )


def bootstrapped(
    table: Array, n_rows: int, n_bags: int, rng: np.random.RandomState
) -> Array:
    """Return tables as of Poisson bootstrap samples, (n_bags, *table.shape).

    A sum of independent Poisson draws is one Poisson draw, so resampling the cells
    is resampling the rows (of equal weight).
    """
    rows_per_weight = n_rows / table.sum()
    drawn = rng.poisson(table * rows_per_weight, (n_bags, *table.shape))
    return drawn / rows_per_weight


def best_threshold(
    score: Callable[..., Array],
    probabilities: Array,
    y: Array,
    weight: Array,
    n_bags: int,
    rng: np.random.RandomState,
) -> float:
    """Return the median over bootstrap samples of the best threshold.

    Parameters
    ----------
    score : callable
        A function of (tp, fp, fn, tn), greater is better.
    probabilities, y, weight : ndarray of shape (n_rows,)
        Of class 1; 0 or 1; positive.
    n_bags : int
        Samples; 0 takes the best threshold of the rows themselves.
    """
    borders = borders_between(probabilities)
    bins = np.searchsorted(borders, probabilities)
    table = binned_weights(bins, y, weight, (len(borders) + 1, 2))
    tables = bootstrapped(table, len(y), n_bags, rng) if n_bags else table[None]
    scores = scores_above(score, tables[:, :, 1], tables[:, :, 0])
    # all rows or none positive are the two ends
    ends = np.concatenate([[0.0], borders, [np.nextafter(1.0, 2.0)]])
    return float(np.median([_middle_of_best(ends, s) for s in scores]))


def _middle_of_best(borders: Array, scores: Array) -> float:
    """Return the middle of the first stretch of best borders."""
    best = scores >= scores.max() - 1e-12
    first = int(best.argmax())
    length = int((~best[first:]).argmax()) or len(best) - first
    return float(borders[first : first + length].mean())
