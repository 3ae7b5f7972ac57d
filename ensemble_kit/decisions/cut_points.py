"""Ordered cut points on one score, for quadratic weighted kappa."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.decisions.thresholds import (
    binned_weights,
    bootstrapped,
    borders_between,
)

Array = NDArray[Any]
MAX_SWEEPS = 30


def best_cut_points(
    scores: Array,
    y: Array,
    weight: Array,
    n_classes: int,
    n_bags: int,
    rng: np.random.RandomState,
) -> Array:
    """Return n_classes - 1 rising cut points of high quadratic weighted kappa.

    They start where the labels would have the frequencies of y and move one at a
    time while kappa rises; the mean over bootstrap samples steadies them.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
        The expected class number, or a predicted value.
    y : ndarray of shape (n_rows,)
        Class numbers 0..n_classes - 1.
    n_bags : int
        Samples; 0 uses the rows themselves.
    """
    borders = borders_between(scores, max_bins=500)
    if not len(borders):
        return np.full(n_classes - 1, float(scores[0])) + 0.5
    bins = np.searchsorted(borders, scores)
    table = binned_weights(bins, y, weight, (len(borders) + 1, n_classes))
    tables = bootstrapped(table, len(y), n_bags, rng) if n_bags else table[None]
    by_table = [borders[_climb(t) - 1] for t in tables]
    return np.sort(np.mean(by_table, axis=0))


def _climb(table: Array) -> Array:
    """Return the borders (1..n_bins - 1) of a local maximum of kappa."""
    below = np.vstack([np.zeros(table.shape[1]), np.cumsum(table, axis=0)])
    cuts = _frequency_cuts(below)
    best = _kappa(below, cuts[None])[0]
    for _ in range(MAX_SWEEPS):
        before = best
        for k in range(len(cuts)):
            best = _move(below, cuts, k, best)
        if best <= before:
            break
    return cuts


def _frequency_cuts(below: Array) -> Array:
    """Return the cuts that give each label the frequency of its class."""
    wanted = np.cumsum(below[-1])[:-1]
    cuts = np.searchsorted(below.sum(axis=1), wanted)
    return np.clip(cuts, 1, len(below) - 2)


def _move(below: Array, cuts: Array, k: int, best: float) -> float:
    """Move one cut to the best place between its neighbours, in place."""
    low = cuts[k - 1] if k else 1
    high = cuts[k + 1] if k + 1 < len(cuts) else len(below) - 2
    trials = np.tile(cuts, (high - low + 1, 1))
    trials[:, k] = np.arange(low, high + 1)
    kappas = _kappa(below, trials)
    if kappas.max() > best + 1e-12:
        cuts[k] = trials[kappas.argmax(), k]
    return max(best, float(kappas.max()))


def _kappa(below: Array, cuts: Array) -> Array:
    """Return kappa for rows of cuts, from the weights below each border."""
    n_classes = below.shape[1]
    ends = np.zeros((len(cuts), 1), dtype=cuts.dtype)
    edges = np.hstack([ends, cuts, ends + len(below) - 1])
    # (trials, labels, classes)
    observed = np.diff(below[edges], axis=1)
    distance = np.subtract.outer(np.arange(n_classes), np.arange(n_classes)) ** 2
    lost = np.einsum("tlc,lc->t", observed, distance)
    labels, classes = observed.sum(axis=2), below[-1]
    chance = np.einsum("tl,c,lc->t", labels, classes, distance) / classes.sum()
    return 1 - np.divide(lost, chance, out=np.zeros(len(cuts)), where=chance > 0)
