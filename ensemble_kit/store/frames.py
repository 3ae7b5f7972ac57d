"""Matrices and frames as folders of plain arrays, read back memory-mapped.

Nothing here is pickled: a frame is its numbers, its category codes and the UTF-8
bytes of its texts, each an .npy file, with a JSON list that says which is which.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ensemble_kit.arrays import Dtype
from ensemble_kit.files import save_array
from ensemble_kit.oof.matrix import Beside, Matrix


def write_matrix(folder: Path, matrix: Matrix) -> None:
    """Write an ndarray, a CSR matrix or a frame into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(matrix, pd.DataFrame):
        _write_frame(folder, matrix)
    elif sparse.issparse(matrix):
        matrix = sparse.csr_matrix(matrix)
        for name in ("data", "indices", "indptr"):
            save_array(folder / f"{name}.npy", getattr(matrix, name))
        _write_json(folder, {"kind": "csr", "shape": list(matrix.shape)})
    else:
        save_array(folder / "array.npy", np.ascontiguousarray(matrix))
        _write_json(folder, {"kind": "array"})


def read_matrix(folder: Path) -> Matrix:
    """Return what `write_matrix` wrote; large arrays stay on disk until read."""
    facts = json.loads((folder / "matrix.json").read_text(encoding="utf-8"))
    if facts["kind"] == "frame":
        return _read_frame(folder, facts)
    if facts["kind"] == "array":
        return _load(folder / "array.npy")
    parts = tuple(_load(folder / f"{n}.npy") for n in ("data", "indices", "indptr"))
    matrix = sparse.csr_matrix(parts, shape=tuple(facts["shape"]), copy=False)
    matrix.has_sorted_indices = True
    return matrix


def settle_matrix(matrix: Matrix) -> Matrix:
    """Return what `read_matrix` would of a matrix written, without a disk."""
    if isinstance(matrix, pd.DataFrame):
        return _settle_frame(matrix)
    if sparse.issparse(matrix):
        matrix = sparse.csr_matrix(matrix)
        matrix.has_sorted_indices = True
        return matrix
    return np.ascontiguousarray(matrix)


def take_rows(matrix: Matrix, rows: NDArray[np.intp]) -> Matrix:
    """Return some rows of a frame, an array, a CSR matrix or a list of texts."""
    if isinstance(matrix, Beside):
        return Beside(matrix.tensor[rows], take_rows(matrix.columns, rows))
    if isinstance(matrix, pd.DataFrame | pd.Series):
        return matrix.iloc[rows].reset_index(drop=True)
    if isinstance(matrix, list):
        return [matrix[row] for row in rows]
    return matrix[rows]


def is_text(dtype: Dtype) -> bool:
    """Return whether a column of this dtype holds texts."""
    return pd.api.types.is_string_dtype(dtype) and not isinstance(
        dtype, pd.CategoricalDtype
    )


def _write_json(folder: Path, facts: dict[str, Any]) -> None:
    text = json.dumps(facts, ensure_ascii=False)
    (folder / "matrix.json").write_text(text, encoding="utf-8")


def _load(path: Path) -> NDArray[Any]:
    """Return an array, mapped copy-on-write unless it is empty: it cannot be then.

    Some libraries refuse arrays that they may not write to, though they never do.
    """
    array = np.load(path, mmap_mode="c", allow_pickle=False)
    return np.asarray(array) if array.size == 0 else array


def _write_frame(folder: Path, frame: pd.DataFrame) -> None:
    numbers = [c for c in range(frame.shape[1]) if _is_number(frame.dtypes.iloc[c])]
    columns = [
        {"name": str(name), **_write_column(folder, number, frame.iloc[:, number])}
        if number not in set(numbers)
        else {"name": str(name), "kind": "number", "at": numbers.index(number)}
        for number, name in enumerate(frame.columns)
    ]
    block = frame.iloc[:, numbers].to_numpy(dtype=np.float64)
    save_array(folder / "numbers.npy", np.asfortranarray(block))
    _write_json(folder, {"kind": "frame", "rows": len(frame), "columns": columns})


def _settle_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame's numbers as one block, its texts and dates in one type each."""
    dtypes = frame.dtypes.array
    if frame.columns.dtype == "str" and all(dtype == np.float64 for dtype in dtypes):
        return _settle_numbers(frame)
    is_number = np.array([_is_number(dtype) for dtype in dtypes], dtype=bool)
    numbers = frame.iloc[:, np.flatnonzero(is_number)]
    block = np.asfortranarray(numbers.to_numpy(dtype=np.float64))
    settled = pd.DataFrame(block, index=pd.RangeIndex(len(frame)), copy=False)
    for at in np.flatnonzero(~is_number).tolist():
        settled.insert(at, f"column{at}", _settle_column(frame.iloc[:, at]))
    settled.columns = [str(name) for name in frame.columns]
    return settled


def _settle_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same of numbers alone, without a look at each column."""
    block = np.array(frame.to_numpy(), dtype=np.float64, order="F")
    rows, names = pd.RangeIndex(len(frame)), frame.columns.rename(None)
    return pd.DataFrame(block, index=rows, columns=names, copy=False)


def _settle_column(column: pd.Series) -> pd.Series:
    """Return a column that is no number as `read_matrix` gives it."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        values, dtype = column.array, column.dtype
        if dtype.ordered or dtype.categories.dtype != "str":
            dtype = _text_categories(tuple(map(str, dtype.categories)))
        return pd.Series(pd.Categorical.from_codes(values.codes, dtype=dtype))
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return pd.Series(column.to_numpy(dtype="datetime64[ns]"))
    return pd.Series(column.astype("str").array, dtype="str")


@lru_cache(maxsize=64)
def _text_categories(levels: tuple[str, ...]) -> pd.CategoricalDtype:
    """Return the type that a column of these levels is read back in."""
    return pd.Categorical.from_codes([], list(levels)).dtype


def _is_number(dtype: Dtype) -> bool:
    if isinstance(dtype, np.dtype):
        return dtype.kind in "biufc"
    return pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def _write_column(folder: Path, number: int, column: pd.Series) -> dict[str, Any]:
    """Write one column that is no number and return how to read it."""
    stem = folder / f"column{number}"
    if isinstance(column.dtype, pd.CategoricalDtype):
        save_array(Path(f"{stem}.npy"), column.cat.codes.to_numpy())
        levels = [str(level) for level in column.cat.categories]
        return {"kind": "category", "levels": levels}
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        values = column.to_numpy(dtype="datetime64[ns]")
        save_array(Path(f"{stem}.npy"), values.astype(np.int64))
        return {"kind": "datetime"}
    _write_texts(stem, column)
    return {"kind": "text"}


def _write_texts(stem: Path, column: pd.Series) -> None:
    """Write texts as one run of bytes, their ends, and which of them are missing."""
    missing = column.isna().to_numpy()
    # Half of a surrogate pair can reach us through a broken decoder; it is kept.
    parts = [
        b"" if is_missing else str(text).encode("utf-8", "surrogatepass")
        for text, is_missing in zip(column, missing, strict=True)
    ]
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    save_array(Path(f"{stem}.npy"), np.frombuffer(b"".join(parts), dtype=np.uint8))
    save_array(Path(f"{stem}.ends.npy"), ends)
    save_array(Path(f"{stem}.missing.npy"), missing)


def _read_texts(stem: Path) -> pd.Series:
    data = _load(Path(f"{stem}.npy")).tobytes()
    ends = np.load(f"{stem}.ends.npy").tolist()
    missing = np.load(f"{stem}.missing.npy").tolist()
    starts = [0, *ends][: len(ends)]
    texts = [
        None if is_missing else data[start:end].decode("utf-8", "surrogatepass")
        for start, end, is_missing in zip(starts, ends, missing, strict=True)
    ]
    return pd.Series(texts, dtype="str")


def _read_frame(folder: Path, facts: dict[str, Any]) -> pd.DataFrame:
    numbers = _load(folder / "numbers.npy")
    columns = [
        pd.Series(numbers[:, column["at"]], copy=False)
        if column["kind"] == "number"
        else _read_column(folder / f"column{number}", column)
        for number, column in enumerate(facts["columns"])
    ]
    names = [column["name"] for column in facts["columns"]]
    frame = pd.DataFrame(
        dict(enumerate(columns)), index=pd.RangeIndex(facts["rows"]), copy=False
    )
    frame.columns = names
    return frame


def _read_column(stem: Path, column: dict[str, Any]) -> pd.Series:
    if column["kind"] == "text":
        return _read_texts(stem)
    values = np.load(f"{stem}.npy")
    if column["kind"] == "datetime":
        return pd.Series(values.view("datetime64[ns]"))
    return pd.Series(pd.Categorical.from_codes(values, column["levels"]))
