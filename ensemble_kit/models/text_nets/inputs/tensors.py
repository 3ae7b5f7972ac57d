"""Batches of encoded rows as tensors."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ensemble_kit.models.text_nets.inputs.rows import Rows
from ensemble_kit.models.text_nets.inputs.vocabulary import Tokens


@dataclass(frozen=True)
class TextBatch:
    """One text column of a batch.

    Parameters
    ----------
    places : Tensor of shape (rows, tokens)
        Where in the batch's types each token is, from 1 on; 0 is padding.
    lengths : Tensor of shape (rows,)
    known, hashes, cases : Tensor of shape (types,)
    grams, gram_starts : Tensor
        Subword hashes of the types, one type after the other.
    """

    places: Tensor
    lengths: Tensor
    known: Tensor
    hashes: Tensor
    cases: Tensor
    grams: Tensor
    gram_starts: Tensor


@dataclass(frozen=True)
class Batch:
    """Rows as tensors."""

    texts: list[TextBatch]
    numbers: Tensor
    categories: Tensor

    def __len__(self) -> int:
        return len(self.numbers)


def make_batch(rows: Rows, numbers: NDArray[np.int64], device: torch.device) -> Batch:
    """Return the rows with these numbers as tensors on a device."""
    return Batch(
        texts=[_text_batch(tokens, numbers, device) for tokens in rows.texts],
        numbers=torch.from_numpy(rows.numbers[numbers]).to(device),
        categories=torch.from_numpy(rows.categories[numbers]).to(device),
    )


def gather(
    values: NDArray[np.integer], starts: NDArray[np.int64], items: NDArray[np.int64]
) -> tuple[NDArray[np.integer], NDArray[np.int64]]:
    """Return the values of some items of a ragged array, and their new lengths."""
    lengths = starts[items + 1] - starts[items]
    first = np.repeat(starts[items] - np.cumsum(lengths) + lengths, lengths)
    return values[first + np.arange(len(first))], lengths


def text_width(lengths: NDArray[np.int64]) -> int:
    """Return how many tokens a batch is padded to: its longest text, at least one."""
    return max(int(lengths.max(initial=0)), 1)


def _text_batch(
    tokens: Tokens, rows: NDArray[np.int64], device: torch.device
) -> TextBatch:
    codes, lengths = gather(tokens.codes, tokens.starts, rows)
    types, inverse = np.unique(codes, return_inverse=True)
    places = np.zeros((len(rows), text_width(lengths)), dtype=np.int64)
    places[np.arange(places.shape[1]) < lengths[:, None]] = inverse + 1
    grams, gram_lengths = gather(tokens.grams, tokens.gram_starts, types)
    gram_starts = np.concatenate([[0], np.cumsum(gram_lengths)])[:-1].astype(np.int64)
    arrays = (
        places,
        lengths,
        tokens.known[types],
        tokens.hashes[types],
        tokens.cases[types],
        grams,
        gram_starts,
    )
    return TextBatch(*(torch.from_numpy(array).to(device) for array in arrays))
