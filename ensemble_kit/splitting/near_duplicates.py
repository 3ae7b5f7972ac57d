"""Rows that say nearly the same: texts by their shingles, tables by rounded cells."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LENGTH = 8  # bytes of a shingle: a number of 64 bits
LEAST_JACCARD = 0.8
N_KEYS = 8
LEAST_SHARED = 3  # of these: near texts share six on average
ODD = np.uint64(0x9E3779B97F4A7C15)  # makes the order of columns count
FINEST = 0.001  # of a column's deviation: closer numbers are the same

Codes = NDArray[np.intp]
Hashes = NDArray[np.uint64]


def near_texts(texts: Sequence[str]) -> Codes:
    """Return a number per text, the same for texts that say nearly the same.

    Sets of overlapping shingles of eight bytes, case and runs of blanks left out,
    whose Jaccard index is 0.8 or more; pairs are looked for among texts that share one
    of their smallest hashes (Broder 1997), and compared in full.

    Parameters
    ----------
    texts : sequence of str
        One shorter than a shingle is like no other.

    Examples
    --------
    >>> near_texts(["It is a long way home.", "it is a  long way home", "No."]).tolist()
    [0, 0, 1]
    """
    hashes, starts = _sets_of_shingles(texts)
    pairs = [
        (one, other)
        for one, other in _candidates(hashes, starts)
        if _jaccard(_of(one, hashes, starts), _of(other, hashes, starts))
        >= LEAST_JACCARD
    ]
    return joined(len(texts), pairs)


def near_rows(numbers: NDArray[np.float64], others: NDArray[np.uint64]) -> Codes:
    """Return a number per row, the same for rows whose cells are nearly the same.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        The same where they differ by less than a thousandth of their deviation.
    others : ndarray of shape (n_rows,)
        Hashes of all other cells of a row.
    """
    # Neighbours on both sides of a border meet once.
    keys = {0.0: _mixed(others), 0.5: _mixed(others)}
    for column in numbers.T:
        steps = _in_steps(column)
        for shift in keys:
            cells = (np.floor(steps + shift) + 0.0).view(np.uint64)  # no minus zero
            keys[shift] = _mixed(keys[shift] * ODD + cells)
    pairs: list[tuple[int, int]] = []
    for hashes in keys.values():
        pairs += _neighbours(np.argsort(hashes, kind="stable"), hashes)
    return joined(len(numbers), pairs)


def _in_steps(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers in thousandths of their deviation, one NaN for all odd ones."""
    there = column[~np.isnan(column)]
    steps = np.full(len(column), np.nan)
    if len(there):
        with np.errstate(invalid="ignore", divide="ignore"):
            np.divide(column, FINEST * np.std(there), out=steps)
    steps[~np.isfinite(steps)] = np.nan
    return steps


def joined(n_rows: int, pairs: Sequence[tuple[int, int]]) -> Codes:
    """Return a number per row, the same for rows that pairs lead from one to another.

    Examples
    --------
    >>> joined(4, [(0, 2), (2, 3)]).tolist()
    [0, 1, 0, 0]
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    one, other = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    links = coo_matrix((np.ones(len(one)), (one, other)), shape=(n_rows, n_rows))
    codes = connected_components(links, directed=False)[1]
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)


def both_ways(first: Codes, second: Codes) -> Codes:
    """Return a number per row, the same where either of two numbers is.

    Examples
    --------
    >>> both_ways(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])).tolist()
    [0, 0, 0, 1]
    """
    pairs: list[tuple[int, int]] = []
    for codes in (first, second):
        pairs += _neighbours(np.argsort(codes, kind="stable"), codes)
    return joined(len(first), pairs)


def has_twin(codes: Codes, rows: Codes, among: Codes) -> NDArray[np.bool_]:
    """Return which rows are nearly the same as one among others."""
    return np.isin(codes[rows], codes[among])


def _neighbours(order: Codes, keys: NDArray[np.generic]) -> list[tuple[int, int]]:
    """Return neighbours in an order that have the same key."""
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    return list(zip(order[same].tolist(), order[same + 1].tolist(), strict=True))


def _sets_of_shingles(texts: Sequence[str]) -> tuple[Hashes, Codes]:
    """Return the hashes of every text's shingles, sorted, and where each begins."""
    parts = [" ".join(text.lower().split()).encode() for text in texts]
    ends = np.cumsum([len(part) for part in parts], dtype=np.intp)
    letters = np.frombuffer(b"".join(parts), dtype=np.uint8).astype(np.uint64)
    n_shingles = max(0, len(letters) - LENGTH + 1)
    numbers = np.zeros(n_shingles, dtype=np.uint64)
    for place in range(LENGTH):
        shift = np.uint64(8 * place)
        numbers |= letters[place : place + n_shingles] << shift
    text_of = np.searchsorted(ends, np.arange(n_shingles), side="right")
    whole = np.arange(n_shingles) + LENGTH <= ends[text_of]
    hashes, text_of = _mixed(numbers[whole]), text_of[whole]
    order = np.lexsort((hashes, text_of))
    hashes, text_of = hashes[order], text_of[order]
    new = np.ones(len(hashes), dtype=bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (text_of[1:] != text_of[:-1])
    starts = np.searchsorted(text_of[new], np.arange(len(texts) + 1))
    return hashes[new], starts


def _mixed(numbers: Hashes) -> Hashes:
    """Return numbers scattered over 64 bits, one to one (splitmix64, Steele 2014)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


def _candidates(hashes: Hashes, starts: Codes) -> list[tuple[int, int]]:
    """Return pairs of texts that share enough of their smallest hashes.

    Texts that share one stand in the order of their two smallest ones, so that
    neighbours are the most alike.
    """
    there = np.flatnonzero(np.diff(starts) >= N_KEYS)
    keys = hashes[starts[there][:, None] + np.arange(N_KEYS)]
    one, text = keys.T.ravel(), np.tile(np.arange(len(there)), N_KEYS)
    order = np.lexsort((*keys[text, :2].T[::-1], one))
    same = one[order][1:] == one[order][:-1]
    pairs = np.stack([text[order][:-1][same], text[order][1:][same]], axis=1)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    both = keys[pairs]
    n_shared = (both[:, 0, :, None] == both[:, 1, None, :]).sum(axis=(1, 2))
    return [tuple(pair) for pair in there[pairs[n_shared >= LEAST_SHARED]].tolist()]


def _of(text: int, hashes: Hashes, starts: Codes) -> Hashes:
    return hashes[starts[text] : starts[text + 1]]


def _jaccard(one: Hashes, other: Hashes) -> float:
    """Return the share of all members of two sorted sets that both have."""
    if min(len(one), len(other)) < LEAST_JACCARD * max(len(one), len(other)):
        return 0.0
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
