"""Rows as one number each, equal for equal rows of any table."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING = np.uint64(0)

Hashes = NDArray[np.uint64]


def row_hashes(frame: pd.DataFrame) -> Hashes:
    """Return one number per row, the same for rows of equal cells.

    Parameters
    ----------
    frame : DataFrame
        Of one column or more. Categories count by what they are called, so that rows
        of two tables meet whose levels have other codes.

    Examples
    --------
    >>> one = pd.DataFrame({"level": pd.Categorical(["b", "a"])})
    >>> other = pd.DataFrame({"level": pd.Categorical(["a", "c"])})
    >>> bool(row_hashes(one)[1] == row_hashes(other)[0])
    True
    """
    columns = {
        name: _of_levels(column)
        if isinstance(column.dtype, pd.CategoricalDtype)
        else column
        for name, column in frame.items()
    }
    plain = pd.DataFrame(columns, index=frame.index)
    return pd.util.hash_pandas_object(plain, index=False).to_numpy()


def _of_levels(column: pd.Series) -> Hashes:
    """Return the hash of every cell's level: levels are few where rows are many."""
    names = column.cat.categories.astype(str).to_numpy(dtype=object)
    hashes = np.append(pd.util.hash_array(names), MISSING)
    return hashes[column.cat.codes.to_numpy()]  # the last one where a cell is missing
