"""Interpolated n-gram language models of several classes, as tables over terms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.features.counted_texts import Terms
from ensemble_kit.features.term_hashes import Int64, SegmentHashes

Table = NDArray[np.float64]

_SPACE = ord(" ")


@dataclass(frozen=True, eq=False)
class TermTree:
    """How terms of order 1 to n hang together.

    Parameters
    ----------
    orders : ndarray of int64
        Units (characters or words) in each term.
    histories, suffixes : ndarray of uint64
        Hashes of the term without its last, and without its first, unit.
    """

    orders: Int64
    histories: NDArray[np.uint64]
    suffixes: NDArray[np.uint64]

    @classmethod
    def of(cls, terms: Terms, unit: str) -> "TermTree":
        """Return the tree of terms whose units are "characters" or "words"."""
        starts, ends = terms.offsets[:-1], terms.offsets[1:]
        orders, first, last = terms.lengths, starts + 1, ends - 1
        if unit == "words":
            orders, first, last = _word_edges(terms)
        hashes = SegmentHashes(terms.points)
        one = orders == 1
        return cls(
            orders,
            hashes(starts, np.where(one, starts, last)),
            hashes(np.where(one, ends, first), ends),
        )

    def at(self, order: int) -> Int64:
        """Return the terms of one order."""
        return np.flatnonzero(self.orders == order)


def lookup(wanted: NDArray[np.uint64], terms: Terms) -> Int64:
    """Return the column of each hash among the terms, or -1."""
    hashes = terms.hashes
    if not len(hashes):
        return np.full(len(wanted), -1)
    found = np.minimum(np.searchsorted(hashes, wanted), len(hashes) - 1)
    return np.where(hashes[found] == wanted, found, -1)


def fit_tables(
    counts: Table, terms: Terms, tree: TermTree, smoothing: str
) -> tuple[Table, Table, Table]:
    """Return log-probabilities, log back-off weights, and the unknown unit's.

    Parameters
    ----------
    counts : ndarray of shape (n_terms, n_classes)
        How often each class has each term.
    smoothing : {"witten_bell", "kneser_ney"}
        Interpolated, both. Witten-Bell gives new continuations the weight of the
        distinct ones seen, T / (N + T); Kneser-Ney takes 0.75 off every count and
        counts in lower orders the distinct units before. Chen and Goodman, "An
        Empirical Study of Smoothing Techniques for Language Modeling", 1999.

    Returns
    -------
    log_probabilities, log_backoffs : ndarray of shape (n_terms, n_classes)
        Of the term's last unit after the others; and of leaving the term, as a
        history, for its suffix. In the manner of ARPA files.
    log_unknown : ndarray of shape (n_classes,)
        Of a unit that no class has.
    """
    n_terms, n_classes = counts.shape
    suffixes = lookup(tree.suffixes, terms)
    histories = lookup(tree.histories, terms)
    if smoothing == "kneser_ney":
        counts = _continuations(counts, suffixes, tree)
    probabilities = np.zeros((n_terms, n_classes))
    backoffs = np.ones((n_terms, n_classes))
    units = tree.at(1)
    uniform = np.full((len(units), n_classes), 1 / (len(units) + 1))
    root = np.zeros(len(units), dtype=np.int64)
    probabilities[units], left = _interpolate(
        counts[units], root, 1, uniform, smoothing
    )
    for order in range(2, int(tree.orders.max(initial=1)) + 1):
        at = tree.at(order)
        lower = probabilities[suffixes[at]]
        probabilities[at], weights = _interpolate(
            counts[at], histories[at], n_terms, lower, smoothing
        )
        backoffs[histories[at]] = weights[histories[at]]
    unknown = left[0] / (len(units) + 1)
    return np.log(probabilities), np.log(backoffs), np.log(unknown)


def _interpolate(
    counts: Table, histories: Int64, n_histories: int, lower: Table, smoothing: str
) -> tuple[Table, Table]:
    """Return the terms' probabilities and every history's weight of lower orders."""
    totals = _sum_by(counts, histories, n_histories)
    types = _sum_by(counts > 0, histories, n_histories)
    if smoothing == "witten_bell":
        denominators, taken = totals + types, 0.0
        weights = types
    else:
        denominators, taken = totals, 0.75
        weights = taken * types
    seen = denominators > 0
    weights = np.where(seen, weights / np.where(seen, denominators, 1), 1.0)
    share = np.maximum(counts - taken, 0) / np.where(seen, denominators, 1)[histories]
    return share + weights[histories] * lower, weights


def _sum_by(values: Table, groups: Int64, n_groups: int) -> Table:
    """Return the sums of rows by group, one column per class."""
    sums = [
        np.bincount(groups, weights=column, minlength=n_groups) for column in values.T
    ]
    return np.stack(sums, axis=1)


def _continuations(counts: Table, suffixes: Int64, tree: TermTree) -> Table:
    """Replace counts below the highest order by how many units go before."""
    longer = tree.orders > 1
    before = _sum_by(counts[longer] > 0, suffixes[longer], len(counts))
    highest = tree.orders == tree.orders.max(initial=1)
    return np.where(highest[:, None], counts, before)


def _word_edges(terms: Terms) -> tuple[Int64, Int64, Int64]:
    """Return words per term, where the second begins, where the last but one ends."""
    spaces = np.flatnonzero(terms.points == _SPACE)
    before = np.searchsorted(spaces, terms.offsets)
    n_spaces = np.diff(before)
    padded = np.append(spaces, 0)
    first = padded[np.minimum(before[:-1], len(spaces))] + 1
    last = padded[np.maximum(before[1:] - 1, 0)] if len(spaces) else first
    return n_spaces + 1, first, last
