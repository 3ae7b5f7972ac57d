"""Small layers of the text networks: local dropout, norms, pooling, start values."""

import math

import torch
from torch import Tensor, nn

from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.models.text_nets.networks.recurrent_cells import (
    FORGET_GATES,
    CellLayer,
)

POOLINGS = ("last", "mean", "max", "attention")


class Dropout(nn.Module):
    """Dropout that draws from a generator of its own.

    Parameters
    ----------
    rate : float
    shared_axis : int, optional
        The axis along which one mask is shared: the tokens, for spatial dropout.
    """

    def __init__(self, rate: float, shared_axis: int | None = None):
        super().__init__()
        self.rate = rate
        self.shared_axis = shared_axis
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return x with some features at zero and the others scaled up."""
        if not self.training or not self.rate:
            return x
        shape = list(x.shape)
        if self.shared_axis is not None:
            shape[self.shared_axis] = 1
        keep = 1 - self.rate
        mask = torch.empty(shape, device=x.device, dtype=x.dtype)
        return x * mask.bernoulli_(keep, generator=self.generator).div_(keep)


class Norm(nn.Module):
    """Layer norm, batch norm or nothing, over the last axis.

    Batch norm keeps to its running statistics for a batch of one row.
    """

    def __init__(self, name: str, n_features: int):
        super().__init__()
        kinds = {"none": nn.Identity, "layer": nn.LayerNorm, "batch": nn.BatchNorm1d}
        if name not in kinds:
            raise ValueError(f"unknown norm {name!r}; known: {', '.join(kinds)}")
        self.norm = kinds[name](n_features)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised."""
        alone = isinstance(self.norm, nn.BatchNorm1d) and len(x) == 1
        if alone and self.training:
            self.norm.eval()
            y = self.norm(x)
            self.norm.train()
            return y
        return self.norm(x)


class Pooling(nn.Module):
    """A text's states as one vector: parts joined by "+" in the name.

    Parameters
    ----------
    name : str
        Such as "max+mean+attention". "last" is the last state of each direction.
    n_features : int
    bidirectional : bool
        Whether the second half of the features was read backwards.
    """

    def __init__(self, name: str, n_features: int, bidirectional: bool):
        super().__init__()
        self.parts = name.split("+")
        for part in self.parts:
            if part not in POOLINGS:
                hint = did_you_mean(part, POOLINGS)
                raise ValueError(f"unknown pooling {part!r}{hint}")
        self.bidirectional = bidirectional
        self.n_outputs = n_features * len(self.parts)
        if "attention" in self.parts:
            self.query = nn.Linear(n_features, 1, bias=False)

    def forward(self, states: Tensor, lengths: Tensor) -> Tensor:
        """Return (rows, n_outputs); an empty text gives zeros."""
        places = torch.arange(states.shape[1], device=states.device)
        mask = (places < lengths[:, None])[:, :, None]
        pooled = [
            getattr(self, f"_{part}")(states, mask, lengths) for part in self.parts
        ]
        return torch.cat(pooled, dim=-1) * (lengths > 0)[:, None]

    def _mean(self, states: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        return (states * mask).sum(1) / lengths.clamp(min=1)[:, None]

    def _max(self, states: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        return states.masked_fill(~mask, -1e4).amax(1)

    def _attention(self, states: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        scores = self.query(states).masked_fill(~mask, -1e4)
        return (states * scores.softmax(1) * mask).sum(1)

    def _last(self, states: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        end = (lengths - 1).clamp(min=0)
        last = states[torch.arange(len(states), device=states.device), end]
        if not self.bidirectional:
            return last
        half = states.shape[-1] // 2
        return torch.cat([last[:, :half], states[:, 0, half:]], dim=-1)


def attach_generator(network: nn.Module, generator: torch.Generator) -> None:
    """Make every dropout of a network draw from one generator."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = generator


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Give every weight of a network its start value.

    Input matrices are Glorot uniform, recurrent ones orthogonal per gate, forget
    gates start open (bias 1, Jozefowicz et al. 2015), embeddings are normal with
    deviation 0.1.
    """
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.Embedding):
            module.weight.normal_(0, 0.1, generator=generator)
        elif isinstance(module, nn.LayerNorm | nn.BatchNorm1d):
            module.reset_parameters()
    for module in network.modules():
        if isinstance(module, nn.RNNBase):
            _initialise_fused(module, generator)
        elif isinstance(module, CellLayer):
            _initialise_cell(module, generator)


def _initialise_fused(layer: nn.RNNBase, generator: torch.Generator) -> None:
    size = layer.hidden_size
    for gate in range(layer.weight_ih_l0.shape[0] // size):
        rows = slice(gate * size, (gate + 1) * size)
        nn.init.xavier_uniform_(layer.weight_ih_l0[rows], generator=generator)
        nn.init.orthogonal_(layer.weight_hh_l0[rows], generator=generator)
    layer.bias_ih_l0.zero_()
    layer.bias_hh_l0.zero_()
    if isinstance(layer, nn.LSTM):
        layer.bias_ih_l0[size : 2 * size] = 1.0


def _initialise_cell(layer: CellLayer, generator: torch.Generator) -> None:
    for matrix in layer.recurrent:
        nn.init.orthogonal_(matrix, generator=generator)
    for gate in layer.inputs.weight.split(layer.n_hidden):
        bound = math.sqrt(6 / (gate.shape[0] + gate.shape[1]))
        gate.uniform_(-bound, bound, generator=generator)
    for name in ("peepholes", "bias"):
        if hasattr(layer, name):
            getattr(layer, name).zero_()
    if layer.cell in FORGET_GATES:
        gate = FORGET_GATES[layer.cell] * layer.n_hidden
        layer.inputs.bias[gate : gate + layer.n_hidden] = 1.0
