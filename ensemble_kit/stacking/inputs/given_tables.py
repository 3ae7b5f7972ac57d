"""Tables of other libraries, lists and texts, as frames of pandas."""

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.exceptions import CompetitionError, MissingDependencyError
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


def handed_over(X: Any) -> Any:
    """Return another library's table or column as one of pandas.

    Taken is what has ``to_pandas``: tables of polars, pyarrow and others.

    Raises
    ------
    CompetitionError
        When the table has to be collected first.
    MissingDependencyError
        When the other library needs one that is not installed to hand it over.
    """
    if hasattr(X, "collect") and not hasattr(X, "to_pandas"):
        raise CompetitionError(
            f"X is a {type(X).__name__}, which holds no rows yet: pass X.collect()"
        )
    if not hasattr(X, "to_pandas"):
        return X
    try:
        return X.to_pandas()
    except ImportError as error:
        raise MissingDependencyError(
            f"a {type(X).__name__} is handed over through a library that is not "
            f"installed ({error}); pip install 'ensemble_kit[parquet]' brings it"
        ) from error


def kind_of_frame(X: Any) -> str:
    """Return whose table X is: "polars", "pyarrow" or "pandas"; that of arrays too."""
    library = type(X).__module__.partition(".")[0]
    return library if library in ("polars", "pyarrow") else "pandas"


def in_kind(frame: pd.DataFrame, kind: str) -> Any:
    """Return a frame of pandas as a table of another library."""
    if kind == "polars":
        return import_module("polars").from_pandas(frame)
    if kind == "pyarrow":
        return import_module("pyarrow").Table.from_pandas(frame)
    return frame


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
