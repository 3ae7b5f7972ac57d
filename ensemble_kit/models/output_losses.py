"""Losses over raw outputs and their gradients, for models trained by hand in numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

LOSSES = ("log_loss", "squared_error", "absolute_error")


def n_outputs(n_classes: int) -> int:
    """Return the number of raw outputs: one for two classes and for values."""
    return n_classes if n_classes > 2 else 1


def gradient(
    outputs: NDArray[Any], y: NDArray[Any], weights: NDArray[Any], loss: str
) -> NDArray[np.float32]:
    """Return the gradient of the weighted mean loss over (n_rows, n_outputs).

    ``loss`` is "log_loss" (y in 0..K-1), "squared_error" or "absolute_error".
    """
    if loss == "log_loss":
        slope = probabilities(outputs)
        slope[np.arange(len(y)), y] -= 1.0
        slope = slope if outputs.shape[1] > 1 else slope[:, 1:]
    else:
        error = outputs - y[:, None]
        slope = error if loss == "squared_error" else np.sign(error)
    return (slope * (weights / len(y))[:, None]).astype(np.float32)


def probabilities(outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Return probabilities of shape (n_rows, n_classes) from raw outputs."""
    outputs = np.asarray(outputs, dtype=np.float64)
    if outputs.shape[1] == 1:
        positive = expit(outputs)
        return np.hstack([1 - positive, positive])
    return softmax(outputs, axis=1)
