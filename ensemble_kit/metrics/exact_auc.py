"""The area under the ROC curve by sorting bits: exact, some twenty times faster."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MAX_BINS = 1 << 15


def exact_auc(scores: Array, positive: Array) -> float:
    """Return the AUC of non-negative scores; ties count half.

    The bits of non-negative floats sort like the floats and leave the sign bit free
    for the label, so one plain sort orders scores and labels together.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
        None negative.
    positive : ndarray of uint64 of shape (n_rows,)
        1 for positive rows, 0 for the others; both must be present.
    """
    bits = np.ascontiguousarray(scores, dtype=np.float64).view(np.uint64)
    keys = bits << np.uint64(1)
    keys |= positive
    keys.sort()
    labels = (keys & np.uint64(1)).astype(bool)
    negatives_below = np.cumsum(~labels)
    concordant = int(negatives_below[labels].sum())
    n_positive = int(labels.sum())
    pairs = n_positive * (len(labels) - n_positive)
    return (concordant - 0.5 * _tied_pairs(keys, labels)) / pairs


def _tied_pairs(keys: Array, labels: Array) -> int:
    """Return the number of pairs of one score and different labels."""
    mixed = np.flatnonzero(labels[1:] & ~labels[:-1] & (keys[1:] ^ keys[:-1] == 1))
    if not len(mixed):
        return 0
    negative_key, positive_key = keys[mixed], keys[mixed + 1]
    n_negative = mixed + 1 - np.searchsorted(keys, negative_key, side="left")
    n_positive = np.searchsorted(keys, positive_key, side="right") - (mixed + 1)
    return int((n_negative * n_positive).sum())


def weighted_auc(scores: Array, positive: Array, weight: Array) -> float:
    """Return the AUC of weighted rows; ties count half.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
    positive : ndarray of uint64 of shape (n_rows,)
    weight : ndarray of shape (n_rows,)
        Both kinds of rows must have some.
    """
    order = np.argsort(scores)
    ranked = scores[order]
    first = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    sums = [
        np.add.reduceat((weight * (positive == label))[order], first)
        for label in (0, 1)
    ]
    below = np.cumsum(sums[0]) - sums[0] / 2
    return float(sums[1] @ below / (sums[0].sum() * sums[1].sum()))


def bins_for(n_rows: int) -> int:
    """Return a number of bins that costs no more than the rows do."""
    return int(min(MAX_BINS, 2 ** np.ceil(np.log2(max(n_rows / 2, 256)))))


def auc_upper_bound(positives: Array, everyone: Array) -> float:
    """Return the AUC if all pairs within a bin were concordant.

    Parameters
    ----------
    positives, everyone : ndarray of shape (n_bins,)
        Positive rows, and all rows, in each bin of the score, lowest first.
    """
    negatives = np.cumsum(everyone - positives)
    return float(positives @ negatives) / float(positives.sum() * negatives[-1])
