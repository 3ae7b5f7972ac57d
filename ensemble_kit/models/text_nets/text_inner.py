"""Epochs and temperature, found on inner held rows and then used everywhere."""

import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, clone, is_classifier

from ensemble_kit.arrays import MatrixLike, TextsLike


def probe_epochs(
    estimator: BaseEstimator,
    X_fit: MatrixLike | TextsLike,
    y_fit: ArrayLike,
    X_valid: MatrixLike | TextsLike,
    y_valid: ArrayLike,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return the parameters to fix for every fold: epochs, and a temperature.

    One network is trained on the fit rows; after each epoch its averaged weights are
    scored on the valid rows, a classifier's by its log loss at the best temperature.
    Where the estimator has several trials, each is one network more, until one is no
    better than those before.

    Parameters
    ----------
    estimator : text estimator
    X_fit, y_fit, X_valid, y_valid
        An inner split of one fold's training rows.
    sample_weight_fit : array-like, optional
    deadline : float, optional
        When to stop, on ``time.monotonic``'s clock.
    sample_weight_valid : array-like, optional
        How much each valid row counts.

    Returns
    -------
    dict
        "epochs", "schedule_epochs" (so that the learning rates stay the same), for a
        classifier "temperature", and what the best trial has set.
    """
    data = X_fit, y_fit, X_valid, y_valid, sample_weight_fit, sample_weight_valid
    found: list[tuple[float, dict[str, Any]]] = []
    for trial in estimator.trials():
        late = deadline is not None and time.monotonic() > deadline
        if found and (late or found[-1] is not min(found, key=_loss_of)):
            break  # what costs more does no better
        found.append(_probe(clone(estimator).set_params(**trial), data, deadline))
        found[-1][1].update(trial)
    return min(found, key=_loss_of)[1]


def _loss_of(found: tuple[float, dict[str, Any]]) -> float:
    return found[0]


def _probe(
    probe: BaseEstimator, data: tuple[Any, ...], deadline: float | None
) -> tuple[float, dict[str, Any]]:
    """Return the lowest loss of one training on the way, and what led to it."""
    X_fit, y_fit, X_valid, y_valid, weight_fit, weight_valid = data
    probe.set_params(inner_fraction=0.0)
    scores: list[tuple[float, int, float]] = []

    def look(epoch: int, loss: float) -> bool:
        scores.append((loss, epoch, getattr(probe, "temperature_", 1.0)))
        return False

    if deadline is not None:
        left = max(deadline - time.monotonic(), 0.0)
        probe.set_params(max_seconds=min(left, probe.max_seconds or left))
    valid = X_valid, y_valid, weight_valid
    probe.fit_watched(X_fit, y_fit, weight_fit, valid, look)
    longest = probe.schedule_epochs or max(probe.epochs_, 1)
    if not scores:
        return float("inf"), {"epochs": 1, "schedule_epochs": longest}
    loss, epochs, temperature = min(scores)
    chosen = {"epochs": epochs, "schedule_epochs": longest}
    if is_classifier(probe):
        chosen["temperature"] = temperature
    return loss, chosen


def best_temperature(
    outputs: NDArray[np.float64],
    codes: NDArray[np.int64],
    weight: NDArray[np.float64] | None = None,
) -> tuple[float, float]:
    """Return the temperature with the lowest log loss, and that log loss.

    Outputs are divided by it before the softmax (Guo et al. 2017).
    """
    rows = np.arange(len(codes))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(outputs / np.exp(log_temperature), axis=1)
        return float(-np.average(scaled[rows, codes], weights=weight))

    minimum = minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded")
    return float(np.exp(minimum.x)), float(minimum.fun)
