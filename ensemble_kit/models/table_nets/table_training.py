"""Training of the table networks: cycles of doubling length.

The learning rate falls and rises along RealMLP's ``coslog`` curve, which is a row of
cosine waves each twice as long as the one before. It is zero at the end of every
cycle, so one long training passes through all shorter ones: a probe reads the best
number of cycles off a single run, and a fold trains exactly that many.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from ensemble_kit.arrays import RandomState
from ensemble_kit.models.table_nets.table_network import Network, mean_loss

Arrays = dict[str, NDArray[np.float32]]


class Inputs(NamedTuple):
    """Numbers, 0/1 columns and level numbers, of shape (n_rows, n_columns)."""

    numbers: torch.Tensor
    flags: torch.Tensor
    codes: torch.Tensor

    def take(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """Return the inputs at (n_orders, n_rows) places."""
        return [part[rows] for part in self]


class Recipe(NamedTuple):
    """How to train; see ``TableMLPClassifier``."""

    loss: str
    learning_rate: float
    weight_decay: float
    dropout: float
    batch_size: int
    first_cycle: int
    n_cycles: int


def train_members(
    network: Network,
    X: Sequence[NDArray[Any]],
    y: NDArray[Any],
    row_weights: NDArray[Any],
    recipe: dict[str, Any],
    random_state: RandomState,
    after_cycle: Callable[[int, Arrays], bool] | None = None,
) -> Arrays:
    """Return trained weights as arrays.

    Parameters
    ----------
    network : Network
    X : (numbers, flags, codes)
    recipe : fields of `Recipe`
    after_cycle : callable, optional
        Told the number of cycles done and the weights so far; says whether to stop.
    """
    inputs = to_inputs(X)
    generator = torch.Generator().manual_seed(_seed(random_state))
    rows = torch.from_numpy(np.asarray(row_weights, dtype=np.float32))
    run = Run(network, inputs, torch.from_numpy(y), rows, Recipe(**recipe), generator)
    run.train(after_cycle)
    return run.arrays()


class Run:
    """One training: weights, data, optimizer and the random stream."""

    def __init__(
        self,
        network: Network,
        inputs: Inputs,
        targets: torch.Tensor,
        row_weights: torch.Tensor,
        recipe: Recipe,
        generator: torch.Generator,
    ):
        self.network = network
        weights = network.initial_weights(generator)
        self.weights = {k: w.requires_grad_(True) for k, w in weights.items()}
        self.inputs, self.targets, self.row_weights = inputs, targets, row_weights
        self.recipe, self.generator = recipe, generator
        groups = network.parameter_groups(
            weights, recipe.learning_rate, recipe.weight_decay
        )
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95), fused=True)

    def train(self, after_cycle: Callable[[int, Arrays], bool] | None) -> None:
        """Train cycle after cycle."""
        for cycle in range(self.recipe.n_cycles):
            epochs = self.recipe.first_cycle * 2**cycle
            for epoch in range(epochs):
                self._epoch(epoch / epochs, 1 / epochs)
            if after_cycle is not None and after_cycle(cycle + 1, self.arrays()):
                return

    def arrays(self) -> Arrays:
        """Return a copy of the weights as arrays."""
        return {k: w.detach().numpy().copy() for k, w in self.weights.items()}

    def _epoch(self, place: float, length: float) -> None:
        """Pass over all rows once, at a place of the cycle."""
        n_rows = len(self.targets)
        n_batches = math.ceil(n_rows / self.recipe.batch_size)
        for number, rows in enumerate(self._order(n_rows).tensor_split(n_batches, 1)):
            self._step(rows, place + length * number / n_batches)

    def _order(self, n_rows: int) -> torch.Tensor:
        """Return random orders of the rows, of shape (n_orders, n_rows)."""
        wanted = range(self.network.n_orders)
        orders = [torch.randperm(n_rows, generator=self.generator) for _ in wanted]
        return torch.stack(orders)

    def _step(self, rows: torch.Tensor, place: float) -> None:
        """Take one step on (n_orders, n_rows) rows."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * 0.5 * (1 - math.cos(2 * math.pi * place))
        self.optimizer.zero_grad()
        inputs = self.inputs.take(rows)
        outputs = self.network.outputs(
            self.weights, inputs, self.recipe.dropout, self.generator
        )
        targets, row_weights = self.targets[rows], self.row_weights[rows]
        mean_loss(outputs, targets, row_weights, self.recipe.loss).backward()
        self.optimizer.step()


def member_outputs(
    network: Network, weights: Arrays, parts: Sequence[NDArray[Any]]
) -> NDArray[np.float64]:
    """Return outputs of shape (n_members, n_rows, n_outputs).

    In double precision, so that a row's outputs do not hang on the rows beside it.
    """
    tensors = {
        name: torch.from_numpy(array).double() for name, array in weights.items()
    }
    inputs, outputs = to_inputs(parts), []
    with torch.no_grad():
        for rows in torch.arange(len(inputs.numbers)).split(network.rows_at_once):
            numbers, flags, codes = inputs.take(rows.expand(network.n_orders, -1))
            parts_of_rows = [numbers.double(), flags.double(), codes]
            outputs.append(network.outputs(tensors, parts_of_rows))
    return torch.cat(outputs, dim=1).numpy()


def to_inputs(parts: Sequence[NDArray[Any]]) -> Inputs:
    """Return arrays as tensors."""
    return Inputs(*(torch.from_numpy(np.ascontiguousarray(part)) for part in parts))


def _seed(random_state: RandomState) -> int:
    """Return a seed for torch from anything scikit-learn takes as random state."""
    return int(check_random_state(random_state).randint(2**31 - 1))
