"""Probes that choose one parameter from a short grid, by `probing`'s contract."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.models.probes.noting import note
from ensemble_kit.models.probes.valid_losses import valid_loss


def best_of(
    name: str,
    values: Sequence[Any],
    estimator: BaseEstimator,
    X_fit: MatrixLike,
    y_fit: Array,
    X_valid: MatrixLike,
    y_valid: Array,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
    *,
    trial: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the value of one parameter with the lowest valid loss.

    Values are tried from the estimator's own outwards, as far as losses fall; one at
    which the solver does not converge is not taken. ``trial`` sets parameters for the
    trials alone, to make them quick.
    """
    losses: dict[Any, float] = {}
    extra = {} if sample_weight_fit is None else {"sample_weight": sample_weight_fit}
    valid = X_valid, np.asarray(y_valid), sample_weight_valid

    def loss(value: float) -> float:
        if value not in losses:
            model = clone(estimator).set_params(**{name: value}, **(trial or {}))
            losses[value] = float("inf")
            with suppress(ConvergenceWarning), warnings.catch_warnings():
                warnings.simplefilter("error", ConvergenceWarning)
                model.fit(X_fit, y_fit, **extra)
                losses[value] = valid_loss(model, *valid)
                note(name, value, losses[value])
        return losses[value]

    start = int(np.argmin(np.abs(np.log(np.array(values) / getattr(estimator, name)))))
    best = start
    loss(values[start])
    for step in (1, -1):
        place = start + step
        while 0 <= place < len(values):
            late = deadline is not None and time.monotonic() > deadline
            if late or loss(values[place]) >= loss(values[best]):
                break
            best, place = place, place + step
    return {name: values[best]}


def in_turn(
    steps: Sequence[Callable[..., dict[str, Any]]],
    estimator: BaseEstimator,
    X_fit: MatrixLike,
    y_fit: Array,
    X_valid: MatrixLike,
    y_valid: Array,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return what probes find one after the other, each with what is found so far."""
    params: dict[str, Any] = {}
    split = (X_fit, y_fit, X_valid, y_valid, sample_weight_fit, deadline)
    for step in steps:
        params |= step(
            clone(estimator).set_params(**params), *split, sample_weight_valid
        )
    return params


inverse_penalty = partial(best_of, "C", (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30))
penalty = partial(best_of, "alpha", (0.01, 0.1, 1, 3, 10, 30, 100, 300, 1000, 10_000))
small_penalty = partial(best_of, "alpha", (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2))
smoothing = partial(best_of, "alpha", (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0))
relative_penalty = partial(best_of, "alpha", (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1))
kernel_penalty = partial(best_of, "C", (0.1, 0.3, 1, 3, 10, 30, 100))
kernel_width = partial(best_of, "width", (0.01, 0.03, 0.1, 0.3, 1.0))
kernel = partial(in_turn, (kernel_width, kernel_penalty))
neighbors = partial(best_of, "n_neighbors", (3, 7, 15, 30, 60, 120, 250))
leaf_size = partial(
    best_of, "min_samples_leaf", (1, 2, 5, 12, 30), trial={"n_estimators": 100}
)
