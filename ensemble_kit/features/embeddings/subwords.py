"""fastText's subwords: character n-grams of a word, hashed into buckets."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

LONGEST = 200


def subword_buckets(
    word: str, shortest: int, longest: int, n_buckets: int
) -> list[int]:
    """Return the buckets of a word's character n-grams.

    The word stands between ``<`` and ``>``; n-grams are counted in code points and
    hashed as UTF-8, as fastText does (Bojanowski, Grave, Joulin and Mikolov,
    "Enriching word vectors with subword information", 2017). Of a word longer than
    LONGEST letters the rest is left out.

    Examples
    --------
    >>> len(subword_buckets("cat", 3, 4, 2_000_000))
    5
    """
    framed = f"<{word}>"[:LONGEST]
    letters = [letter.encode("utf-8", "surrogatepass") for letter in framed]
    buckets = []
    for start in range(len(letters)):
        for n in range(shortest, min(longest, len(letters) - start) + 1):
            if n == 1 and start in (0, len(letters) - 1):
                continue
            buckets.append(_fnv(b"".join(letters[start : start + n])) % n_buckets)
    return buckets


def subword_matrix(
    words: Sequence[str], shortest: int, longest: int, n_buckets: int
) -> sparse.csr_matrix:
    """Return how often each word has each bucket, shape (n_words, n_buckets)."""
    if not n_buckets or longest < 1:
        return sparse.csr_matrix((len(words), n_buckets), dtype=np.float32)
    buckets_of = [subword_buckets(word, shortest, longest, n_buckets) for word in words]
    lengths = [len(buckets) for buckets in buckets_of]
    columns = np.array(
        [bucket for buckets in buckets_of for bucket in buckets], np.int64
    )
    entries = (np.repeat(np.arange(len(words)), lengths), columns)
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_matrix((ones, entries), (len(words), n_buckets))


def _fnv(data: bytes) -> int:
    """Return the 32-bit FNV-1a hash, bytes taken as signed, as fastText does."""
    value = 2166136261
    for byte in data:
        value ^= byte if byte < 128 else byte | 0xFFFFFF00
        value = value * 16777619 & 0xFFFFFFFF
    return value
