"""Networks that tell the next token, and their pre-training of text networks."""

from typing import TypeAlias

import torch
from torch import Tensor, nn

from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.models.text_nets.networks.recurrent_cells import CELLS
from ensemble_kit.models.text_nets.networks.recurrent_layers import (
    FUSED,
    recurrent_layer,
)
from ensemble_kit.models.text_nets.networks.torch_layers import Dropout

FEW = 2000  # with more symbols the softmax is adaptive

State: TypeAlias = Tensor | tuple[Tensor, ...]


class LanguageNetwork(nn.Module):
    """Embedding, recurrent layers or a fixed window, and a softmax over symbols.

    Parameters
    ----------
    n_symbols : int
    cell : str
        "rnn", "lstm", "gru", a name of ``recurrent_cells.CELLS``, or "window", which
        sees a fixed number of tokens (Bengio et al. 2003).
    embedding_dim, hidden, layers, window : int
    dropout : float
    """

    def __init__(
        self,
        n_symbols: int,
        cell: str,
        embedding_dim: int,
        hidden: int,
        layers: int,
        window: int,
        dropout: float,
    ):
        super().__init__()
        names = (*FUSED, *CELLS, "window")
        if cell not in names:
            raise ValueError(f"unknown cell {cell!r}{did_you_mean(cell, names)}")
        self.words = nn.Embedding(n_symbols, embedding_dim)
        sizes = [embedding_dim] + [hidden] * (layers - 1)
        kinds = (recurrent_layer(cell, size, hidden) for size in sizes)
        self.layers = nn.ModuleList(() if cell == "window" else kinds)
        self.window = window
        if cell == "window":
            self.filter = nn.Conv1d(embedding_dim, hidden, window)
        self.dropout = Dropout(dropout, shared_axis=1)
        self.softmax = NextSymbol(hidden, n_symbols)

    def forward(
        self, symbols: Tensor, states: list[State]
    ) -> tuple[Tensor, list[State]]:
        """Return features that tell the next symbol, and the states to go on from.

        Parameters
        ----------
        symbols : Tensor of shape (rows, tokens)
        states : list
            What the last call returned; empty at the start of a text.
        """
        x = self.dropout(self.words(symbols))
        if not len(self.layers):
            return self._slide(x, states)
        ends = []
        for number, layer in enumerate(self.layers):
            by_steps = x.transpose(0, 1)
            y, end = layer(by_steps, states[number] if states else None)
            x = self.dropout(y.transpose(0, 1))
            ends.append(end)
        return x, ends

    def _slide(self, x: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """Return the window's features; its state is the inputs it still sees."""
        seen = (
            states[0][0] if states else x.new_zeros(len(x), self.window - 1, x.shape[2])
        )
        x = torch.cat([seen, x], dim=1)
        features = torch.tanh(self.filter(x.transpose(1, 2))).transpose(1, 2)
        return self.dropout(features), [(x[:, x.shape[1] - self.window + 1 :],)]


class NextSymbol(nn.Module):
    """A softmax over symbols numbered by falling frequency.

    With many symbols the rare ones share two small clusters (Grave et al. 2017).
    """

    def __init__(self, n_features: int, n_symbols: int):
        super().__init__()
        cutoffs = [FEW // 2, 5 * FEW] if n_symbols > 6 * FEW else [FEW // 2]
        if n_symbols > FEW:
            self.layer = nn.AdaptiveLogSoftmaxWithLoss(n_features, n_symbols, cutoffs)
        else:
            self.layer = nn.Linear(n_features, n_symbols)

    def losses(self, features: Tensor, symbols: Tensor) -> Tensor:
        """Return minus the log probability of each symbol."""
        if isinstance(self.layer, nn.Linear):
            logits = self.layer(features)
            return nn.functional.cross_entropy(logits, symbols, reduction="none")
        return -self.layer(features, symbols).output

    def log_probabilities(self, features: Tensor) -> Tensor:
        """Return the log probabilities of all symbols."""
        if isinstance(self.layer, nn.Linear):
            return self.layer(features).log_softmax(-1)
        return self.layer.log_prob(features)


def detach(states: list[State]) -> list[State]:
    """Return states that gradients do not go through."""
    return [
        state.detach()
        if isinstance(state, Tensor)
        else tuple(s.detach() for s in state)
        for state in states
    ]
