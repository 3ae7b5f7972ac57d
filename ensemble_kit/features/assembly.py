"""Blocks of features put side by side."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.exceptions import PipelineError

# Cells of a sparse block that may be filled in to stand in a frame: 400 MB.
MOST_CELLS = 100_000_000
# Characters that LightGBM refuses in the names of a frame's columns.
REFUSED = str.maketrans(dict.fromkeys('[]{}",:<', "_"))


def assemble(
    parts: Sequence[Any], names: Iterable[str], X: pd.DataFrame
) -> np.ndarray | sparse.csr_matrix | pd.DataFrame:
    """Return the parts side by side.

    Parameters
    ----------
    parts : list of ndarray, sparse matrix or DataFrame
    names : list of str
        The names of all columns, used when the result is a frame.
    X : DataFrame
        Gives the number of rows, and the index of a frame.

    Returns
    -------
    DataFrame
        When a part is a frame.
    csr_matrix of float32 with sorted indices
        Else, when a part is sparse.
    ndarray in C order
        Else; float64 when a part is, else float32. Without any column: one of
        zeros, because no learner takes a table without columns.
    """
    parts = [part for part in parts if part.shape[1]]
    if not parts:
        return np.zeros((len(X), 1), dtype=np.float32)
    if any(isinstance(part, pd.DataFrame) for part in parts):
        return _as_frame(parts, names, X.index)
    if any(sparse.issparse(part) for part in parts):
        return _as_csr(parts)
    wide = any(part.dtype == np.float64 for part in parts)
    dtype = np.float64 if wide else np.float32
    return np.ascontiguousarray(np.hstack(parts), dtype=dtype)


def _as_csr(parts: Sequence[Any]) -> sparse.csr_matrix:
    parts = [sparse.csr_matrix(part, dtype=np.float32) for part in parts]
    joined = parts[0] if len(parts) == 1 else sparse.hstack(parts, format="csr")
    joined = sparse.csr_matrix(joined, dtype=np.float32)
    joined.sort_indices()
    return joined


def _as_frame(
    parts: Sequence[Any], names: Iterable[str], index: pd.Index
) -> pd.DataFrame:
    frames = []
    for part in parts:
        if sparse.issparse(part):
            part = _filled_in(part)
        if not isinstance(part, pd.DataFrame):
            part = pd.DataFrame(part)
        frames.append(part.set_axis(index, axis=0))
    return pd.concat(frames, axis=1).set_axis(_tame(names), axis=1)


def _filled_in(part: sparse.csr_matrix) -> np.ndarray:
    if part.shape[0] * part.shape[1] > MOST_CELLS:
        raise PipelineError(
            f"a sparse block of {part.shape[0]:,} x {part.shape[1]:,} cannot stand "
            "beside native categories or raw columns: they make the features a "
            "frame, which is dense; use ordinal, one_hot or target categories "
            "with it, or a dense text featurizer"
        )
    return part.toarray()


def _tame(names: Iterable[str]) -> list[str]:
    """Return distinct names without the characters that LightGBM refuses."""
    taken: dict[str, int] = {}
    result = []
    for name in names:
        name = str(name).translate(REFUSED)
        taken[name] = taken.get(name, 0) + 1
        result.append(name if taken[name] == 1 else f"{name}_{taken[name]}")
    return result
