"""Factorization machines of second order (Rendle 2010) on sparse input."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import Array, MatrixLike
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


class _FactorizationMachine(WatchedFitMixin, BaseEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {
        "loss": [one_of(LOSSES), None],
    }

    def __init__(
        self,
        n_factors: int = 16,
        epochs: int = 15,
        learning_rate: float = 0.01,
        penalty: float = 1.0,
        linear_penalty: float = 0.1,
        batch_size: int = 256,
        initial_scale: float = 0.1,
        normalize: bool = True,
        loss: str | None = None,
        random_state: int | None = None,
    ):
        self.n_factors = n_factors
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.penalty = penalty
        self.linear_penalty = linear_penalty
        self.batch_size = batch_size
        self.initial_scale = initial_scale
        self.normalize = normalize
        self.loss = loss
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.non_deterministic = self.random_state is None
        return tags

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return X as CSR of float32, rows of length 1 if ``normalize``."""
        X = as_float32(validate_data(self, X, reset=reset, accept_sparse="csr"))
        if self.normalize:
            length = np.sqrt(X.multiply(X).sum(axis=1).A1)
            counts = np.diff(X.indptr)
            lengths = np.repeat(np.maximum(length, 1e-12), counts).astype(np.float32)
            X.data = X.data / lengths  # a new array: the old one is the caller's
        return X

    def _train(
        self,
        X: MatrixLike,
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        after_pass: Callable[[int], bool] | None = None,
    ) -> None:
        """Train on what `_read` and `_targets` returned.

        ``after_pass`` is told the epochs done and says whether to stop.
        """
        rng = np.random.default_rng(self.random_state)
        weights = np.ones(len(y)) if weights is None else weights / weights.mean()
        size, outputs = X.shape[1], self.n_outputs_
        shape = (size, outputs * self.n_factors)
        factors = rng.normal(0, self.initial_scale, shape).astype(np.float32)
        self.factors_ = factors
        self.linear_ = np.zeros((size, outputs), dtype=np.float32)
        self.bias_ = np.zeros(outputs, dtype=np.float32)
        movers = (
            Adam(self.factors_, self.penalty),
            Adam(self.linear_, self.linear_penalty),
            Adam(self.bias_),
        )
        for epoch in range(self.epochs):
            for batch in shuffled_batches(X, self.batch_size, rng):
                self._step(batch, y[batch.rows], weights[batch.rows], movers)
            if after_pass is not None and after_pass(epoch + 1):
                return

    def _step(self, batch: Batch, y: Array, weights: Array, movers: Any) -> None:
        """Take one step; the gradients are those of Rendle's linear-time form."""
        factors = self.factors_[batch.columns]
        sums, outputs = self._outputs(batch.X, factors, self.linear_[batch.columns])
        slope = gradient(outputs, y, weights, self.loss or self._loss)
        wide = np.repeat(slope, self.n_factors, axis=1)
        X, squares = batch.X, batch.X.multiply(batch.X).tocsr()
        own = np.repeat(squares.T @ slope, self.n_factors, axis=1) * factors
        movers[0].step(X.T @ (wide * sums) - own, self.learning_rate, batch.columns)
        movers[1].step(X.T @ slope, self.learning_rate, batch.columns)
        movers[2].step(slope.sum(axis=0), self.learning_rate)

    def _outputs(self, X: csr_matrix, factors: Any, linear: Any) -> tuple[Any, Any]:
        """Return the factor sums and the raw outputs of shape (n_rows, n_outputs)."""
        sums = X @ factors
        shape = (-1, self.n_outputs_, self.n_factors)
        pairs = np.square(sums).reshape(shape).sum(axis=2)
        own = X.multiply(X) @ np.square(factors).reshape(shape).sum(axis=2)
        return sums, self.bias_ + X @ linear + 0.5 * (pairs - own)

    def _predict_outputs(self, X: MatrixLike) -> NDArray[np.float32]:
        check_is_fitted(self)
        return self._outputs(self._read(X), self.factors_, self.linear_)[1]


class FactorizationMachineClassifier(ProbabilityClassifierMixin, _FactorizationMachine):
    """Classify by all pairwise interactions of sparse columns, factorised.

    Parameters
    ----------
    n_factors : int
        Length of each column's vector; an interaction is the product of two.
    epochs : int
        Passes over the rows. A probe finds it.
    learning_rate : float
        Adam's.
    penalty, linear_penalty : float
        Decay of the factors and of the linear weights.
    batch_size : int
    initial_scale : float
        Standard deviation of the first factors.
    normalize : bool
        Whether rows are scaled to length 1, as libffm does; without it large numbers
        dominate the interactions.
    loss : {"log_loss"} or {"squared_error", "absolute_error"}, optional
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray
    factors_ : ndarray of shape (n_features, n_outputs * n_factors)
    linear_ : ndarray of shape (n_features, n_outputs)
    bias_ : ndarray of shape (n_outputs,)

    Notes
    -----
    Rendle, "Factorization Machines", ICDM 2010. More than two classes have factors
    each and share a softmax.

    Examples
    --------
    >>> import numpy as np
    >>> from ensemble_kit.models.linear.factorization_machine import (
    ...     FactorizationMachineClassifier,
    ... )
    >>> X = np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]] * 25)
    >>> y = ["same", "other", "other", "same"] * 25
    >>> model = FactorizationMachineClassifier(epochs=40, random_state=0)
    >>> model.fit(X, y).predict(X[:4]).tolist()
    ['same', 'other', 'other', 'same']
    """

    _loss = "log_loss"

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        return probabilities(self._predict_outputs(X))

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        self.classes_, codes = encode_labels(y)
        self.n_outputs_ = n_outputs(len(self.classes_))
        return codes


class FactorizationMachineRegressor(
    RegressorMixin, ScaledTargetMixin, _FactorizationMachine
):
    """Predict numbers by factorised interactions of sparse columns.

    The target is fitted in units of its standard deviation. See
    `FactorizationMachineClassifier`.
    """

    _loss = "squared_error"

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        outputs = self._predict_outputs(X)[:, 0]
        return self._restored(outputs)
