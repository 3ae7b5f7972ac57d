"""A small dense network in Keras, on its torch backend."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.exceptions import require
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    check_weights,
    encode_labels,
)
from ensemble_kit.models.target_scale import scale_target

# Keras chooses its backend when it is first imported, so this has to stand here: the
# registry imports this module before it looks for keras.
os.environ.setdefault("KERAS_BACKEND", "torch")


class _Keras(BaseEstimator):
    """What the classifier and the regressor share."""

    def __init__(
        self,
        hidden: Sequence[int] = (128, 64),
        dropout: float = 0.2,
        epochs: int = 20,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        random_state: int | None = None,
    ):
        self.hidden = hidden
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _read(self, X: MatrixLike, reset: bool = False) -> NDArray[np.float32]:
        return validate_data(self, X, dtype=np.float32, reset=reset)

    def _fit(
        self,
        X: MatrixLike,
        y: Array,
        sample_weight: ArrayLike | None,
        head: Any,
        loss: str,
    ) -> None:
        """Build, compile and train the network; keep its weights as arrays."""
        keras = load_keras()
        random = check_random_state(self.random_state)
        seeds = iter(random.randint(2**31 - 1, size=2 * len(self.hidden) + 2))
        model = keras.Sequential([keras.Input((X.shape[1],))])
        for width in self.hidden:
            start = keras.initializers.GlorotUniform(seed=int(next(seeds)))
            layer = keras.layers.Dense(width, "relu", kernel_initializer=start)
            model.add(layer)
            drop = keras.layers.Dropout(self.dropout, seed=int(next(seeds)))
            model.add(drop)
        start = keras.initializers.GlorotUniform(seed=int(next(seeds)))
        model.add(keras.layers.Dense(*head, kernel_initializer=start))
        model.compile(keras.optimizers.Adam(self.learning_rate), loss)
        order = random.permutation(len(X))
        weights = check_weights(sample_weight, len(X))
        model.fit(
            X[order],
            y[order],
            sample_weight=None if weights is None else weights[order],
            epochs=self.epochs,
            batch_size=self.batch_size,
            shuffle=False,
            verbose=0,
        )
        arrays = [as_array(variable.value) for variable in model.weights]
        self.layers_ = list(zip(arrays[::2], arrays[1::2], strict=True))

    def _outputs(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return the raw outputs: no Keras is needed to predict."""
        check_is_fitted(self)
        values = self._read(X).astype(np.float64)
        *inner, last = self.layers_
        for weights, bias in inner:
            values = np.maximum(values @ weights + bias, 0.0)
        return values @ last[0] + last[1]


class KerasClassifier(ProbabilityClassifierMixin, _Keras):
    """Classify with dense layers trained by Keras.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the layers.
    dropout : float
    epochs, batch_size : int
    learning_rate : float
    random_state : int, optional
        Seeds first weights and dropout; the order of the rows is drawn once.

    Attributes
    ----------
    layers_ : list of (weights, bias)
        What is needed to predict, as arrays.
    """

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "KerasClassifier":
        """Fit to scaled numbers and labels."""
        check_consistent_length(X, y)
        X = self._read(X, reset=True)
        self.classes_, codes = encode_labels(y)
        head = (len(self.classes_), "softmax")
        self._fit(X, codes, sample_weight, head, "sparse_categorical_crossentropy")
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        return softmax(self._outputs(X), axis=1)


class KerasRegressor(RegressorMixin, _Keras):
    """Predict numbers with dense layers trained by Keras; see `KerasClassifier`."""

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "KerasRegressor":
        """Fit to scaled numbers and values, in standard deviations."""
        check_consistent_length(X, y)
        X = self._read(X, reset=True)
        scaled, self.scale_ = scale_target(y)
        self._fit(X, scaled, sample_weight, (1, "linear"), "mse")
        return self

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        outputs = self._outputs(X)[:, 0]
        return self.scale_.restore(outputs)


def as_array(tensor: Any) -> NDArray[np.float64]:
    """Return a tensor of any backend as an array."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu().numpy()
    return np.asarray(tensor, dtype=np.float64)


def load_keras() -> Any:
    """Return keras, told to run on torch unless the environment says otherwise."""
    require("torch", extra="text")
    return require("keras", extra="keras")
