"""Floats as the shortest decimals that read back as the same, a line for each row."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import MissingDependencyError, require

Array = NDArray[np.float64]
MANY_CELLS = 1_000_000  # from which it is worth importing pyarrow, where it is
# Between these, arrow writes what Python does, but for whole numbers.
SMALLEST, LARGEST = 1e-4, 1e10


def decimal_lines(matrix: Array, many_cells: int = MANY_CELLS) -> list[str]:
    """Return a line for each row, commas between its cells; nothing for NaN.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns)
    many_cells : int
        From so many on, pyarrow spells them where it is installed: the same texts in
        a third of the time.

    Examples
    --------
    >>> decimal_lines(np.array([[0.1, 2.0], [np.nan, 1e-5]]))
    ['0.1,2.0', ',1e-05']
    """
    if not matrix.size:
        return [""] * len(matrix)
    if matrix.size >= many_cells:
        try:
            arrow: Any = require("pyarrow", extra="parquet")
            compute: Any = require("pyarrow.compute", extra="parquet")
        except MissingDependencyError:
            pass
        else:
            columns = [_spelled(column, arrow, compute) for column in matrix.T]
            lines: list[str] = compute.binary_join_element_wise(
                *columns, ","
            ).to_pylist()
            return lines
    # JSON's encoder spells millions of them in a second.
    text = json.dumps(matrix.tolist(), separators=(",", ":")).replace("NaN", "")
    return text[2:-2].split("],[")


def _spelled(column: Array, arrow: Any, compute: Any) -> Any:
    """Return numbers as an array of texts; Python spells those that arrow would not."""
    size = np.abs(column)
    is_odd = ~((size >= SMALLEST) & (size < LARGEST) & (column != np.rint(column)))
    texts = compute.cast(arrow.array(np.ascontiguousarray(column)), arrow.string())
    odd = ["" if value != value else repr(value) for value in column[is_odd].tolist()]
    return compute.replace_with_mask(
        texts, arrow.array(is_odd), arrow.array(odd, arrow.string())
    )
