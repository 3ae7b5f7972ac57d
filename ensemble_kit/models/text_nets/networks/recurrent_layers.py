"""Stacked recurrent layers in one or both directions that never read padding.

Instead of packed sequences, which take twice the time on a CPU, the backward
direction reads each text reversed within its own length: padding stays at the end
in both directions, after the last state that is used.
"""

import torch
from torch import Tensor, nn

from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.models.text_nets.networks.recurrent_cells import CELLS, CellLayer
from ensemble_kit.models.text_nets.networks.torch_layers import Dropout, Norm

FUSED = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class RecurrentLayers(nn.Module):
    """A stack of recurrent layers.

    Parameters
    ----------
    cell : str
        "rnn", "lstm", "gru", or a name of ``recurrent_cells.CELLS``.
    n_inputs, n_hidden, n_layers : int
    bidirectional, residual : bool
        Residual connections skip every layer whose sizes allow it.
    dropout : float
        Of the inputs of the second and later layers, whole features of a text.
    norm : {"none", "layer"}
        After each layer.
    """

    def __init__(
        self,
        cell: str,
        n_inputs: int,
        n_hidden: int,
        n_layers: int,
        bidirectional: bool,
        residual: bool,
        dropout: float,
        norm: str,
    ):
        super().__init__()
        self.residual = residual
        self.n_outputs = n_hidden * (2 if bidirectional else 1)
        sizes = [n_inputs] + [self.n_outputs] * (n_layers - 1)
        self.ahead = nn.ModuleList(
            recurrent_layer(cell, size, n_hidden) for size in sizes
        )
        self.back = nn.ModuleList(
            recurrent_layer(cell, size, n_hidden)
            for size in (sizes if bidirectional else [])
        )
        self.norms = nn.ModuleList(Norm(norm, self.n_outputs) for _ in sizes)
        self.dropout = Dropout(dropout, shared_axis=1)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the states of all tokens, (rows, tokens, n_outputs).

        Parameters
        ----------
        x : Tensor of shape (rows, tokens, n_inputs)
        lengths : Tensor of shape (rows,)
        """
        turned = _reversal(lengths, x.shape[1]) if len(self.back) else None
        for number, ahead in enumerate(self.ahead):
            source = self.dropout(x) if number else x
            y = _run(ahead, source)
            if turned is not None:
                backward = _run(self.back[number], _turn(source, turned))
                y = torch.cat([y, _turn(backward, turned)], dim=-1)
            y = self.norms[number](y)
            x = x + y if self.residual and x.shape[-1] == y.shape[-1] else y
        return x

    def first_states(self, x: Tensor, lengths: Tensor) -> list[Tensor]:
        """Return the first layer's states, one tensor per direction."""
        states = [_run(self.ahead[0], x)]
        if len(self.back):
            turned = _reversal(lengths, x.shape[1])
            states.append(_turn(_run(self.back[0], _turn(x, turned)), turned))
        return states


def recurrent_layer(cell: str, n_inputs: int, n_hidden: int) -> nn.Module:
    """Return one direction of a layer: steps first, as torch's own.

    Raises
    ------
    ValueError
        When there is no cell of that name.
    """
    if cell in FUSED:
        return FUSED[cell](n_inputs, n_hidden)
    if cell in CELLS:
        return CellLayer(cell, n_inputs, n_hidden)
    names = [*FUSED, *CELLS]
    raise ValueError(
        f"unknown cell {cell!r}{did_you_mean(cell, names)}; known: {', '.join(names)}"
    )


def _run(layer: nn.Module, x: Tensor) -> Tensor:
    """Return a layer's states for rows-first input."""
    states: Tensor = layer(x.transpose(0, 1))[0]
    return states.transpose(0, 1)


def _reversal(lengths: Tensor, n_tokens: int) -> Tensor:
    """Return the places that reverse each text and leave its padding where it is."""
    place = torch.arange(n_tokens, device=lengths.device).expand(len(lengths), -1)
    return torch.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)


def _turn(x: Tensor, places: Tensor) -> Tensor:
    return x.gather(1, places[:, :, None].expand_as(x))
