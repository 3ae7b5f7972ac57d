"""TabM: many multilayer perceptrons that share their matrices.

Gorishniy, Kotelnikov and Babenko 2024, arXiv:2410.24210. Every layer has one matrix W
for all members; a member m has but the vectors r, s and b of its own, the adapters of
BatchEnsemble (Wen et al. 2020, arXiv:2002.06715):

    layer(x) = s_m * ((x * r_m) W) + b_m

and a last layer of its own. At first members differ by r of the first layer and by
the last one alone. Numbers are embedded piecewise linearly between quantiles
(Gorishniy et al. 2022, arXiv:2203.05556), by one embedding for all members.
"""

from typing import Any, NamedTuple

import torch

from ensemble_kit.models.table_nets.number_bins import Bins
from ensemble_kit.models.table_nets.table_network import (
    ACTIVATIONS,
    LEVEL_SIZE,
    Sizes,
    Weights,
    drop,
)

ROWS_AT_ONCE = 16_384  # of all members together


class TabMNetwork(NamedTuple):
    """Perceptrons that share their matrices; see the module.

    Parameters
    ----------
    sizes : Sizes
    activation : str
    bins : Bins, optional
        Without them numbers stay as they are.
    embedding : int
        Width of the embedding of one number.
    shared_rows : bool
        Whether all members learn from the same rows at a time.
    """

    sizes: Sizes
    activation: str
    bins: Bins | None
    embedding: int
    shared_rows: bool = True

    @property
    def n_orders(self) -> int:
        """Return the number of members, or 1 where they share the rows."""
        return 1 if self.shared_rows else self.sizes.n_members

    @property
    def rows_at_once(self) -> int:
        """Return how many rows are predicted at once."""
        return max(1, ROWS_AT_ONCE // self.sizes.n_members)

    def initial_weights(self, generator: torch.Generator) -> Weights:
        """Return random weights of float32, by name."""
        n_members, n_numbers = self.sizes.n_members, self.sizes.n_numbers

        def uniform(size: int, *shape: int) -> torch.Tensor:
            values = torch.rand(*shape, generator=generator)
            return (2 * values - 1) * size**-0.5

        weights: Weights = {}
        if self.bins is not None and n_numbers:
            shape = (n_numbers, self.embedding)
            weights["line"] = uniform(self.embedding, *shape)
            weights["start"] = uniform(self.embedding, *shape)
            weights["pieces"] = torch.zeros(
                n_numbers, self.bins.low.shape[1], self.embedding
            )
        for place, size in enumerate(self.sizes.n_levels):
            table = torch.randn(size + 1, LEVEL_SIZE, generator=generator)
            weights[f"level_{place}"] = 0.3 * table
        widths = self._input_widths()
        size = sum(widths)
        for depth, width in enumerate(self.sizes.hidden):
            ones = torch.ones(n_members, 1, size)
            weights[f"r_{depth}"] = ones if depth else self._first_r(widths, generator)
            weights[f"weight_{depth}"] = uniform(size, size, width)
            weights[f"s_{depth}"] = torch.ones(n_members, 1, width)
            bias = uniform(size, 1, 1, width)
            weights[f"bias_{depth}"] = bias.repeat(n_members, 1, 1)
            size = width
        n_outputs = self.sizes.n_outputs
        weights["weight_out"] = uniform(size, n_members, size, n_outputs)
        weights["bias_out"] = uniform(size, n_members, 1, n_outputs)
        return weights

    def outputs(
        self,
        weights: Weights,
        inputs: list[torch.Tensor],
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Return outputs of shape (n_members, n_rows, n_outputs)."""
        activation = ACTIVATIONS[self.activation]
        values = self._embed(weights, *inputs)
        for depth in range(len(self.sizes.hidden)):
            values = activation(_layer(weights, depth, values))
            if dropout and generator is not None:
                values = drop(values, dropout, generator)
        return torch.baddbmm(weights["bias_out"], values, weights["weight_out"])

    def parameter_groups(
        self, weights: Weights, rate: float, decay: float
    ) -> list[dict[str, Any]]:
        """Return weights of one learning rate, decay on matrices alone."""
        parts: dict[bool, list[torch.Tensor]] = {True: [], False: []}
        for name, tensor in weights.items():
            parts[name.startswith("weight")].append(tensor)
        return [
            {
                "params": tensors,
                "lr": rate,
                "peak": rate,
                "weight_decay": decay if is_matrix else 0.0,
            }
            for is_matrix, tensors in parts.items()
        ]

    def _input_widths(self) -> list[int]:
        """Return how many columns of the first layer each column of the table has."""
        embedding = 1 if self.bins is None else self.embedding
        numbers = [embedding] * self.sizes.n_numbers
        levels = [LEVEL_SIZE] * len(self.sizes.n_levels)
        return numbers + [1] * self.sizes.n_flags + levels

    def _first_r(self, widths: list[int], generator: torch.Generator) -> torch.Tensor:
        """Return what members differ by at first: a factor for each column.

        Normal where numbers are embedded, else 1 or -1, as the authors have it.
        """
        drawn = torch.randn(self.sizes.n_members, 1, len(widths), generator=generator)
        factors = torch.sign(drawn) if self.bins is None else drawn
        return factors.repeat_interleave(torch.tensor(widths), dim=2)

    def _embed(
        self,
        weights: Weights,
        numbers: torch.Tensor,
        flags: torch.Tensor,
        codes: torch.Tensor,
    ) -> torch.Tensor:
        """Return the first layer's inputs, (n_orders, n_rows, sum of the widths)."""
        if self.bins is not None and numbers.shape[-1]:
            pieces = encode(self.bins, numbers)
            lines = torch.addcmul(weights["start"], numbers[..., None], weights["line"])
            bent = torch.einsum("orfb,fbe->orfe", pieces, weights["pieces"])
            numbers = (lines + bent).flatten(2)
        tables = [
            weights[f"level_{place}"][codes[..., place]]
            for place in range(codes.shape[-1])
        ]
        return torch.cat([numbers, flags, *tables], dim=-1)


def _layer(weights: Weights, depth: int, values: torch.Tensor) -> torch.Tensor:
    """Return a layer's outputs, each member's adapters multiplied into the matrix.

    A batch has more rows than a matrix: so fewer numbers are multiplied than if the
    adapters were multiplied into the rows.
    """
    r, s = weights[f"r_{depth}"], weights[f"s_{depth}"]
    matrices = r.transpose(1, 2) * weights[f"weight_{depth}"] * s
    rows = values.expand(len(matrices), -1, -1)
    return torch.baddbmm(weights[f"bias_{depth}"], rows, matrices)


def encode(bins: Bins, numbers: torch.Tensor) -> torch.Tensor:
    """Return how much of each piece lies below, of shape (..., n_numbers, n_bins)."""
    low = torch.from_numpy(bins.low).to(numbers.dtype)
    steepness = torch.from_numpy(bins.steepness).to(numbers.dtype)
    return ((numbers[..., None] - low) * steepness).clamp_(0, 1)
