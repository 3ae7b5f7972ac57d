"""What the estimators over texts share: rows in, an inner split, predictions out.

Everything fitted is arrays, plain dicts, strings and numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

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

from ensemble_kit.arrays import ClassWeight, MatrixLike, TextsLike
from ensemble_kit.exceptions import require
from ensemble_kit.models.class_labels import check_weights, encode_labels, row_weights
from ensemble_kit.models.probes.watched_fit import Look, Valid
from ensemble_kit.models.text_nets.inputs.arrays import AsArraysMixin
from ensemble_kit.models.text_nets.inputs.rows import read_frame
from ensemble_kit.models.text_nets.networks.training_settings import TrainingSettings
from ensemble_kit.models.text_nets.text_inner import best_temperature, probe_epochs
from ensemble_kit.parameter_limits import COUNT_OR_NONE, WEIGHTED, Limits, one_of
from ensemble_kit.splitting.inner_rows import shuffle_split

# Rows to watch, and what to do with their outputs after each epoch.
Watch = tuple[Any, Callable[[int, NDArray[np.float64]], None]]


@dataclass(kw_only=True, eq=False, repr=False)
class TextEstimator(AsArraysMixin, TrainingSettings):
    """What classifiers and regressors of texts share, whatever network they train."""

    _parameter_constraints: ClassVar[Limits] = {
        **TrainingSettings._parameter_constraints,
        **WEIGHTED,
        "epochs": [one_of(["auto"]), COUNT_OR_NONE],
    }

    epochs: int | str = "auto"
    schedule_epochs: int | None = None
    batch_size: int = 64
    label_smoothing: float = 0.0
    class_weight: ClassWeight = None
    temperature: float = 1.0
    inner_fraction: float = 0.0

    extra: ClassVar[str] = "text"  # that brings torch

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True
        tags.input_tags.one_d_array = True
        return tags

    def fit(
        self,
        X: MatrixLike | TextsLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn from texts, or from a frame with text columns, and a target.

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
        chosen = find_epochs(self, X, y, sample_weight)
        return self._learn(X, y, sample_weight, chosen)

    def fit_watched(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        valid: Valid,
        look: Look,
    ) -> Self:
        """Fit, and look at valid rows after every epoch; see `watched_fit`.

        A classifier's loss is that at the best temperature, which it then has. All
        epochs are trained, whatever the look returns.
        """
        X_valid, y_valid, weight = valid
        y_valid = np.asarray(y_valid)
        weight = check_weights(weight, len(y_valid))

        def after_epoch(epoch: int, outputs: NDArray[np.float64]) -> None:
            look(epoch, self._judged(outputs, y_valid, weight))

        return self._learn(X, y, sample_weight, {}, (X_valid, after_epoch))

    def _read_target(
        self, y: ArrayLike, sample_weight: ArrayLike | None, chosen: Mapping[str, Any]
    ) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
        """Return what the network is to give, and how much each row counts."""
        raise NotImplementedError

    def _judged(
        self,
        outputs: NDArray[np.float64],
        y: NDArray[Any],
        weight: NDArray[np.float64] | None,
    ) -> float:
        """Return the loss of a network's outputs for valid rows."""
        raise NotImplementedError

    def trials(self) -> list[dict[str, Any]]:
        """Return the parameters that a probe compares, the cheapest first."""
        return [{}]

    def _learn(
        self,
        X: MatrixLike | TextsLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        chosen: Mapping[str, Any],
        watch: Watch | None = None,
    ) -> Self:
        """Learn from rows of positive weight.

        ``chosen`` is what did best on inner rows: epochs, temperature and the like.
        """
        require("torch", extra=self.extra)
        self._check_settings()
        target, weight = self._read_target(y, sample_weight, chosen)
        frame = self._read(X, reset=True)
        _check_length(frame, target)
        weight = np.ones(len(target)) if weight is None else weight
        used = np.flatnonzero(weight)
        self.seed_ = draw_seed(self)
        parts = frame.iloc[used], target[used], weight[used]
        self._train(*parts, chosen, watch)
        return self

    def _outputs(self, X: MatrixLike | TextsLike) -> NDArray[np.float64]:
        """Return the network's outputs, (n_rows, n_outputs)."""
        check_is_fitted(self, "weights_")
        require("torch", extra=self.extra)
        return self._outputs_of(X)

    def _check_settings(self) -> None:
        """Refuse settings that cannot be."""
        raise NotImplementedError

    def _train(
        self,
        frame: pd.DataFrame,
        target: NDArray[Any],
        weight: NDArray[np.float64],
        chosen: Mapping[str, Any],
        watch: Watch | None,
    ) -> None:
        """Learn how rows are read, and the weights that ``weights_`` then has."""
        raise NotImplementedError

    def _outputs_of(self, X: MatrixLike | TextsLike) -> NDArray[np.float64]:
        """Return the fitted network's outputs."""
        raise NotImplementedError

    def _text_positions(self) -> list[int]:
        return [i for i, r in enumerate(self.preparation_["roles"]) if r == "text"]

    def _read(self, X: MatrixLike | TextsLike, reset: bool = False) -> pd.DataFrame:
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


class TextClassification(ClassifierMixin):
    """Gives classes their probabilities, at a temperature."""

    def _read_target(
        self, y: ArrayLike, sample_weight: ArrayLike | None, chosen: Mapping[str, Any]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
        """Return the class numbers and the weights of the rows."""
        self.classes_, codes = encode_labels(y, min_classes=1)
        self.n_outputs_ = len(self.classes_)
        self.temperature_ = float(chosen.get("temperature", self.temperature))
        weight = row_weights(sample_weight, self.class_weight, codes, self.classes_)
        return codes, weight

    def _judged(
        self,
        outputs: NDArray[np.float64],
        y: NDArray[Any],
        weight: NDArray[np.float64] | None,
    ) -> float:
        known = np.isin(y, self.classes_)
        codes = np.searchsorted(self.classes_, y[known])
        of_known = None if weight is None else weight[known]
        self.temperature_, loss = best_temperature(outputs[known], codes, of_known)
        return loss

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, (n_rows, n_classes)."""
        outputs = self._outputs(X)
        return softmax(outputs / self.temperature_, axis=1)

    def predict(self, X: MatrixLike | TextsLike) -> NDArray[Any]:
        """Return the most probable class of each row."""
        outputs = self._outputs(X)
        return self.classes_[outputs.argmax(axis=1)]


class TextRegression(RegressorMixin):
    """Gives numbers, learnt at mean 0 and deviation 1."""

    def _read_target(
        self, y: ArrayLike, sample_weight: ArrayLike | None, chosen: Mapping[str, Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return the target at mean 0 and deviation 1, and the weights of the rows."""
        values = column_or_1d(y, warn=True).astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("y has missing or infinite values")
        weight = check_weights(sample_weight, len(values))
        self.n_outputs_ = 1
        self.center_ = float(np.average(values, weights=weight))
        squares = (values - self.center_) ** 2
        self.scale_ = float(np.sqrt(np.average(squares, weights=weight))) or 1.0
        return (values - self.center_) / self.scale_, weight

    def _judged(
        self,
        outputs: NDArray[np.float64],
        y: NDArray[Any],
        weight: NDArray[np.float64] | None,
    ) -> float:
        errors = outputs[:, 0] * self.scale_ + self.center_ - y
        return float(np.average(errors**2, weights=weight))

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the predicted value of each row."""
        outputs = self._outputs(X)
        return outputs[:, 0] * self.scale_ + self.center_


def find_epochs(
    estimator: BaseEstimator,
    X: MatrixLike | TextsLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
) -> dict[str, Any]:
    """Return the epochs and the temperature that do best on inner held rows."""
    if not estimator.inner_fraction:
        return {}
    frame, target = read_frame(X), column_or_1d(y)
    weight = check_weights(sample_weight, len(target))
    weight = np.ones(len(target)) if weight is None else weight
    used = np.flatnonzero(weight)
    frame, target, weight = frame.iloc[used], target[used], weight[used]
    classes = is_classifier(estimator)
    fraction, seed = estimator.inner_fraction, draw_seed(estimator)
    fit, held = shuffle_split(target, fraction, classes, seed)
    return probe_epochs(
        estimator,
        frame.iloc[fit],
        target[fit],
        frame.iloc[held],
        target[held],
        weight[fit],
        sample_weight_valid=weight[held],
    )


def draw_seed(estimator: BaseEstimator) -> int:
    """Return the number that all of an estimator's generators start from."""
    return int(check_random_state(estimator.random_state).randint(2**31 - 1))


def _check_length(frame: pd.DataFrame, y: NDArray[Any]) -> None:
    if len(frame) != len(y):
        raise ValueError(f"X has {len(frame)} rows and y has {len(y)}")
