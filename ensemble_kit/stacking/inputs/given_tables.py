"""Lists and texts, as frames of pandas."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.store.frames import is_text

OBJECT = np.dtypes.ObjectDType
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
SEVERAL = (list, tuple, dict, set, frozenset, np.ndarray, pd.Series, pd.DataFrame)


def to_frame(X: Any, learns: bool = True) -> Any:
    """Return what holds strings as a frame of pandas, all else as it is.

    A list, an array or a Series of strings is one column without a name. Of rows to
    learn from, columns of objects get the type of what they hold; later rows are read
    as these were.
    """
    if isinstance(X, pd.DataFrame):
        return _settled(X, learns)
    if sparse.issparse(X):
        return X
    _refuse_strange(X)
    if holds_texts(X):
        return pd.DataFrame({0: np.asarray(X, dtype=object)}).astype("str")
    if _holds_strings(X):
        return pd.DataFrame(np.asarray(X, dtype=object)).infer_objects()
    return X


def _settled(X: pd.DataFrame, learns: bool) -> pd.DataFrame:
    """Return a frame whose columns of objects have the type of what they hold.

    Numbers, decimals among them, and dates; what else there is stays.

    Raises
    ------
    CompetitionError
        With the columns whose cells hold several values.
    """
    places = [at for at, dtype in enumerate(X.dtypes) if isinstance(dtype, OBJECT)]
    if not places:
        return X
    columns = [X.iloc[:, at] for at in range(X.shape[1])]
    mistakes = [line for at in places for line in _several(columns[at])]
    if mistakes:
        raise CompetitionError(problems("X", mistakes))
    if not learns:
        return X
    for at in places:
        columns[at] = _typed(columns[at])
    return pd.concat(columns, axis=1)


def _several(column: pd.Series) -> list[str]:
    """Return a line on the first cell that holds several values, if there is one."""
    for row, cell in enumerate(column):
        if isinstance(cell, SEVERAL):
            return [
                f"{column.name!r} holds a {type(cell).__name__} in row {row}; expected "
                "one number, string or date per cell: make columns of it, or a text, "
                f"as by X[{column.name!r}].map(str)"
            ]
    return []


def _typed(column: pd.Series) -> pd.Series:
    """Return a column of objects as numbers or dates, where that is what they are."""
    held = pd.api.types.infer_dtype(column, skipna=True)
    if held in NUMBERS:
        return column.astype(np.float64)
    if held == "date":
        return pd.to_datetime(column)
    return column.infer_objects()


def _refuse_strange(X: Any) -> None:
    """Raise for what is no table, of which NumPy would say little.

    Raises
    ------
    CompetitionError
    """
    if isinstance(X, Mapping):
        hint = "pandas.DataFrame(X) makes a table of a dict of columns"
    elif isinstance(X, str | Path):
        hint = "read the file first, as by pandas.read_csv(X)"
    elif isinstance(X, Iterator):
        hint = "list(X) makes rows of it"
    else:
        return
    raise CompetitionError(
        f"X: expected a table, an array or a list of rows; found a "
        f"{type(X).__name__}: {hint}"
    )


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
