"""The likeliest texts of a network, by beam search."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ensemble_kit.models.sequences.networks import SequenceNetwork, Source, State
from ensemble_kit.models.sequences.symbols import END, PADDING, START

IMPOSSIBLE = -1e9


@dataclass(frozen=True)
class Beams:
    """The texts that were found for some rows, the best first.

    Parameters
    ----------
    codes : ndarray of int64 of shape (rows, n_beams, steps)
        Symbols, padded after END.
    places : ndarray of int64 of shape (rows, n_beams, steps)
        Where in the source each step looked most.
    log_probability : ndarray of shape (rows, n_beams)
    """

    codes: NDArray[np.int64]
    places: NDArray[np.int64]
    log_probability: NDArray[np.float64]


def search_beams(
    network: SequenceNetwork,
    batch: Any,
    n_beams: int,
    length_penalty: float,
    limit: int,
) -> Beams:
    """Return the likeliest texts of a batch.

    Of the texts that are kept the best has the highest log probability divided by
    ((5 + length) / 6) ** length_penalty (Wu et al. 2016).

    Parameters
    ----------
    network : SequenceNetwork
    batch : object
        What its encoder reads.
    n_beams : int
        Texts that are kept side by side.
    length_penalty : float
        0 for none; more makes texts longer.
    limit : int
        Symbols that a text has at most.
    """
    source = network.read(batch)
    n_rows = len(source.mask)
    state = _repeated(network.decoder.start(source), n_beams)
    device = source.mask.device
    codes = torch.full((n_rows, n_beams, 1), START, device=device)
    places = torch.zeros_like(codes)
    # At first all beams are the same: only one of them may go on.
    total = torch.full((n_rows, n_beams), IMPOSSIBLE, device=device)
    total[:, 0] = 0.0
    for _ in range(limit):
        codes, places, total, state = _step(
            network, source, codes, places, total, state
        )
        if bool(((codes[:, :, -1] == END) | (codes[:, :, -1] == PADDING)).all()):
            break
    lengths = (codes[:, :, 1:] != PADDING).sum(-1)
    ranked = total / ((5 + lengths) / 6) ** length_penalty
    order = ranked.argsort(dim=1, descending=True, stable=True)
    return Beams(
        _reordered(codes, order)[:, :, 1:].cpu().numpy(),
        _reordered(places, order)[:, :, 1:].cpu().numpy(),
        total.gather(1, order).double().cpu().numpy(),
    )


def _step(
    network: SequenceNetwork,
    source: Source,
    codes: Tensor,
    places: Tensor,
    total: Tensor,
    state: State,
) -> tuple[Tensor, Tensor, Tensor, State]:
    """Return beams that are one symbol longer."""
    n_rows, n_beams, _ = codes.shape
    last = codes[:, :, -1]
    scores, weights, state = network.decoder(last.reshape(-1, 1), state, source)
    each = scores[:, 0].float().log_softmax(-1).reshape(n_rows, n_beams, -1)
    each = each.clone()
    each[:, :, [PADDING, START]] = IMPOSSIBLE
    # A text that has ended goes on with padding, at no cost.
    ended = (last == END) | (last == PADDING)
    each[ended] = IMPOSSIBLE
    each[..., PADDING] = torch.where(ended, 0.0, each[..., PADDING])
    n_symbols = each.shape[-1]
    grown = (total[:, :, None] + each).reshape(n_rows, -1)
    total, best = grown.topk(n_beams, dim=1)
    beam = best // n_symbols
    looked = weights[:, 0].argmax(-1).reshape(n_rows, n_beams)
    codes = torch.cat([_reordered(codes, beam), (best % n_symbols)[:, :, None]], dim=-1)
    looked = looked.gather(1, beam)
    places = torch.cat([_reordered(places, beam), looked[:, :, None]], dim=-1)
    rows = torch.arange(n_rows, device=beam.device)[:, None] * n_beams + beam
    return codes, places, total, _taken(state, rows.reshape(-1))


def _reordered(values: Tensor, beam: Tensor) -> Tensor:
    """Return the beams of each row in another order."""
    return values.gather(1, beam[:, :, None].expand(-1, -1, values.shape[2]))


def _repeated(state: Any, n_beams: int) -> Any:
    """Return a state with each row as many times as there are beams."""
    if isinstance(state, tuple):
        return tuple(_repeated(part, n_beams) for part in state)
    return state.repeat_interleave(n_beams, dim=1)


def _taken(state: Any, rows: Tensor) -> Any:
    """Return some rows of a state."""
    if isinstance(state, tuple):
        return tuple(_taken(part, rows) for part in state)
    return state[:, rows]
