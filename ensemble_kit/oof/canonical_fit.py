"""Fitting one model on one fold, and making its predictions canonical."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.exceptions import RunError
from ensemble_kit.oof.matrix import Beside, Matrix

Array = NDArray[Any]


def fit(
    estimator: BaseEstimator,
    X: Matrix,
    y: Array,
    weights: Array | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> BaseEstimator:
    """Fit an estimator, with weights where there are any, and return it.

    ``metadata`` is whatever else its ``fit`` is to be told.
    """
    more = dict(metadata or {})
    if weights is not None:
        more["sample_weight"] = weights
    if isinstance(X, Beside):
        estimator.fit(X.tensor, y, columns=X.columns, **more)
    else:
        estimator.fit(X, y, **more)
    return estimator


def span(y: Array) -> tuple[int, float, float]:
    """Return how many rows a model was fitted on, and their least and most y."""
    return len(y), float(y.min()), float(y.max())


def predict(
    estimator: BaseEstimator,
    X: Matrix,
    kind: str,
    n_outputs: int,
    fitted_on: tuple[int, float, float],
) -> Array:
    """Return canonical predictions, proved usable.

    Parameters
    ----------
    estimator : fitted estimator
    X : matrix of shape (n_rows, n_features)
    kind : {"binary", "multiclass", "regression"}
    n_outputs : int
    fitted_on : (int, float, float)
        From `span`. A class that none of the rows had gets the probability
        1 / (n_rows + n_outputs) of Laplace's rule; values are cut a tenth of the
        target's range beyond it, since a line through an outlier knows no end; where
        the estimator says ``extrapolates = True``, a whole range beyond it.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float64

    Raises
    ------
    RunError
        When predictions have another shape, are not finite, or are no
        probabilities.
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    if n_rows == 0:
        return np.empty((0, n_outputs))
    if kind == "regression":
        values = np.asarray(estimator.predict(*_arguments(X)), dtype=np.float64)
        values = values.reshape(len(values), -1)
        _check_shape(values, (n_rows, n_outputs))
        _, low, high = fitted_on
        extrapolates = getattr(estimator, "extrapolates", False) is True
        beyond = (high - low) / (1 if extrapolates else 10)
        return np.clip(values, low - beyond, high + beyond)
    raw = np.asarray(estimator.predict_proba(*_arguments(X)), dtype=np.float64)
    classes = np.asarray(getattr(estimator, "classes_", np.arange(n_outputs)))
    _check_shape(raw, (n_rows, len(classes)))
    return align(raw, classes.astype(np.intp), n_outputs, fitted_on[0])


def _arguments(X: Matrix) -> tuple[Any, ...]:
    """Return what an estimator is called with to predict."""
    return (X.tensor, X.columns) if isinstance(X, Beside) else (X,)


def align(raw: Array, classes: Array, n_outputs: int, n_fitted: int) -> Array:
    """Return probabilities of all classes from those of the classes seen."""
    _check_probabilities(raw)
    if len(classes) == n_outputs:
        return raw / raw.sum(axis=1, keepdims=True)
    aligned = np.full((len(raw), n_outputs), 1.0 / (n_fitted + n_outputs))
    aligned[:, classes] = raw
    return aligned / aligned.sum(axis=1, keepdims=True)


def _check_shape(values: Array, expected: tuple[int, int]) -> None:
    if values.shape != expected:
        raise RunError(f"predictions have shape {values.shape}, expected {expected}")
    if not np.isfinite(values).all():
        broken = int((~np.isfinite(values).all(axis=1)).sum())
        raise RunError(f"predictions are not finite in {broken} of {len(values)} rows")


def _check_probabilities(raw: Array) -> None:
    """Refuse what is no distribution over classes; rounding is forgiven."""
    if raw.min() < -1e-6 or raw.max() > 1 + 1e-6:
        raise RunError(
            f"probabilities lie between {raw.min():g} and {raw.max():g}, not in [0, 1]"
        )
    total = raw.sum(axis=1)
    worst = total[np.abs(total - 1).argmax()]
    if abs(worst - 1) > 1e-3:
        raise RunError(f"probabilities of a row sum to {worst:g}, not 1")
