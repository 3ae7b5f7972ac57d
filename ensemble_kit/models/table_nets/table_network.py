"""Multilayer perceptrons on tables, several at once, as functions of their weights.

The recipe is RealMLP's (Holzmüller et al. 2024, arXiv:2407.04491): every number goes
through a small periodic embedding, a learnt scale stands in front, the layers are in
neural tangent parametrisation, activations are parametric and the last layer starts
at zero. Each tensor has a leading axis of members, which share nothing.
"""

from typing import Any, NamedTuple, Protocol

import torch
from torch.nn import functional

ACTIVATIONS = {
    "selu": functional.selu,
    "mish": functional.mish,
    "relu": functional.relu,
}
PERIODIC, EMBEDDED, LEVEL_SIZE = 16, 3, 8
RATES = {
    "scale": 6.0,
    "bias": 0.1,
    "slope": 0.1,
    "wave": 0.1,
    "weight": 1.0,
    "level": 1.0,
}

Weights = dict[str, torch.Tensor]


class Network(Protocol):
    """What training and prediction ask of networks that stand side by side.

    Inputs have the shape (n_orders, n_rows, n_columns): rows in an order of each
    member's own, or in one for all of them, where ``n_orders`` is 1.
    """

    @property
    def n_orders(self) -> int:
        """Return in how many orders the rows are asked for."""

    @property
    def rows_at_once(self) -> int:
        """Return how many rows are predicted at once."""

    def initial_weights(self, generator: torch.Generator) -> Weights:
        """Return random weights of float32, by name."""

    def outputs(
        self,
        weights: Weights,
        inputs: list[torch.Tensor],
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Return outputs of shape (n_members, n_rows, n_outputs)."""

    def parameter_groups(
        self, weights: Weights, rate: float, decay: float
    ) -> list[dict[str, Any]]:
        """Return an optimizer's groups of weights, each with its learning rate."""


class Sizes(NamedTuple):
    """How large networks are.

    Parameters
    ----------
    n_numbers, n_flags : int
        Columns of numbers, and of 0 and 1.
    n_levels : list of int
        Of each embedded category.
    hidden : tuple of int
    n_outputs, n_members : int
    """

    n_numbers: int
    n_flags: int
    n_levels: list[int]
    hidden: tuple[int, ...]
    n_outputs: int
    n_members: int


class MLPNetwork(NamedTuple):
    """Multilayer perceptrons that share nothing; see the module."""

    sizes: Sizes
    activation: str

    @property
    def n_orders(self) -> int:
        """Return the number of members: each has an order of rows of its own."""
        return self.sizes.n_members

    @property
    def rows_at_once(self) -> int:
        """Return how many rows are predicted at once."""
        return 4096

    def initial_weights(self, generator: torch.Generator) -> Weights:
        """Return random weights of float32, by name."""
        return initial_weights(*self.sizes, generator)

    def outputs(
        self,
        weights: Weights,
        inputs: list[torch.Tensor],
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Return outputs of shape (n_members, n_rows, n_outputs)."""
        numbers, flags, codes = inputs
        activation = ACTIVATIONS[self.activation]
        return forward(weights, numbers, flags, codes, activation, dropout, generator)

    def parameter_groups(
        self, weights: Weights, rate: float, decay: float
    ) -> list[dict[str, Any]]:
        """Return a learning rate by kind of weight, decay on matrices alone."""
        return parameter_groups(weights, rate, decay)


def initial_weights(
    n_numbers: int,
    n_flags: int,
    n_levels: list[int],
    hidden: tuple[int, ...],
    n_outputs: int,
    n_members: int,
    generator: torch.Generator,
) -> Weights:
    """Return random weights of float32, by name."""

    def normal(*shape: int, scale: float = 1.0) -> torch.Tensor:
        return scale * torch.randn(n_members, *shape, generator=generator)

    weights: Weights = {}
    if n_numbers:
        weights["wave_frequency"] = normal(n_numbers, PERIODIC, scale=0.1)
        phase = torch.rand(n_members, n_numbers, PERIODIC, generator=generator)
        weights["wave_phase"] = phase - 0.5
        weights["wave_mix"] = normal(n_numbers, PERIODIC, EMBEDDED) / PERIODIC**0.5
    for place, size in enumerate(n_levels):
        weights[f"level_{place}"] = normal(size + 1, LEVEL_SIZE, scale=0.3)
    size = n_numbers * (EMBEDDED + 1) + n_flags + len(n_levels) * LEVEL_SIZE
    weights["scale"] = torch.ones(n_members, 1, size)
    for depth, width in enumerate(hidden):
        weights[f"weight_{depth}"] = normal(size, width)
        weights[f"bias_{depth}"] = normal(1, width)
        weights[f"slope_{depth}"] = torch.ones(n_members, 1, width)
        size = width
    weights["weight_out"] = torch.zeros(n_members, size, n_outputs)
    weights["bias_out"] = torch.zeros(n_members, 1, n_outputs)
    return weights


def forward(
    weights: Weights,
    numbers: torch.Tensor,
    flags: torch.Tensor,
    codes: torch.Tensor,
    activation: Any,
    dropout: float = 0.0,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Return outputs of shape (n_members, n_rows, n_outputs).

    Parameters
    ----------
    numbers, flags, codes : Tensor of shape (n_members, n_rows, n_columns)
    activation : callable
    dropout : float
        Share of hidden values set to zero; only with a ``generator``.
    """
    parts = [flags]
    if numbers.shape[2]:
        parts += [numbers, periodic(weights, numbers)]
    for place in range(codes.shape[2]):
        parts.append(_rows(weights[f"level_{place}"], codes[:, :, place]))
    values = torch.cat(parts, dim=2) * weights["scale"]
    depth = 0
    while f"weight_{depth}" in weights:
        values = linear(values, weights[f"weight_{depth}"], weights[f"bias_{depth}"])
        slope = weights[f"slope_{depth}"]
        values = values + slope * (activation(values) - values)
        if dropout and generator is not None:
            values = drop(values, dropout, generator)
        depth += 1
    return linear(values, weights["weight_out"], weights["bias_out"])


def periodic(weights: Weights, numbers: torch.Tensor) -> torch.Tensor:
    """Return the numbers' embeddings, (n_members, n_rows, n_numbers * EMBEDDED)."""
    frequency, phase = weights["wave_frequency"], weights["wave_phase"]
    angle = numbers.transpose(1, 2)[..., None] * frequency[:, :, None, :]
    waves = torch.cos(2 * torch.pi * (angle + phase[:, :, None, :]))
    mixed = waves @ weights["wave_mix"]
    return mixed.transpose(1, 2).flatten(2)


def linear(
    values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
) -> torch.Tensor:
    """Return a layer in neural tangent parametrisation."""
    return torch.baddbmm(bias, values, weight, alpha=weight.shape[1] ** -0.5)


def mean_loss(
    outputs: torch.Tensor, targets: torch.Tensor, row_weights: torch.Tensor, loss: str
) -> torch.Tensor:
    """Return the members' summed mean losses over (n_members, n_rows, n_outputs).

    Targets and weights of rows have the shape (n_orders, n_rows).
    """
    targets = targets.expand(outputs.shape[:2])
    if loss == "log_loss":
        losses = functional.cross_entropy(
            outputs.flatten(0, 1), targets.flatten(), reduction="none"
        ).reshape(targets.shape)
    else:
        errors = outputs[:, :, 0] - targets
        losses = errors.abs() if loss == "absolute_error" else errors.square()
    return (losses * row_weights).mean(dim=1).sum()


def parameter_groups(
    weights: Weights, rate: float, decay: float
) -> list[dict[str, Any]]:
    """Return optimizer groups: a learning rate by kind, decay on matrices alone."""
    return [
        {
            "params": [tensor],
            "lr": rate * RATES[name.partition("_")[0]],
            "peak": rate * RATES[name.partition("_")[0]],
            "weight_decay": decay if name.startswith("weight") else 0.0,
        }
        for name, tensor in weights.items()
    ]


def _rows(table: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Return each member's own rows of its own table."""
    wide = codes[:, :, None].expand(-1, -1, table.shape[2])
    return torch.gather(table, 1, wide)


def drop(
    values: torch.Tensor, share: float, generator: torch.Generator
) -> torch.Tensor:
    """Return values of which a share is zero, the others larger by as much."""
    stays = torch.rand(values.shape, generator=generator) >= share
    return values * stays / (1 - share)
