"""Blocks of counts made from some texts at a time, and how they become one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ensemble_kit.features.texts.term_hashes import (
    Int64,
    UInt64,
    gather,
    hash_segments,
    offsets_of,
)
from ensemble_kit.processes import give_back_memory

# What is worked out for every entry at a time.
ENTRIES = 2**22


@dataclass(frozen=True, eq=False)
class Block:
    """Counts of one kind of term; columns ascend by the terms' hashes.

    Parameters
    ----------
    name : {"words", "characters"}
    counts : csr_matrix of float32
    hashes : ndarray of uint64 of shape (n_terms,)
    points, offsets : ndarray
        The terms' code points, end to end, and where each begins.
    """

    name: str
    counts: sp.csr_matrix
    hashes: UInt64
    points: NDArray[np.unsignedinteger]
    offsets: Int64


def distinct(lists: Sequence[list[str]]) -> tuple[list[str], Int64, Int64]:
    """Return the distinct words, every word's number, and where each list begins.

    Examples
    --------
    >>> words, ids, offsets = distinct([["a", "b"], [], ["b"]])
    >>> words, ids.tolist(), offsets.tolist()
    (['a', 'b'], [0, 1, 1], [0, 2, 2, 3])
    """
    sizes = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    offsets = offsets_of(sizes)
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    flat = map(numbers.__getitem__, chain.from_iterable(lists))
    ids = np.fromiter(flat, dtype=np.int64, count=offsets[-1])
    return list(numbers), ids, offsets


def first_occurrences(codes: Int64) -> Int64:
    """Return where each code occurs first; codes are numbered as they appear."""
    return np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1))


def block_of(
    name: str,
    rows: Int64,
    codes: Int64,
    n_rows: int,
    points: NDArray[np.unsignedinteger],
    offsets: Int64,
) -> Block:
    """Return the block of term occurrences.

    Parameters
    ----------
    rows, codes : ndarray of int64
        The text and the term of every occurrence.
    points, offsets : ndarray
        The terms.
    """
    hashes = hash_segments(points, offsets)
    order = np.argsort(hashes)
    column = np.empty(len(order), dtype=np.int64)
    column[order] = np.arange(len(order))
    counts = count_pairs(rows, column[codes], n_rows, len(order))
    names = gather(points, offsets[:-1][order], np.diff(offsets)[order])
    return Block(name, counts, hashes[order], *names)


def count_pairs(
    rows: Int64, columns: Int64, n_rows: int, n_columns: int
) -> sp.csr_matrix:
    """Return the matrix that counts how often each (row, column) occurs.

    One sort of whole numbers is faster here than a COO matrix with its repeated
    entries summed.
    """
    keys = np.sort(rows * max(n_columns, 1) + columns)
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    times = np.diff(first, append=len(keys))
    row, column = np.divmod(keys[first], max(n_columns, 1))
    indptr = offsets_of(np.bincount(row, minlength=n_rows))
    return csr(
        times.astype(np.float32),
        column.astype(np.int32),
        indptr.astype(_index_type(indptr[-1])),
        (n_rows, n_columns),
    )


def merge_blocks(chunks: list[list[Block]]) -> list[Block]:
    """Return the blocks of all chunks' texts; chunks list the same kinds.

    The list of chunks is emptied, so that their memory comes free on the way.
    """
    kinds = [list(blocks) for blocks in zip(*chunks, strict=True)]
    chunks.clear()
    return [_merge(blocks) for blocks in kinds]


def _merge(blocks: list[Block]) -> Block:
    """Stack the blocks' rows over the union of their terms; empty the list."""
    if len(blocks) == 1:
        return blocks[0]
    name = blocks[0].name
    owner = np.repeat(np.arange(len(blocks)), [len(b.hashes) for b in blocks])
    joined = np.concatenate([block.hashes for block in blocks])
    hashes, first = np.unique(joined, return_index=True)
    bases = offsets_of(np.array([len(b.points) for b in blocks]))[:-1]
    starts = np.concatenate([b.offsets[:-1] for b in blocks]) + bases[owner]
    lengths = np.concatenate([np.diff(b.offsets) for b in blocks])
    points = np.concatenate([b.points for b in blocks])
    points, offsets = gather(points, starts[first], lengths[first])
    counts = _stack(blocks, hashes)
    give_back_memory()
    return Block(name, counts, hashes, points, offsets)


def _stack(blocks: list[Block], hashes: UInt64) -> sp.csr_matrix:
    """Return the blocks' rows, one under the other, over these hashes' columns."""
    sizes = np.concatenate([np.diff(block.counts.indptr) for block in blocks])
    indptr = offsets_of(sizes)
    data = np.empty(indptr[-1], dtype=np.float32)
    indices = np.empty(indptr[-1], dtype=np.int32)
    stop = 0
    while blocks:
        block = blocks.pop(0)
        start, stop = stop, stop + block.counts.nnz
        columns = np.searchsorted(hashes, block.hashes).astype(np.int32)
        data[start:stop] = block.counts.data
        np.take(columns, block.counts.indices, out=indices[start:stop])
    return csr(
        data,
        indices,
        indptr.astype(_index_type(indptr[-1])),
        (len(sizes), len(hashes)),
    )


def side_by_side(left: sp.csr_matrix, right: sp.csr_matrix) -> sp.csr_matrix:
    """Return the rows of two matrices joined: SciPy's own way takes a copy more."""
    indptr = left.indptr.astype(np.int64) + right.indptr
    data = np.empty(indptr[-1], dtype=np.float32)
    indices = np.empty(indptr[-1], dtype=np.int32)
    for rows in row_runs(right):
        entries = slice(*indptr[[rows.start, rows.stop]])
        joined = sp.hstack([left[rows], right[rows]], format="csr")
        data[entries], indices[entries] = joined.data, joined.indices
    shape = (len(indptr) - 1, left.shape[1] + right.shape[1])
    return csr(data, indices, indptr.astype(_index_type(indptr[-1])), shape)


def _index_type(n_stored: int) -> type:
    """Return the index type; SciPy wants row pointers and columns of one type."""
    return np.int32 if n_stored < 2**31 else np.int64


def csr(
    data: NDArray[Any],
    indices: NDArray[Any],
    indptr: NDArray[Any],
    shape: tuple[int, int],
) -> sp.csr_matrix:
    """Return a matrix over these arrays, which are known to be in canonical form."""
    matrix = sp.csr_matrix(shape, dtype=data.dtype)
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    matrix.has_canonical_format = True
    return matrix


def row_runs(counts: sp.csr_matrix) -> list[slice]:
    """Return runs of rows with some millions of entries, so that what is worked out
    for every entry takes little memory at a time."""
    firsts = np.diff(counts.indptr[:-1] // ENTRIES, prepend=-1)
    starts = np.flatnonzero(firsts).tolist()
    return [slice(a, b) for a, b in pairwise([*starts, counts.shape[0]])]
