"""Probabilities from decision values: temperature and class biases from inner folds.

The calibrated probability of class k is ``softmax(t * d + b)[k]`` for decision
values d, one temperature t and one bias per class (bias-corrected temperature
scaling, Alexandari et al. 2020, arXiv:1901.06852); for two classes that is Platt's
sigmoid. Both come from decision values of rows the model has not seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import Array, MatrixLike, RandomState
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    encode_labels,
    row_weights,
)
from ensemble_kit.splitting.inner_rows import folds_in_turn

BIAS_PENALTY = 1e-3
LOG_TEMPERATURE_LIMIT = 12.0


@dataclass(frozen=True)
class Calibration:
    """A temperature and one bias per class."""

    temperature: float
    bias: NDArray[np.float64]

    def probabilities(self, decisions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        return _softmax(self.temperature * decisions + self.bias)


class CalibratedClassifierMixin(ProbabilityClassifierMixin):
    """Fits a machine of decision values, and makes them probabilities.

    A classifier says how its machine is made. It stores ``n_splits``,
    ``class_weight`` and ``random_state``.
    """

    n_splits: int
    class_weight: Any
    random_state: int | None

    def _machine(self) -> Any:
        """Return an unfitted machine; see `decision_values` for what it must offer."""
        raise NotImplementedError

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return X checked, as the machine takes it."""
        return validate_data(
            self, X, accept_sparse="csr", dtype=np.float64, reset=reset
        )

    def _keep(self, machine: Any, calibration: Calibration) -> None:
        """Keep what was fitted."""
        self.model_, self.calibration_ = machine, calibration

    def _fitted(self) -> tuple[Any, Calibration]:
        """Return what was kept."""
        return self.model_, self.calibration_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit to numbers, dense or sparse, and labels."""
        check_consistent_length(X, y)
        X = self._read(X, reset=True)
        self.classes_, codes = encode_labels(y)
        weights = row_weights(sample_weight, self.class_weight, codes, self.classes_)
        self._keep(
            *fit_calibrated(
                self._machine, X, codes, weights, self.n_splits, self.random_state
            )
        )
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        machine, calibration = self._fitted()
        decisions = decision_values(machine, self._read(X), len(self.classes_))
        return calibration.probabilities(decisions)


def fit_calibration(
    decisions: NDArray[np.float64],
    codes: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> Calibration:
    """Return the calibration of least weighted log loss."""
    n_classes, own = decisions.shape[1], (np.arange(len(codes)), codes)
    shares = weights / weights.sum()
    column = shares[:, None]
    spread = max(float(decisions.std()), 1e-12)

    def loss_and_gradient(parameters: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        temperature, bias = np.exp(parameters[0]) / spread, parameters[1:]
        residual = _softmax(temperature * decisions + bias)
        hit = np.maximum(residual[own], 1e-300)
        residual[own] -= 1.0
        residual *= column
        gradient = np.empty(len(parameters))
        np.add(residual.sum(axis=0), 2 * BIAS_PENALTY * bias, out=gradient[1:])
        residual *= decisions
        gradient[0] = temperature * float(residual.sum())
        loss = -float(shares @ np.log(hit)) + BIAS_PENALTY * float(bias @ bias)
        return loss, gradient

    bounds = [(-LOG_TEMPERATURE_LIMIT, LOG_TEMPERATURE_LIMIT)] + [(-20, 20)] * n_classes
    start = np.zeros(n_classes + 1)
    minimum = minimize(loss_and_gradient, start, jac=True, bounds=bounds)
    return Calibration(float(np.exp(minimum.x[0]) / spread), minimum.x[1:].copy())


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the softmax of each row in its place.

    The bits of ``scipy.special.softmax``, which takes longer on few rows.
    """
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def fit_calibrated(
    make: Callable[[], Any],
    X: MatrixLike,
    codes: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
    n_splits: int,
    random_state: RandomState,
) -> tuple[Any, Calibration]:
    """Return a model of all rows, and its calibration from inner folds.

    Parameters
    ----------
    make : callable
        Returns an unfitted estimator; see `decision_values` for what it must offer.
    weights : ndarray or None
        One weight per row; None keeps ``sample_weight`` out of the fits.
    """
    held_out = inner_decisions(make, X, codes, weights, n_splits, random_state)
    flat = np.ones(len(codes)) if weights is None else weights
    calibration = fit_calibration(held_out, codes, flat)
    return _fit(make(), X, codes, weights), calibration


def inner_decisions(
    make: Callable[[], Any],
    X: MatrixLike,
    codes: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
    n_splits: int,
    random_state: RandomState,
) -> NDArray[np.float64]:
    """Return decision values of every row by a model that has not seen it."""
    n_classes = int(codes.max()) + 1
    decisions = np.zeros((len(codes), n_classes))
    fold = folds_in_turn(codes, n_splits, random_state)
    for number in range(n_splits):
        fit, held_out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(held_out) == 0 or len(np.unique(codes[fit])) < 2:
            continue
        part = None if weights is None else weights[fit]
        model = _fit(make(), X[fit], codes[fit], part)
        decisions[held_out] = decision_values(model, X[held_out], n_classes)
    return decisions


def decision_values(
    model: BaseEstimator, X: MatrixLike, n_classes: int
) -> NDArray[np.float64]:
    """Return one decision value per class, from whatever the model offers.

    A class the model never met gets the row's lowest value.
    """
    if hasattr(model, "decision_function"):
        values = np.asarray(model.decision_function(X), dtype=np.float64)
    else:
        values = np.asarray(model.predict_joint_log_proba(X), dtype=np.float64)
    if values.ndim == 1:
        values = np.column_stack([-values, values]) / 2
    aligned = np.repeat(values.min(axis=1, keepdims=True), n_classes, axis=1)
    aligned[:, model.classes_] = values
    return aligned


def _fit(
    model: BaseEstimator, X: MatrixLike, codes: Array, weights: Array | None
) -> Any:
    """Fit with weights only where there are any: not every model takes them."""
    if weights is None:
        return model.fit(X, codes)
    return model.fit(X, codes, sample_weight=weights)
