"""Lists and texts, as frames of pandas."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.store.frames import is_text


def to_frame(X: Any) -> Any:
    """Return what holds strings as a frame of pandas, all else as it is.

    A list, an array or a Series of strings is one column without a name.
    """
    if isinstance(X, pd.DataFrame) or sparse.issparse(X):
        return X
    if holds_texts(X):
        return pd.DataFrame({0: np.asarray(X, dtype=object)}).astype("str")
    if _holds_strings(X):
        return pd.DataFrame(np.asarray(X, dtype=object)).infer_objects()
    return X


def holds_texts(X: Any) -> bool:
    """Return whether X is one sequence of strings."""
    if isinstance(X, pd.Series):
        return is_text(X.dtype) and any(isinstance(cell, str) for cell in X)
    return _cells_of(X).ndim == 1 and _holds_strings(X)


def _holds_strings(X: Any) -> bool:
    """Return whether X is an array or a list with strings among its cells."""
    return any(isinstance(cell, str) for cell in _cells_of(X).flat)


def _cells_of(X: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the cells of rows that may hold strings, none of anything else."""
    is_array = isinstance(X, np.ndarray) and X.dtype.kind in "OUST"
    cells = np.asarray(X if is_array or isinstance(X, list | tuple) else [], object)
    return cells if cells.ndim in (1, 2) else np.empty(0, dtype=object)
