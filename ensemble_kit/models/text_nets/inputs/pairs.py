"""Pairs of neighbouring tokens that are frequent enough to have a vector."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.models.text_nets.inputs.vocabulary import Tokens

FACTOR = 2_000_003


def frequent_pairs(
    texts: Sequence[Tokens], max_pairs: int, min_count: int
) -> NDArray[np.int64]:
    """Return the numbers of the most frequent pairs in all text columns, sorted.

    Rare pairs would let a model learn its training rows by heart.
    """
    if not texts or not max_pairs:
        return np.empty(0, dtype=np.int64)
    pairs = np.concatenate([_pairs(tokens) for tokens in texts])
    distinct, counts = np.unique(pairs, return_counts=True)
    frequent = np.lexsort((distinct, -counts))[:max_pairs]
    return np.sort(distinct[frequent[counts[frequent] >= min_count]])


def pair_number(
    first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return a number per pair from its tokens' hashes, arrays or tensors.

    Hashes are below 2**32, so that the numbers stay within 64 bits.
    """
    return first * FACTOR + second


def _pairs(tokens: Tokens) -> NDArray[np.int64]:
    """Return the number of every pair within a text."""
    hashes = tokens.hashes[tokens.codes]
    inside = np.ones(max(len(hashes) - 1, 0), dtype=bool)
    ends = tokens.starts[1:-1]
    inside[ends[(ends > 0) & (ends < len(hashes))] - 1] = False
    return pair_number(hashes[:-1], hashes[1:])[inside]
