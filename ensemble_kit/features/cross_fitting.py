"""Class scores as differences: what cross-fitted features share."""

from typing import Any

from numpy.typing import NDArray


def contrasts(scores: NDArray[Any]) -> NDArray[Any]:
    """Return class scores as differences; the last axis is the classes.

    Of two classes, the second minus the first; of more, each minus their mean. A
    single column, a regression's, stays.

    Examples
    --------
    >>> import numpy as np
    >>> contrasts(np.array([[1.0, 4.0]])).tolist()
    [[3.0]]
    >>> contrasts(np.array([[1.0, 4.0, 1.0]])).tolist()
    [[-1.0, 2.0, -1.0]]
    """
    if scores.shape[-1] == 1:
        return scores
    if scores.shape[-1] == 2:
        return scores[..., 1:] - scores[..., :1]
    return scores - scores.mean(axis=-1, keepdims=True)
