"""Columns brought to one spread, for models that measure distances."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def column_scale(X: Any) -> NDArray[np.float64] | None:
    """Return the inverse spread of each dense column; None for sparse input.

    Encoded categories come in the target's units beside standardised numbers; a
    distance over both would hear only one of them. Constant columns keep 1.
    """
    if sparse.issparse(X):
        return None
    spread = np.asarray(X, dtype=np.float64).std(axis=0)
    return 1.0 / np.where(spread > 1e-12, spread, 1.0)


def scale_columns(X: Any, scale: NDArray[np.float64] | None) -> Any:
    """Return X with its columns multiplied by a scale that `column_scale` gave."""
    return X if scale is None or sparse.issparse(X) else X * scale
