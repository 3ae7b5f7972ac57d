"""What estimators of networks on tables share: reading, training, predicting."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.exceptions import require
from ensemble_kit.models.boosting.aligned_tables import read_table
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    encode_labels,
)
from ensemble_kit.models.output_losses import LOSSES
from ensemble_kit.models.probes.watched_fit import WatchedFitMixin
from ensemble_kit.models.table_nets.table_inputs import learn_inputs
from ensemble_kit.models.target_scale import ScaledTargetMixin
from ensemble_kit.parameter_limits import Limits, one_of

ROWS_OF_A_CYCLE = 100_000
ACTIVATIONS = ("selu", "mish", "relu")


class TableNetwork(WatchedFitMixin, BaseEstimator):
    """Several networks on a table, trained side by side in cycles.

    A subclass has the parameters named below, says its own activation and rate, and
    makes its network.
    """

    _parameter_constraints: ClassVar[Limits] = {
        "loss": [one_of(LOSSES), None],
        "activation": [one_of(ACTIVATIONS), None],
    }

    _activation: str
    _loss: str
    _rate: float

    hidden: Sequence[int]
    n_members: int
    n_cycles: int
    first_cycle: int | None
    learning_rate: float | None
    weight_decay: float
    dropout: float
    batch_size: int
    activation: str | None
    loss: str | None
    n_jobs: int
    random_state: int | None
    n_outputs_: int

    def _network(self) -> Any:
        """Return the `table_network.Network` for what has been read."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.non_deterministic = self.random_state is None
        return tags

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return arrays of numbers, 0/1 columns and level numbers."""
        X = read_table(self, X, reset, accept_sparse=False)
        if reset:
            self.inputs_ = learn_inputs(X)
        return self.inputs_.transform(X)

    def _sizes(self) -> Any:
        """Return the `table_network.Sizes` of what has been read."""
        from ensemble_kit.models.table_nets.table_network import Sizes

        return Sizes(
            self.inputs_.n_numbers,
            self.inputs_.n_flags,
            [len(self.inputs_.levels[p]) for p in self.inputs_.large],
            tuple(self.hidden),
            self.n_outputs_,
            self.n_members,
        )

    def _train(
        self,
        X: Sequence[Array],
        y: Array,
        weights: Array | None,
        after_pass: Callable[[int], bool] | None = None,
    ) -> None:
        """Train on what `_read` and `_targets` returned; keep the weights as arrays."""
        require("torch", extra="text")
        from ensemble_kit.models.table_nets.table_training import train_members

        self.activation_ = self.activation or self._activation
        recipe = {
            "loss": self.loss or self._loss,
            "learning_rate": self.learning_rate or self._rate,
            "weight_decay": self.weight_decay,
            "dropout": self.dropout,
            "batch_size": self.batch_size,
            "first_cycle": self.first_cycle or first_cycle(len(y)),
            "n_cycles": self.n_cycles,
        }
        rows = np.ones(len(y)) if weights is None else weights / weights.mean()
        keep = None if after_pass is None else self._keeper(after_pass)
        with torch_threads(self.n_jobs):
            self.weights_ = train_members(
                self._network(), X, y, rows, recipe, self.random_state, keep
            )

    def _keeper(
        self, after_pass: Callable[[int], bool]
    ) -> Callable[[int, dict[str, NDArray[np.float32]]], bool]:
        """Return a function that keeps the weights of a cycle before it is judged."""

        def keep(n_cycles: int, weights: dict[str, NDArray[np.float32]]) -> bool:
            self.weights_ = weights
            return after_pass(n_cycles)

        return keep

    def _outputs(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return raw outputs of shape (n_members, n_rows, n_outputs)."""
        check_is_fitted(self)
        from ensemble_kit.models.table_nets.table_training import member_outputs

        parts = self._read(X)
        with torch_threads(self.n_jobs):
            return member_outputs(self._network(), self.weights_, parts)


class TableNetworkClassifier(ProbabilityClassifierMixin, TableNetwork):
    """Networks that give probabilities: the mean over the members."""

    _loss = "log_loss"

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        return softmax(self._outputs(X), axis=2).mean(axis=0)

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        self.classes_, codes = encode_labels(y)
        self.n_outputs_ = len(self.classes_)
        return codes


class TableNetworkRegressor(RegressorMixin, ScaledTargetMixin, TableNetwork):
    """Networks that give values: the mean over the members.

    The target is fitted in units of its standard deviation, and predictions stay
    within the range of the training targets.
    """

    _loss = "squared_error"

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        outputs = self._outputs(X)[:, :, 0].mean(axis=0)
        return self._restored(outputs)

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        return super()._targets(y).astype(np.float32)


def first_cycle(n_rows: int) -> int:
    """Return the epochs of the first cycle: fewer where there are many rows."""
    return int(np.clip(ROWS_OF_A_CYCLE // max(n_rows, 1), 2, 8))


@contextmanager
def torch_threads(n_jobs: int) -> Iterator[None]:
    """Let torch use this many threads, and its own number again afterwards."""
    torch = require("torch", extra="text")
    before = torch.get_num_threads()
    torch.set_num_threads(max(n_jobs, 1))
    try:
        yield
    finally:
        torch.set_num_threads(before)
