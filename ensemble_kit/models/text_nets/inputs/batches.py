"""Batches of rows of like length, so that little of a batch is padding."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

POOL = 100  # batches that are cut from one sorted pool


def training_batches(
    lengths: NDArray[np.int64],
    batch_size: int,
    batch_tokens: int,
    generator: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Return the row numbers of an epoch's batches, in random order.

    Rows are shuffled, sorted by length within pools of 100 batches, and cut so that
    a batch holds at most ``batch_size`` rows and, padded, ``batch_tokens`` tokens.
    """
    order = generator.permutation(len(lengths))
    pool = POOL * batch_size
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), pool):
        part = order[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches.extend(_cut(part, lengths, batch_size, batch_tokens))
    return [batches[i] for i in generator.permutation(len(batches))]


def prediction_batches(
    lengths: NDArray[np.int64], batch_size: int, batch_tokens: int
) -> Iterator[NDArray[np.int64]]:
    """Yield row numbers, shortest texts first."""
    order = np.argsort(lengths, kind="stable")
    yield from _cut(order, lengths, batch_size, batch_tokens)


def _cut(
    order: NDArray[np.int64],
    lengths: NDArray[np.int64],
    batch_size: int,
    batch_tokens: int,
) -> Iterator[NDArray[np.int64]]:
    """Yield runs of sorted rows that stay within both limits."""
    start = 0
    while start < len(order):
        stop = min(start + batch_size, len(order))
        while (
            stop > start + 1
            and (stop - start) * lengths[order[stop - 1]] > batch_tokens
        ):
            stop -= 1
        yield order[start:stop]
        start = stop
