"""N-grams of many texts counted group by group, in bounded memory."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from ensemble_kit.features.texts.count_chunks import first_occurrences
from ensemble_kit.features.texts.term_hashes import Int64, UInt64, hash_rows, positions
from ensemble_kit.features.texts.unit_texts import UnitTexts

# Rows that wait until they are merged: merging every chunk's would take a time that
# grows with the square of the texts.
_WAITING = 2**19


@dataclass(frozen=True, eq=False)
class Grams:
    """N-grams of one order.

    Parameters
    ----------
    units : ndarray of unsigned int of shape (n_grams, order)
    counts : csr_matrix of int64 of shape (n_grams, n_groups)
    """

    units: NDArray[np.unsignedinteger]
    counts: sp.csr_matrix

    def __len__(self) -> int:
        return len(self.units)

    def select(self, chosen: NDArray[np.bool_]) -> "Grams":
        """Return some of the n-grams."""
        return Grams(self.units[chosen], self.counts[chosen])

    def suffixes(self) -> "Grams":
        """Return them without their first unit, some of them several times."""
        return Grams(self.units[:, 1:], self.counts)


@dataclass(frozen=True, eq=False)
class GramTree:
    """N-grams of order 1 to n, order after order, by their hashes within one.

    Parameters
    ----------
    hashes : ndarray of uint64 of shape (n_grams,)
    offsets : ndarray of int64 of shape (n_orders + 1,)
        Where each order begins.
    histories, suffixes : ndarray of int64 of shape (n_grams,)
        The n-gram without its last, and without its first, unit; 0 for order 1.
    counts : csc_matrix of int64 of shape (n_grams, n_groups)
    """

    hashes: UInt64
    offsets: Int64
    histories: Int64
    suffixes: Int64
    counts: sp.csc_matrix

    def __len__(self) -> int:
        return len(self.hashes)

    def orders(self) -> list[slice]:
        """Return where the n-grams of each order are."""
        return [slice(start, stop) for start, stop in pairwise(self.offsets.tolist())]


class GramCounter:
    """Count n-grams of order 1 to n in texts that come some at a time.

    Only those of the highest order are counted as they come, and those that open a
    text: every other n-gram is the end of a longer one.

    Parameters
    ----------
    order : int
    n_groups : int
        Groups of texts (class and fold) that are counted apart.
    most : int
        N-grams of one order that are kept. When there are more, those with the
        lowest counts go, down to half as many; their ends stay counted, as n-grams
        of the next lower order.
    """

    def __init__(self, order: int, n_groups: int, most: int):
        self.order = order
        self.n_groups = n_groups
        self.most = most
        self._parts: list[list[Grams]] = [[] for _ in range(order)]

    def add(self, texts: UnitTexts, groups: Int64) -> None:
        """Count texts, each in its group."""
        starts, sizes, owners = texts.windows(self.order)
        full = sizes == self.order
        self._add(texts, starts[full], groups[owners[full]], self.order)
        for order in range(1, self.order):
            starts, owners = texts.openings(order)
            self._add(texts, starts, groups[owners], order)

    def tree(self) -> GramTree:
        """Return all n-grams whose history and suffix are known too."""
        tables = []
        for order in range(self.order, 0, -1):
            self._merge(order)
            grams = self._parts[order - 1].pop()
            if order > 1:
                self._parts[order - 2].append(grams.suffixes())
            tables.append(grams)
        counted = [table for table in reversed(tables) if len(table)]
        return _tree(counted, self.n_groups)

    def _add(self, texts: UnitTexts, starts: Int64, groups: Int64, order: int) -> None:
        """Count the runs of ``order`` units that begin at these places."""
        codes, _ = pd.factorize(texts.hashes(starts, starts + order))
        first = starts[first_occurrences(codes)]
        units = texts.units[first[:, None] + np.arange(order)]
        ones = np.ones(len(codes), dtype=np.int64)
        shape = (len(first), self.n_groups)
        counts = sp.csr_matrix((ones, (codes, groups)), shape=shape)
        parts = self._parts[order - 1]
        parts.append(Grams(units, counts))
        waiting = sum(map(len, parts[1:]))
        if waiting > min(max(_WAITING, len(parts[0])), self.most // 2):
            self._merge(order)

    def _merge(self, order: int) -> None:
        """Make one of all parts of an order; drop the rarest where it is too long."""
        parts = self._parts[order - 1]
        grams = _merged(parts)
        if len(grams) > self.most:
            stays = _most_frequent(grams.counts, self.most // 2)
            if order > 1:
                self._parts[order - 2].append(grams.select(~stays).suffixes())
            grams = grams.select(stays)
        parts[:] = [grams]


def _merged(parts: list[Grams]) -> Grams:
    """Return the distinct n-grams by their hashes, and the sums of their counts."""
    units = np.concatenate([part.units for part in parts])
    counts = sp.vstack([part.counts for part in parts], format="csr")
    hashes, first, numbers = np.unique(
        hash_rows(units), return_index=True, return_inverse=True
    )
    shape = (len(units), len(hashes))
    ones = np.ones(len(units), dtype=counts.dtype)
    owners = sp.csr_matrix((ones, numbers, np.arange(len(units) + 1)), shape=shape)
    return Grams(units[first], (owners.T @ counts).tocsr())


def _most_frequent(counts: sp.csr_matrix, most: int) -> NDArray[np.bool_]:
    """Return which n-grams have more than the least count that leaves ``most``."""
    totals = np.asarray(counts.sum(axis=1)).ravel()
    return totals > np.partition(totals, -most - 1)[-most - 1]


def _tree(tables: list[Grams], n_groups: int) -> GramTree:
    """Return the n-grams of order 1, 2, ... with their relations."""
    hashes: list[UInt64] = []
    counts = sp.csr_matrix((0, n_groups), dtype=np.int64)
    relations: Int64 = np.zeros((2, 0), dtype=np.int64)
    bases = [0]
    for grams in tables:
        ends = grams.units[:, :-1], grams.units[:, 1:]
        ends_at = np.zeros((2, len(grams)), dtype=np.int64)
        if hashes:
            ends_at = np.stack([positions(hash_rows(end), hashes[-1]) for end in ends])
        known = (ends_at >= 0).all(axis=0)
        relations = np.hstack([relations, ends_at[:, known] + bases[-2:][0]])
        hashes.append(hash_rows(grams.units)[known])
        counts = sp.vstack([counts, grams.counts[known]], format="csr")
        bases.append(bases[-1] + len(hashes[-1]))
    joined = np.concatenate([np.zeros(0, dtype=np.uint64), *hashes])
    histories, suffixes = relations
    return GramTree(joined, np.array(bases), histories, suffixes, counts.tocsc())
