"""Multilayer perceptrons for tables of numbers and categories."""

from collections.abc import Sequence
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


class _TableMLP(WatchedFitMixin, BaseEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {
        "loss": [one_of(LOSSES), None],
        "activation": [one_of(ACTIVATIONS), None],
    }

    def __init__(
        self,
        hidden: Sequence[int] = (128, 128),
        n_members: int = 4,
        n_cycles: int = 3,
        first_cycle: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float = 0.1,
        dropout: float = 0.3,
        batch_size: int = 256,
        activation: str | None = None,
        loss: str | None = None,
        n_jobs: int = 1,
        random_state: int | None = None,
    ):
        self.hidden = hidden
        self.n_members = n_members
        self.n_cycles = n_cycles
        self.first_cycle = first_cycle
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.batch_size = batch_size
        self.activation = activation
        self.loss = loss
        self.n_jobs = n_jobs
        self.random_state = random_state

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

    def _train(
        self,
        X: Sequence[Array],
        y: Array,
        weight: Array | None,
        after_cycle: Any = None,
    ) -> None:
        """Train on what `_read` and `_targets` returned; keep the weights as arrays."""
        require("torch", extra="text")
        from ensemble_kit.models.table_nets.table_training import train_members

        self.activation_ = self.activation or self._activation
        recipe = {
            "loss": self.loss or self._loss,
            "activation": self.activation_,
            "learning_rate": self.learning_rate or self._rate,
            "weight_decay": self.weight_decay,
            "dropout": self.dropout,
            "batch_size": self.batch_size,
            "first_cycle": self.first_cycle or first_cycle(len(y)),
            "n_cycles": self.n_cycles,
        }
        sizes = [len(self.inputs_.levels[p]) for p in self.inputs_.large]
        shape = (sizes, tuple(self.hidden), self.n_outputs_, self.n_members)
        rows = np.ones(len(y)) if weight is None else weight / weight.mean()
        keep = None if after_cycle is None else self._keeper(after_cycle)
        with torch_threads(self.n_jobs):
            self.weights_ = train_members(
                X, y, rows, shape, recipe, self.random_state, keep
            )

    def _keeper(self, after_cycle: Any) -> Any:
        """Return a function that keeps the weights of a cycle before it is judged."""

        def keep(n_cycles: int, weights: dict[str, NDArray[np.float32]]) -> bool:
            self.weights_ = weights
            return after_cycle(n_cycles)

        return keep

    def _outputs(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return raw outputs of shape (n_members, n_rows, n_outputs)."""
        check_is_fitted(self)
        from ensemble_kit.models.table_nets.table_training import member_outputs

        parts = self._read(X)
        with torch_threads(self.n_jobs):
            return member_outputs(self.weights_, parts, self.activation_)


class TableMLPClassifier(ProbabilityClassifierMixin, _TableMLP):
    """Classify with multilayer perceptrons in the manner of RealMLP.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers.
    n_members : int
        Networks trained side by side from different weights on differently shuffled
        rows; their probabilities are averaged. Time grows with it.
    n_cycles : int
        Learning-rate cycles, each twice as long as the one before. A probe finds it;
        lower it where the network overfits.
    first_cycle : int, optional
        Epochs of the first cycle; by default 8, fewer above 12,000 rows.
    learning_rate : float, optional
        By default 0.04 for classes and 0.1 for values, in neural tangent
        parametrisation.
    weight_decay, dropout : float
    batch_size : int
    activation : {"selu", "mish", "relu"}, optional
        By default "selu" for classes and "mish" for values.
    loss : {"log_loss"} or {"squared_error", "absolute_error"}, optional
    n_jobs : int
        Threads; one is fastest on busy machines.
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray
    weights_ : dict of ndarray
        Every tensor with a leading axis of members.

    Notes
    -----
    Frames may hold ``category`` columns; arrays are all numbers; missing values are
    welcome. Needs torch. After Holzmüller et al. 2024, arXiv:2407.04491, with
    narrower layers, more dropout and decay, and shorter cycles: log loss overfits
    sooner than the error rate their recipe was chosen by.

    Examples
    --------
    >>> from ensemble_kit.models.table_nets.table_mlp import TableMLPClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 20, ["a", "a", "b", "b"] * 20
    >>> model = TableMLPClassifier(hidden=(16,), n_cycles=2, random_state=0)
    >>> model.fit(X, y).predict([[0.2], [2.8]]).tolist()
    ['a', 'b']
    """

    _activation, _loss, _rate = "selu", "log_loss", 0.04

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        return softmax(self._outputs(X), axis=2).mean(axis=0)

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        self.classes_, codes = encode_labels(y)
        self.n_outputs_ = len(self.classes_)
        return codes


class TableMLPRegressor(RegressorMixin, ScaledTargetMixin, _TableMLP):
    """Predict numbers with multilayer perceptrons in the manner of RealMLP.

    The target is fitted in units of its standard deviation, and predictions stay
    within the range of the training targets. See `TableMLPClassifier`.

    Examples
    --------
    >>> from ensemble_kit.models.table_nets.table_mlp import TableMLPRegressor
    >>> X, y = [[0.0], [1.0]] * 40, [0.0, 10.0] * 40
    >>> model = TableMLPRegressor(hidden=(16,), n_cycles=2, random_state=0)
    >>> model.fit(X, y).predict([[1.0]]).round()
    array([10.])
    """

    _activation, _loss, _rate = "mish", "squared_error", 0.1

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
def torch_threads(n_jobs: int) -> Any:
    """Let torch use this many threads, and its own number again afterwards."""
    torch = require("torch", extra="text")
    before = torch.get_num_threads()
    torch.set_num_threads(max(n_jobs, 1))
    try:
        yield
    finally:
        torch.set_num_threads(before)
