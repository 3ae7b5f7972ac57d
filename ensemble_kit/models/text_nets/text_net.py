"""What the text estimators share: rows in, a trained network, predictions out.

Private to the text estimators. A subclass stores its parameters and builds its
encoder; everything fitted is arrays, plain dicts, strings and numbers.
"""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    is_classifier,
)
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import require
from ensemble_kit.models.class_labels import check_weights, encode_labels, row_weights
from ensemble_kit.models.text_nets.inputs.arrays import from_arrays, to_arrays
from ensemble_kit.models.text_nets.inputs.rows import (
    Rows,
    encode_rows,
    learn_rows,
    read_frame,
)
from ensemble_kit.models.text_nets.text_inner import inner_split, probe_epochs

AUTO_ROWS = 50_000  # rows, repeats included, that a network is shown by default,
AUTO_TOKENS = 4_000_000  # unless they have more tokens than this

# Rows to watch, and what to do with their outputs after each epoch.
Watch = tuple[Any, Callable[[int, NDArray[np.float64]], None]]


class TextNet(BaseEstimator):
    """Fit and outputs of every text estimator; the parameters are the subclass's."""

    def _encoder(self, n_inputs: int) -> Any:
        """Return the encoder's module for token vectors of this size."""
        raise NotImplementedError

    def _encoder_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the encoder's arrays that are counted rather than trained."""
        return {}

    def _count(self, rows: Rows) -> None:
        """Count in the training rows what the encoder is made for."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True
        tags.input_tags.one_d_array = True
        return tags

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the fitted model as arrays, as ``numpy.savez`` stores them."""
        check_is_fitted(self, "weights_")
        return to_arrays(self)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return a fitted model from the arrays of ``to_arrays``."""
        return from_arrays(cls, arrays)

    def _train(
        self,
        X: Any,
        target: NDArray[Any],
        weight: NDArray[np.float64] | None,
        found: Mapping[str, Any],
        watch: Watch | None,
    ) -> Self:
        """Learn the vocabulary and the weights from rows of positive weight."""
        require("torch", extra="text")
        from ensemble_kit.models.text_nets.text_fitting import fit_weights

        frame = self._read(X, reset=True)
        _check_length(frame, target)
        weight = np.ones(len(target)) if weight is None else weight
        used = np.flatnonzero(weight)
        frame, target, weight = frame.iloc[used], target[used], weight[used]
        self.seed_ = draw_seed(self)
        self.preparation_ = learn_rows(frame, self._words())
        rows = encode_rows(frame, self.preparation_, self.max_length)
        self._count(rows)
        self._choose_epochs(found, rows.lengths)
        texts = frame.iloc[:, self._text_positions()]
        self.weights_, self.history_, self.coverage_ = fit_weights(
            self, rows, texts, target, weight, watch
        )
        return self

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return the network's outputs, (n_rows, n_outputs)."""
        check_is_fitted(self, "weights_")
        require("torch", extra="text")
        from ensemble_kit.models.text_nets.text_fitting import network_outputs

        return network_outputs(self, self._rows(X))

    def _rows(self, X: Any) -> Rows:
        """Return X encoded by the fitted vocabulary, scales and levels."""
        return encode_rows(self._read(X), self.preparation_, self.max_length)

    def _choose_epochs(
        self, found: Mapping[str, Any], lengths: NDArray[np.int64]
    ) -> None:
        """Set how long to train, and how long the schedule of learning rates is."""
        only_one = is_classifier(self) and self.n_outputs_ == 1
        epochs = 0 if only_one else found.get("epochs", self.epochs)
        self.epochs_ = choose_epochs(epochs, lengths)
        longest = found.get("schedule_epochs", self.schedule_epochs)
        self.schedule_epochs_ = longest or max(self.epochs_, 1)

    def _words(self) -> dict[str, Any]:
        """Return the arguments of the vocabulary."""
        return {
            "unit": self.unit,
            "lowercase": self.lowercase,
            "max_tokens": self.max_tokens,
            "min_count": self.min_count,
        }

    def _text_positions(self) -> list[int]:
        return [i for i, r in enumerate(self.preparation_["roles"]) if r == "text"]

    def _read(self, X: Any, reset: bool = False) -> pd.DataFrame:
        """Return X as a frame, and learn its columns or hold it to them."""
        frame = read_frame(X)
        names = np.array([str(name) for name in frame.columns], dtype=object)
        if reset:
            self.n_features_in_ = frame.shape[1]
            self.feature_names_in_ = names
        elif frame.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {frame.shape[1]} columns, but {type(self).__name__} was "
                f"fitted with {self.n_features_in_}: {list(self.feature_names_in_)}"
            )
        elif isinstance(X, pd.DataFrame) and list(names) != list(
            self.feature_names_in_
        ):
            raise ValueError(
                f"X has columns {list(names)}, but {type(self).__name__} was fitted "
                f"with {list(self.feature_names_in_)}"
            )
        return frame


class TextClassifier(ClassifierMixin, TextNet):
    """The classifier's side of a text network."""

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from texts, or from a frame with text columns, and labels.

        Parameters
        ----------
        X : list, Series or 1-D array of str, or DataFrame
            In a frame, strings are text; numbers and categories are read beside it.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional

        Returns
        -------
        self
        """
        found = find_epochs(self, X, y, sample_weight)
        return self._learn(X, y, sample_weight, found)

    def _learn(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        found: Mapping[str, Any],
        watch: Watch | None = None,
    ) -> Self:
        """Fit, with the epochs and the temperature found on inner rows."""
        self.classes_, codes = encode_labels(y, min_classes=1)
        self.n_outputs_ = len(self.classes_)
        self.temperature_ = float(found.get("temperature", self.temperature))
        weight = row_weights(sample_weight, self.class_weight, codes, self.classes_)
        return self._train(X, codes, weight, found, watch)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, (n_rows, n_classes)."""
        outputs = self._outputs(X)
        return softmax(outputs / self.temperature_, axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row."""
        outputs = self._outputs(X)
        return self.classes_[outputs.argmax(axis=1)]


class TextRegressor(RegressorMixin, TextNet):
    """The regressor's side of a text network."""

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from texts, or from a frame with text columns, and numbers.

        Parameters
        ----------
        X : list, Series or 1-D array of str, or DataFrame
            In a frame, strings are text; numbers and categories are read beside it.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional

        Returns
        -------
        self
        """
        found = find_epochs(self, X, y, sample_weight)
        return self._learn(X, y, sample_weight, found)

    def _learn(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        found: Mapping[str, Any],
        watch: Watch | None = None,
    ) -> Self:
        """Fit on the target at mean 0 and deviation 1."""
        y = column_or_1d(y, warn=True).astype(np.float64)
        if not np.isfinite(y).all():
            raise ValueError("y has missing or infinite values")
        weight = check_weights(sample_weight, len(y))
        self.n_outputs_ = 1
        self.center_ = float(np.average(y, weights=weight))
        spread = float(np.sqrt(np.average((y - self.center_) ** 2, weights=weight)))
        self.scale_ = spread or 1.0
        target = (y - self.center_) / self.scale_
        return self._train(X, target, weight, found, watch)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the predicted value of each row."""
        outputs = self._outputs(X)
        return outputs[:, 0] * self.scale_ + self.center_


def find_epochs(
    estimator: Any, X: Any, y: ArrayLike, sample_weight: ArrayLike | None
) -> dict[str, Any]:
    """Return the epochs and the temperature that do best on inner held rows."""
    if not estimator.inner_fraction:
        return {}
    frame, y = read_frame(X), column_or_1d(y)
    weight = check_weights(sample_weight, len(y))
    weight = np.ones(len(y)) if weight is None else weight
    classes = is_classifier(estimator)
    fit, held = inner_split(y, estimator.inner_fraction, classes, draw_seed(estimator))
    return probe_epochs(
        estimator, frame.iloc[fit], y[fit], frame.iloc[held], y[held], weight[fit]
    )


def choose_epochs(epochs: int | str, lengths: NDArray[np.int64]) -> int:
    """Return the passes over the rows; "auto" is more for few rows and short texts."""
    if epochs != "auto":
        return int(epochs)
    by_rows = np.clip(round(AUTO_ROWS / len(lengths)), 5, 30)
    by_tokens = max(round(AUTO_TOKENS / max(lengths.sum(), 1)), 3)
    return int(min(by_rows, by_tokens))


def draw_seed(estimator: Any) -> int:
    """Return the number that all of an estimator's generators start from."""
    return int(check_random_state(estimator.random_state).randint(2**31 - 1))


def _check_length(frame: pd.DataFrame, y: NDArray[Any]) -> None:
    if len(frame) != len(y):
        raise ValueError(f"X has {len(frame)} rows and y has {len(y)}")
