"""Whether test rows were drawn at random from all rows: tests, as logarithms of p.

A p of a billion rows in blocks is below what a float holds, so every function returns
log10(p): -6 is one in a million.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_ROWS = 20

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Runs:
    """How often training and test rows take turns along an order.

    Parameters
    ----------
    n_runs : int
        Unbroken stretches of rows of one kind.
    n_test_runs : int
        Those of test rows.
    expected : float
        Of a random draw.
    log_p : float
        log10 of the chance of so few in a random draw.
    """

    n_runs: int
    n_test_runs: int
    expected: float
    log_p: float


def count_runs(order: Numbers, is_test: Flags, seed: int = 0) -> Runs:
    """Return the Wald-Wolfowitz runs test of test against training rows.

    Rows of one place in the order are shuffled, so that a coarse order, such as a
    year, raises nothing by itself.

    Parameters
    ----------
    order : ndarray of shape (n_rows,)
        No missing ones.
    is_test : ndarray of bool of shape (n_rows,)

    Examples
    --------
    >>> runs = count_runs(np.arange(40.0), np.arange(40) % 20 >= 10)
    >>> runs.n_runs, runs.n_test_runs, runs.expected
    (4, 2, 21.0)
    """
    shuffled = np.random.default_rng(seed).permutation(len(order))
    sides = is_test[shuffled[np.argsort(order[shuffled], kind="stable")]]
    begins = np.append(True, sides[1:] != sides[:-1])
    n_runs, n_test_runs = int(begins.sum()), int((begins & sides).sum())
    expected, log_p = _few_runs(n_runs, int(is_test.sum()), int((~is_test).sum()))
    return Runs(n_runs, n_test_runs, expected, log_p)


def log_p_all_apart(n_train: int, n_test: int) -> float:
    """Return log10 of the chance that all test rows come last, or all first."""
    from scipy.special import gammaln

    ways = gammaln(n_train + n_test + 1) - gammaln(n_train + 1) - gammaln(n_test + 1)
    return float((np.log(2) - ways) / np.log(10))


def log_p_last(n_train: Numbers, n_test: Numbers, are_last: Flags) -> float:
    """Return log10 of the chance that test rows are the last ones of so many groups.

    Parameters
    ----------
    n_train, n_test : ndarray of shape (n_groups,)
        Rows of each group, none zero.
    are_last : ndarray of bool of shape (n_groups,)
        Whether all its test rows come after all its training rows.
    """
    from scipy.special import gammaln

    ways = gammaln(n_train + n_test + 1) - gammaln(n_train + 1) - gammaln(n_test + 1)
    return _log_p_so_many(int(are_last.sum()), float(np.exp(-ways).sum()))


def log_p_unshared(n_train: Numbers, n_test: Numbers) -> float:
    """Return log10 of the chance that so many groups have test rows alone.

    Groups of one row tell nothing.

    Parameters
    ----------
    n_train, n_test : ndarray of shape (n_groups,)
    """
    sizes = n_train + n_test
    share = n_test.sum() / sizes.sum()
    many = sizes > 1
    expected = float((share ** sizes[many]).sum())
    return _log_p_so_many(int((n_train[many] == 0).sum()), expected)


def share_of_unshared(n_train: Numbers, n_test: Numbers) -> tuple[float, float]:
    """Return the share of test rows in groups that train lacks, and the expected one.

    Parameters
    ----------
    n_train, n_test : ndarray of shape (n_groups,)
    """
    sizes, total = n_train + n_test, n_test.sum()
    share = total / sizes.sum()
    unshared = n_test[n_train == 0].sum() / total
    return float(unshared), float((sizes * share**sizes).sum() / total)


def _few_runs(n_runs: int, n_one: int, n_other: int) -> tuple[float, float]:
    """Return the expected number of runs, and log10 of the chance of so few."""
    from scipy.special import log_ndtr

    n_rows, product = n_one + n_other, 2.0 * n_one * n_other
    expected = product / n_rows + 1
    variance = product * (product - n_rows) / (n_rows**2 * (n_rows - 1.0))
    if n_rows < LEAST_ROWS or variance <= 0:
        return expected, 0.0
    z = (n_runs + 0.5 - expected) / np.sqrt(variance)
    return expected, float(log_ndtr(z) / np.log(10))


def _log_p_so_many(n_seen: int, expected: float) -> float:
    """Return Chernoff's bound on log10 of the chance of so many rare events.

    Independent events, whatever the chance of each: (e m / x)^x e^-m for x of them
    where m are expected.
    """
    if n_seen <= expected:
        return 0.0
    expected = max(expected, 1e-300)
    bound = n_seen * (1 + np.log(expected / n_seen)) - expected
    return float(min(0.0, bound) / np.log(10))
