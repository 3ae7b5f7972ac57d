"""Multilayer perceptrons on sparse input: texts, one-hot categories, numbers."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    encode_labels,
)
from ensemble_kit.models.output_losses import (
    LOSSES,
    gradient,
    n_outputs,
    probabilities,
)
from ensemble_kit.models.probes.watched_fit import WatchedFitMixin
from ensemble_kit.models.table_nets.sparse_steps import (
    Adam,
    Batch,
    as_float32,
    shuffled_batches,
)
from ensemble_kit.models.target_scale import ScaledTargetMixin
from ensemble_kit.parameter_limits import Limits, one_of

Layers = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


class _SparseMLP(WatchedFitMixin, BaseEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {
        "loss": [one_of(LOSSES), None],
    }

    def __init__(
        self,
        hidden: Sequence[int] = (128, 64),
        n_members: int = 3,
        epochs: int = 4,
        learning_rate: float = 0.01,
        weight_decay: float = 0.0,
        batch_size: int | None = None,
        batch_growth: float = 1.0,
        loss: str | None = None,
        random_state: int | None = None,
    ):
        self.hidden = hidden
        self.n_members = n_members
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.batch_growth = batch_growth
        self.loss = loss
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.non_deterministic = self.random_state is None
        return tags

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        return as_float32(validate_data(self, X, reset=reset, accept_sparse="csr"))

    def _train(
        self,
        X: MatrixLike,
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        after_pass: Callable[[int], bool] | None = None,
    ) -> None:
        """Train on what `_read` and `_targets` returned.

        ``after_pass`` is told the epochs done by every member and says whether to
        stop.
        """
        seeds = np.random.SeedSequence(self.random_state).spawn(self.n_members)
        streams = [np.random.default_rng(seed) for seed in seeds]
        sizes = (X.shape[1], *self.hidden, self.n_outputs_)
        self.members_ = [initial_layers(sizes, rng) for rng in streams]
        movers = [self._movers(layers) for layers in self.members_]
        weights = np.ones(len(y)) if weights is None else weights / weights.mean()
        first_size = self.batch_size or first_batch(len(y))
        for epoch in range(self.epochs):
            size = int(first_size * self.batch_growth**epoch)
            for layers, adams, rng in zip(self.members_, movers, streams, strict=True):
                for batch in shuffled_batches(X, size, rng):
                    part = (y[batch.rows], weights[batch.rows], self.loss or self._loss)
                    step(layers, adams, batch, part, self.learning_rate)
            if after_pass is not None and after_pass(epoch + 1):
                return

    def _movers(self, layers: Layers) -> list[tuple[Adam, Adam]]:
        return [(Adam(w, self.weight_decay), Adam(bias)) for w, bias in layers]

    def _member_outputs(self, X: MatrixLike) -> list[NDArray[np.float32]]:
        """Return each member's raw outputs of shape (n_rows, n_outputs)."""
        check_is_fitted(self)
        X = self._read(X)
        return [forward(layers, X)[-1] for layers in self.members_]


class SparseMLPClassifier(ProbabilityClassifierMixin, _SparseMLP):
    """Classify with small dense networks over a wide sparse input.

    The recipe that won the Mercari price challenge: TF-IDF and one-hot columns into
    one wide layer, few epochs, and the mean of several networks.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers; the first one meets the sparse columns.
    n_members : int
        Networks averaged; they differ by their first weights and the rows' order.
    epochs : int
        Passes over the rows. A probe finds it.
    learning_rate : float
        Adam's; columns absent from a batch are left alone.
    weight_decay : float
    batch_size : int, optional
        Rows of a batch in the first epoch; by default an eightieth of all, from 16
        to 256.
    batch_growth : float
        Factor on the batch size from epoch to epoch; above 1 it stands for a falling
        learning rate, for a million rows.
    loss : {"log_loss"} or {"squared_error", "absolute_error"}, optional
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray
    members_ : list of lists of (weights, bias)

    Examples
    --------
    >>> from scipy import sparse
    >>> from ensemble_kit.models.table_nets.sparse_mlp import SparseMLPClassifier
    >>> X = sparse.csr_matrix([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]])
    >>> X, y = sparse.vstack([X] * 25), ["same", "other", "other", "same"] * 25
    >>> model = SparseMLPClassifier(epochs=60, batch_size=32, random_state=0)
    >>> model.fit(X, y).predict(X[:4]).tolist()
    ['same', 'other', 'other', 'same']
    """

    _loss = "log_loss"

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        members = [probabilities(outputs) for outputs in self._member_outputs(X)]
        return np.mean(members, axis=0)

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        self.classes_, codes = encode_labels(y)
        self.n_outputs_ = n_outputs(len(self.classes_))
        return codes


class SparseMLPRegressor(RegressorMixin, ScaledTargetMixin, _SparseMLP):
    """Predict numbers with small dense networks over a wide sparse input.

    The target is fitted in units of its standard deviation, and predictions stay
    within the range of the training targets. See `SparseMLPClassifier`.
    """

    _loss = "squared_error"

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        outputs = np.mean(self._member_outputs(X), axis=0)[:, 0]
        return self._restored(outputs)


def first_batch(n_rows: int) -> int:
    """Return a batch size that makes about 80 steps of an epoch."""
    return int(np.clip(n_rows // 80, 16, 256))


def initial_layers(sizes: Sequence[int], rng: np.random.Generator) -> Layers:
    """Return He's weights; a sparse row meets few of the first layer's, so its own
    are scaled as if every row held 50 columns."""
    layers = []
    for depth, (width_in, width_out) in enumerate(pairwise(sizes)):
        met = min(width_in, 50) if depth == 0 else width_in
        weights = rng.standard_normal((width_in, width_out), dtype=np.float32)
        weights *= np.float32(np.sqrt(2.0 / met))
        layers.append((weights, np.zeros(width_out, dtype=np.float32)))
    return layers


def forward(
    layers: Layers, X: MatrixLike, columns: Any = ...
) -> list[NDArray[np.float32]]:
    """Return the values of every layer; the last ones are the raw outputs."""
    values = []
    for depth, (weights, bias) in enumerate(layers):
        X = X @ (weights[columns] if depth == 0 else weights) + bias
        if depth < len(layers) - 1:
            np.maximum(X, 0, out=X)
        values.append(X)
    return values


def step(
    layers: Layers,
    movers: list[tuple[Adam, Adam]],
    batch: Batch,
    targets: tuple[Any, Any, str],
    rate: float,
) -> None:
    """Take one step of Adam on a batch."""
    values = forward(layers, batch.X, batch.columns)
    slope = gradient(values[-1], *targets)
    for depth in range(len(layers) - 1, -1, -1):
        below = values[depth - 1] if depth else batch.X
        weights, bias = movers[depth]
        steep, columns = below.T @ slope, ... if depth else batch.columns
        if depth:
            slope_below = (slope @ layers[depth][0].T) * (below > 0)
        weights.step(steep, rate, columns)
        bias.step(slope.sum(axis=0), rate)
        slope = slope_below if depth else slope
