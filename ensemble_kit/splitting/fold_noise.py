"""How much a difference between two scores owes to chance."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.splitting.folds import Rows


def standard_error(
    differences: ArrayLike, pairs: Iterable[tuple[Rows, Rows]]
) -> NDArray[np.float64]:
    """Return the standard error of the mean of paired differences, one per split.

    Splits share training rows, so that their differences vary together: the variance
    of the mean is that of one difference times 1/n + the mean of test rows per
    training row, and not 1/n alone (Nadeau and Bengio 2003).

    Parameters
    ----------
    differences : array-like of shape (n_splits,) or (n_splits, n_compared)
        Of one score from another, both on the same splits.
    pairs : iterable of (train rows, valid rows)
        The splits, in any order.

    Returns
    -------
    ndarray of shape () or (n_compared,)
        In the unit of the differences; 0 of a single split, whose noise is not known.

    Examples
    --------
    >>> halves = [(np.arange(2), np.arange(2)), (np.arange(2), np.arange(2))]
    >>> round(float(standard_error([0.0, 2.0], halves)), 6)
    1.732051
    """
    values = np.asarray(differences, dtype=np.float64)
    if len(values) < 2:
        return np.zeros(values.shape[1:])
    test_share = np.mean([len(valid) / len(train) for train, valid in pairs])
    variance = values.var(axis=0, ddof=1)
    return np.asarray(np.sqrt(variance * (1 / len(values) + test_share)))
