"""From a source to a text, token by token: encoders, attention, the decoder.

A source is a row of places, each with a vector: the states of a recurrent encoder over
tokens, the cells of an image, or the numbers of a row. The decoder has two recurrent
layers. The state of the lower one asks where to look, and what is found there goes
into the upper one and into the output (as in Wu et al. 2016, section 3). So the steps
of a known target are taken by torch's own kernels at once, and attention is one
product for all of them: nothing waits for a loop in Python.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.models.sequences.symbols import PADDING
from ensemble_kit.models.text_nets.networks.recurrent_layers import RecurrentLayers
from ensemble_kit.models.text_nets.networks.torch_layers import Dropout, Pooling

DECODER_CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}
ATTENTIONS = ("additive", "multiplicative")
LOWEST = -1e4  # of a place that is padding, before the softmax
State = tuple[Any, Any]  # of the lower and of the upper layer


@dataclass(frozen=True)
class Source:
    """What a decoder looks at.

    Parameters
    ----------
    memory : Tensor of shape (rows, places, n_memory)
    keys : Tensor of shape (rows, places, n_keys)
        What the memory is found by.
    mask : Tensor of bool of shape (rows, places)
        Which places are no padding.
    summary : Tensor of shape (rows, n_summary)
    """

    memory: Tensor
    keys: Tensor
    mask: Tensor
    summary: Tensor


class Encoder(Protocol):
    """A network from a batch to the places a decoder looks at."""

    n_memory: int
    n_summary: int

    def __call__(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Return memory, mask and summary; see `Source`."""


class TextSource(nn.Module):
    """Recurrent layers in both directions over the tokens of a text."""

    def __init__(
        self,
        n_symbols: int,
        size: int,
        cell: str,
        hidden: int,
        layers: int,
        embedding_dropout: float,
        dropout: float,
    ):
        super().__init__()
        self.words = nn.Embedding(n_symbols, size, padding_idx=PADDING)
        self.dropout = Dropout(embedding_dropout, shared_axis=1)
        self.layers = RecurrentLayers(
            cell, size, hidden, layers, True, True, dropout, "none"
        )
        self.last = Pooling("last", self.layers.n_outputs, True)
        self.n_memory = self.n_summary = self.layers.n_outputs

    def forward(self, codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return memory, mask and summary of texts, (rows, tokens) of symbols."""
        mask = codes != PADDING
        lengths = mask.sum(1)
        states = self.layers(self.dropout(self.words(codes)), lengths)
        return states, mask, self.last(states, lengths)


class Attention(nn.Module):
    """Where a decoder looks, for each of its steps.

    With q the query and m the vector of a place, scores are

    additive (Bahdanau et al. 2015): v . tanh(W q + U m)
    multiplicative (Luong et al. 2015, "general"): q . U m

    and their softmax over the places is the weight of each.
    """

    def __init__(self, name: str, n_query: int, n_memory: int):
        super().__init__()
        if name not in ATTENTIONS:
            raise ValueError(
                f"unknown attention {name!r}{did_you_mean(name, ATTENTIONS)}; known: "
                f"{', '.join(ATTENTIONS)}"
            )
        self.name = name
        self.keys = nn.Linear(n_memory, n_query, bias=False)
        if name == "additive":
            self.query = nn.Linear(n_query, n_query)
            self.score = nn.Linear(n_query, 1, bias=False)

    def forward(self, query: Tensor, source: Source) -> tuple[Tensor, Tensor]:
        """Return what is found, (rows, steps, n_memory), and the weights.

        Parameters
        ----------
        query : Tensor of shape (rows, steps, n_query)
        source : Source
        """
        if self.name == "additive":
            both = self.query(query)[:, :, None] + source.keys[:, None]
            scores = self.score(torch.tanh(both))[..., 0]
        else:
            scores = query @ source.keys.transpose(1, 2)
        weights = scores.masked_fill(~source.mask[:, None], LOWEST).softmax(-1)
        return weights @ source.memory, weights


class Decoder(nn.Module):
    """Two recurrent layers with attention between them."""

    def __init__(
        self,
        n_symbols: int,
        size: int,
        cell: str,
        hidden: int,
        attention: str,
        n_memory: int,
        n_summary: int,
        dropout: float,
    ):
        super().__init__()
        if cell not in DECODER_CELLS:
            raise ValueError(
                f"unknown cell {cell!r}{did_you_mean(cell, DECODER_CELLS)}; known: "
                f"{', '.join(DECODER_CELLS)}"
            )
        self.cell = cell
        self.words = nn.Embedding(n_symbols, size, padding_idx=PADDING)
        self.begin = nn.Linear(n_summary, 2 * hidden)
        self.lower = DECODER_CELLS[cell](size, hidden)
        self.attention = Attention(attention, hidden, n_memory)
        self.upper = DECODER_CELLS[cell](hidden + n_memory, hidden)
        self.joined = nn.Linear(2 * hidden + n_memory, hidden)
        self.symbols = nn.Linear(hidden, n_symbols)
        self.dropout = Dropout(dropout)

    def start(self, source: Source) -> State:
        """Return the state before the first step."""
        first = torch.tanh(self.begin(source.summary)).chunk(2, dim=-1)
        lower, upper = (self._state(part.contiguous()[None]) for part in first)
        return lower, upper

    def forward(
        self, inputs: Tensor, state: State, source: Source, n_beams: int = 1
    ) -> tuple[Tensor, Tensor, State]:
        """Return scores of the next symbols, the weights of the places, and the state.

        Parameters
        ----------
        inputs : Tensor of shape (rows * n_beams, steps)
            The symbols before those that are told.
        state : State
        source : Source
            Of as many rows; all beams of a row look at the same one.
        n_beams : int
            With more than one, one step at a time.
        """
        x = self.dropout(self.words(inputs)).transpose(0, 1)
        low, lower = self.lower(x, state[0])
        low = low.transpose(0, 1)
        shape = (len(source.mask), -1, low.shape[-1])
        attended, weights = self.attention(low.reshape(shape), source)
        attended = attended.reshape(*low.shape[:2], -1)
        both = torch.cat([low, attended], dim=-1)
        high, upper = self.upper(self.dropout(both).transpose(0, 1), state[1])
        every = torch.cat([both, high.transpose(0, 1)], dim=-1)
        joined = torch.tanh(self.joined(self.dropout(every)))
        weights = weights.reshape(*low.shape[:2], -1)
        return self.symbols(self.dropout(joined)), weights, (lower, upper)

    def _state(self, start: Tensor) -> Any:
        return (start, torch.zeros_like(start)) if self.cell == "lstm" else start


class SequenceNetwork(nn.Module):
    """An encoder and a decoder."""

    def __init__(self, encoder: nn.Module, decoder: Decoder):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def read(self, batch: Any) -> Source:
        """Return what the decoder looks at."""
        memory, mask, summary = self.encoder(batch)
        return Source(memory, self.decoder.attention.keys(memory), mask, summary)

    def forward(self, batch: Any, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores of each next symbol, and the weights, for known inputs."""
        source = self.read(batch)
        scores, weights, _ = self.decoder(inputs, self.decoder.start(source), source)
        return scores, weights
