"""Texts as counts of their terms: counted once, sliced for every fold."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ensemble_kit.arrays import Rows
from ensemble_kit.features.texts.count_chunks import ENTRIES, csr, row_runs
from ensemble_kit.features.texts.term_hashes import (
    Int64,
    UInt64,
    decode,
    gather,
    hash_segments,
    narrow,
    offsets_of,
    positions,
)
from ensemble_kit.files import save_array
from ensemble_kit.identity_memo import IdentityMemo

_ARRAYS = ("data", "indices", "indptr", "points", "offsets")
_FACTS = "counted_texts.json"
# A fitted vocabulary is asked for its hashes each time it sees texts.
_HASHES = IdentityMemo(hash_segments)


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms (words, n-grams) in blocks, each block in the order of its hashes.

    Parameters
    ----------
    points : ndarray of unsigned int
        Code points of all terms, end to end.
    offsets : ndarray of int64 of shape (n_terms + 1,)
    blocks : tuple of (name, n_terms)
        "words" and "characters", as far as there are any.
    """

    points: NDArray[np.unsignedinteger]
    offsets: Int64
    blocks: tuple[tuple[str, int], ...]

    @classmethod
    def from_segments(
        cls,
        points: NDArray[np.unsignedinteger],
        offsets: Int64,
        blocks: tuple[tuple[str, int], ...],
    ) -> "Terms":
        """Return terms, their code points in the smallest type that holds them."""
        return cls(narrow(points), offsets, blocks)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def hashes(self) -> UInt64:
        """One 64-bit hash per term; ascending within a block."""
        return _HASHES(self.points, self.offsets)

    @property
    def lengths(self) -> Int64:
        """Characters in each term."""
        return np.diff(self.offsets)

    def block_slices(self) -> dict[str, slice]:
        """Return the columns of each block."""
        ends = offsets_of(np.array([count for _, count in self.blocks], dtype=np.int64))
        return {
            name: slice(int(ends[i]), int(ends[i + 1]))
            for i, (name, _) in enumerate(self.blocks)
        }

    def select(self, columns: Int64) -> "Terms":
        """Return some of the terms; ``columns`` ascend."""
        points, offsets = gather(
            self.points, self.offsets[:-1][columns], self.lengths[columns]
        )
        inside = [
            (name, int(np.sum((columns >= part.start) & (columns < part.stop))))
            for name, part in self.block_slices().items()
        ]
        return Terms(points, offsets, tuple(inside))

    def strings(self) -> list[str]:
        """Return the terms as text."""
        return decode(self.points, self.offsets)

    def columns_in(self, other: "Terms") -> NDArray[np.int32]:
        """Return each term's column among another's terms, or -1."""
        if self is other:
            return np.arange(len(self), dtype=np.int32)
        columns = np.full(len(self), -1, dtype=np.int32)
        theirs = other.block_slices()
        for name, part in self.block_slices().items():
            if name in theirs:
                there = theirs[name]
                places = positions(self.hashes[part], other.hashes[there])
                columns[part] = np.where(places < 0, -1, places + there.start)
        return columns


@dataclass(frozen=True, eq=False)
class CountedTexts:
    """Counts of all terms of all texts; ``counted[rows]`` takes some of the rows.

    Parameters
    ----------
    counts : csr_matrix of float32 of shape (n_texts, n_terms)
        Whole numbers; indices sorted, none repeated.
    terms : Terms
        Shared by every slice. A slice keeps the columns it has no text for.
    key : str
        How the texts were counted: ``TextCounter.key``.

    Examples
    --------
    >>> from ensemble_kit.features.counting.text_counts import TextCounter
    >>> counted = TextCounter().count(["to be or not to be", "be good"])
    >>> words = counted.terms.strings()
    >>> sorted(zip(words, counted[[0]].counts.toarray()[0].tolist()))
    [('be', 2.0), ('good', 0.0), ('not', 1.0), ('or', 1.0), ('to', 2.0)]
    """

    counts: sp.csr_matrix
    terms: Terms
    key: str = ""

    def __len__(self) -> int:
        return self.counts.shape[0]

    def __getitem__(self, rows: Rows | slice) -> "CountedTexts":
        """Return the rows of a slice, a mask or an array of positions."""
        return CountedTexts(self.counts[rows], self.terms, self.key)

    @property
    def nbytes(self) -> int:
        """Memory of the counts and the terms, in bytes."""
        arrays = self._arrays().values()
        return sum(array.nbytes for array in arrays)

    def save(self, folder: Path | str) -> None:
        """Write the arrays as .npy files into a new or empty folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._arrays().items():
            save_array(folder / f"{name}.npy", array)
        facts = {"key": self.key, "blocks": self.terms.blocks}
        (folder / _FACTS).write_text(json.dumps(facts), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path | str) -> "CountedTexts":
        """Return what ``save`` wrote, the arrays mapped from their files."""
        folder = Path(folder)
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in _ARRAYS
        }
        blocks = tuple((name, count) for name, count in facts["blocks"])
        terms = Terms(arrays["points"], arrays["offsets"], blocks)
        shape = (len(arrays["indptr"]) - 1, len(terms))
        counts = csr(arrays["data"], arrays["indices"], arrays["indptr"], shape)
        return cls(counts, terms, facts["key"])

    def _arrays(self) -> dict[str, NDArray[Any]]:
        counts = self.counts
        parts = (counts.data, counts.indices, counts.indptr)
        return dict(
            zip(_ARRAYS, (*parts, self.terms.points, self.terms.offsets), strict=True)
        )


def take_columns(
    counts: sp.csr_matrix, columns: NDArray[np.int32], n_columns: int
) -> sp.csr_matrix:
    """Return the matrix with column j moved to ``columns[j]``; -1 leaves it out.

    The kept columns keep their order, so the indices stay sorted.
    """
    data = np.empty(counts.nnz, dtype=counts.data.dtype)
    indices = np.empty(counts.nnz, dtype=np.int32)
    indptr = np.zeros(counts.shape[0] + 1, dtype=counts.indptr.dtype)
    for rows in row_runs(counts):
        ends = counts.indptr[rows.start : rows.stop + 1]
        entries = slice(ends[0], ends[-1])
        moved = columns[counts.indices[entries]]
        stays = moved >= 0
        so_far = np.concatenate([[0], np.cumsum(stays)])
        start = indptr[rows.start]
        indptr[rows.start : rows.stop + 1] = start + so_far[ends - ends[0]]
        taken = slice(start, indptr[rows.stop])
        data[taken], indices[taken] = counts.data[entries][stays], moved[stays]
    for array in (data, indices):
        array.resize(indptr[-1], refcheck=False)
    return csr(data, indices, indptr, (counts.shape[0], n_columns))


def entry_runs(counts: sp.csr_matrix) -> list[slice]:
    """Return runs of some millions of stored entries, for the reason of `row_runs`."""
    return [slice(a, a + ENTRIES) for a in range(0, counts.nnz, ENTRIES)]
