"""Probabilities made honest: clipping, and one temperature for all classes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.tensors import checked_weight, encoded, normalize

Array = NDArray[Any]
SMALLEST = 1e-15
COLDEST, HOTTEST = 0.05, 20.0


def clip_probabilities(probabilities: Array, smallest: float = 1e-6) -> Array:
    """Return probabilities of at least ``smallest``, rows summing to 1.

    Log loss charges a single row of probability 0 without limit. Every row is mixed
    with even odds by the little that takes, so that no order ever changes.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
    smallest : float
        Below 1 / n_classes.

    Examples
    --------
    >>> clip_probabilities(np.array([[1.0, 0.0]]), smallest=0.01).round(4).tolist()
    [[0.99, 0.01]]
    """
    n_classes = probabilities.shape[1]
    if not 0 <= smallest < 1 / n_classes:
        raise PipelineError(
            f"smallest is {smallest}; expected 0 <= smallest < {1 / n_classes:g}, "
            f"one over the {n_classes} classes"
        )
    share = normalize(np.asarray(probabilities, dtype=np.float64))
    return smallest + (1 - n_classes * smallest) * share


class TemperatureCalibration(ClassifierMixin, BaseEstimator):
    """Divide all log probabilities by one temperature fitted by log loss.

    The order of the classes never changes. Fit it on out-of-fold probabilities,
    never on those of rows the model has seen (Guo et al. 2017, "On calibration of
    modern neural networks").

    Parameters
    ----------
    prior : float
        Strength of the pull towards 1 (no change), in rows: this many times half
        the squared log temperature is added to the loss.

    Attributes
    ----------
    temperature_ : float
        Above 1 where the probabilities were too sure; between 0.05 and 20.
    classes_ : ndarray

    Examples
    --------
    >>> sure = np.array([[0.99, 0.01]] * 4)
    >>> calibration = TemperatureCalibration().fit(sure, [0, 0, 0, 1])
    >>> bool(calibration.temperature_ > 1)
    True
    """

    def __init__(self, prior: float = 10.0):
        self.prior = prior

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "TemperatureCalibration":
        """Find the temperature.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_classes)
            Out-of-fold probabilities.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional
        """
        logs, y = _logs(X), np.asarray(y)
        self.n_features_in_ = logs.shape[1]
        self.classes_, y = encoded(y, logs.shape[1])
        weight = checked_weight(sample_weight, y)

        def loss(log_temperature: float) -> float:
            scaled = log_softmax(logs * np.exp(-log_temperature), axis=1)
            true = scaled[np.arange(len(y)), y]
            return float(-weight @ true + 0.5 * self.prior * log_temperature**2)

        bounds = (np.log(COLDEST), np.log(HOTTEST))
        minimum = minimize_scalar(loss, bounds=bounds, method="bounded")
        self.temperature_ = float(np.exp(minimum.x))
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        logs = _logs(X)
        if logs.shape[1] != self.n_features_in_:
            raise PipelineError(
                f"found {logs.shape[1]} columns of probabilities; the calibration "
                f"was fitted on {self.n_features_in_}"
            )
        return np.exp(log_softmax(logs / self.temperature_, axis=1))

    def predict(self, X: ArrayLike) -> Array:
        """Return the labels of the likeliest classes."""
        codes = self.predict_proba(X).argmax(axis=1)
        return self.classes_[codes]


def _logs(probabilities: ArrayLike) -> Array:
    """Return the logarithms of probabilities."""
    values = np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < 2 or not (values >= 0).all():
        raise PipelineError(
            f"expected probabilities of shape (n_rows, n_classes), none negative; "
            f"found shape {values.shape}"
        )
    return np.log(np.maximum(values, SMALLEST))
