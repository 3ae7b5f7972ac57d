"""Character n-grams counted: each distinct word is taken apart once."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ensemble_kit.features.texts.count_chunks import (
    Block,
    block_of,
    count_pairs,
    distinct,
    first_occurrences,
)
from ensemble_kit.features.texts.term_hashes import (
    Int64,
    SegmentHashes,
    code_points,
    gather,
)

_SPACES = re.compile(r"\s\s+")


def count_characters(
    texts: Sequence[str], shortest: int, longest: int, within_words: bool
) -> Block:
    """Return the counts of character n-grams, lengths in code points."""
    if not within_words:
        spaced = [_SPACES.sub(" ", text) for text in texts]
        return _count_segments(spaced, shortest, longest, whole_if_short=False)
    words, ids, offsets = distinct([text.split() for text in texts])
    padded = [f" {word} " for word in words]
    grams = _count_segments(padded, shortest, longest, whole_if_short=True)
    rows = np.repeat(np.arange(len(texts)), np.diff(offsets))
    counts = count_pairs(rows, ids, len(texts), len(words)) @ grams.counts
    counts.sort_indices()
    return Block(grams.name, counts, grams.hashes, grams.points, grams.offsets)


def _count_segments(
    segments: Sequence[str], shortest: int, longest: int, whole_if_short: bool
) -> Block:
    """Return the n-grams of strings; one shorter than every n may count whole."""
    points, offsets = code_points(segments)
    starts, lengths = _windows(offsets, shortest, longest, whole_if_short)
    codes, _ = pd.factorize(SegmentHashes(points)(starts, starts + lengths))
    first = first_occurrences(codes)
    rows = np.searchsorted(offsets, starts, side="right") - 1
    terms = gather(points, starts[first], lengths[first])
    return block_of("characters", rows, codes, len(segments), *terms)


def _windows(
    offsets: Int64, shortest: int, longest: int, whole_if_short: bool
) -> tuple[Int64, Int64]:
    """Return starts and lengths of all n-grams of segments end to end."""
    sizes = np.diff(offsets)
    left = np.repeat(offsets[1:], sizes) - np.arange(offsets[-1])
    parts = [
        (starts := np.flatnonzero(left >= n), np.full(len(starts), n))
        for n in range(shortest, longest + 1)
    ]
    if whole_if_short:
        short = np.flatnonzero(sizes < shortest)
        parts.append((offsets[:-1][short], sizes[short]))
    starts, lengths = zip(*parts, strict=True)
    return np.concatenate(starts), np.concatenate(lengths)
