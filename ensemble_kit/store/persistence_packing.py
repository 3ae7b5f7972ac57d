"""Objects to a tree of plain data and one run of bytes."""

import io
import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ensemble_kit.exceptions import StoreError
from ensemble_kit.store.persistence_classes import name_of, state_of
from ensemble_kit.store.persistence_native import NATIVE, native_kind

Bytes = NDArray[np.uint8]
ALIGNMENT = 64
MAX_DEPTH = 100
MANY_TEXTS = 16
CSR_PARTS = ("data", "indices", "indptr")


class Packer:
    """Puts arrays behind each other and the rest into a tree."""

    def __init__(self) -> None:
        self.table: list[list[Any]] = []
        self._stream = io.BytesIO()
        self._places: dict[int, int] = {}
        self._alive: list[Any] = []

    def data(self) -> Bytes:
        """Return the bytes of all arrays."""
        return np.frombuffer(self._stream.getbuffer(), dtype=np.uint8)

    def pack(self, value: Any, depth: int = 0) -> Any:
        """Return the tree of a value."""
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if depth > MAX_DEPTH:
            raise StoreError(f"nested more than {MAX_DEPTH} deep, or in a circle")
        kind = native_kind(value)
        if kind is not None:
            return {"native": [kind, self.pack(NATIVE[kind].pack(value), depth + 1)]}
        for types, name, method in self._METHODS:
            if isinstance(value, types):
                return {name: method(self, value, depth + 1)}
        return {"object": self._object(value, depth + 1)}

    def _object(self, value: Any, depth: int) -> Any:
        return [name_of(type(value)), self._dict(state_of(value), depth)]

    def _float(self, value: float, depth: int) -> Any:
        return repr(float(value))

    def _list(self, value: Any, depth: int) -> Any:
        if len(value) > MANY_TEXTS and all(type(item) is str for item in value):
            parts = [item.encode("utf-8", "surrogatepass") for item in value]
            ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
            joined = np.frombuffer(b"".join(parts), dtype=np.uint8)
            return {"texts": [self._array(joined, 0), self._array(ends, 0)]}
        return [self.pack(item, depth) for item in value]

    def _tuple(self, value: Any, depth: int) -> Any:
        """Return a tuple's items; one with named fields keeps its class."""
        items = self._list(list(value), depth)
        return (
            items if type(value) is tuple else {"named": [name_of(type(value)), items]}
        )

    def _set(self, value: Any, depth: int) -> Any:
        return self._list(sorted(value, key=repr), depth)

    def _dict(self, value: Any, depth: int) -> Any:
        return [self._list(list(value), depth), self._list(list(value.values()), depth)]

    def _bytes(self, value: Any, depth: int) -> Any:
        return self._array(np.frombuffer(bytes(value), dtype=np.uint8), depth)

    def _slice(self, value: slice, depth: int) -> Any:
        return self._list([value.start, value.stop, value.step], depth)

    def _scalar(self, value: np.generic, depth: int) -> Any:
        return [_descr(value.dtype), value.tobytes().hex()]

    def _dtype(self, value: np.dtype, depth: int) -> Any:
        return _descr(value)

    def _scalar_type(self, value: type, depth: int) -> Any:
        if issubclass(value, np.generic):
            return np.dtype(value).str
        raise StoreError(f"the class {value.__name__} itself cannot be kept")

    def _ndarray(self, value: NDArray[Any], depth: int) -> Any:
        if value.dtype == object:
            cells = [self._list(value.ravel().tolist(), depth), list(value.shape)]
            return {"cells": cells}
        return self._array(value, depth)

    def _array(self, value: NDArray[Any], depth: int) -> int:
        """Put an array's bytes behind the others and return its number."""
        if id(value) in self._places:
            return self._places[id(value)]
        fortran = value.flags.f_contiguous and not value.flags.c_contiguous
        plain = np.asarray(value, order="F" if fortran else "C")
        self._stream.write(b"\0" * (-self._stream.tell() % ALIGNMENT))
        row = [_descr(plain.dtype), list(plain.shape), fortran, self._stream.tell()]
        self._stream.write((plain.T if fortran else plain).tobytes())
        self._places[id(value)] = len(self.table)
        self._alive.append(value)
        self.table.append(row)
        return len(self.table) - 1

    def _csr(self, value: Any, depth: int) -> Any:
        value = sparse.csr_matrix(value)
        parts = [self._array(getattr(value, name), depth) for name in CSR_PARTS]
        return [parts, list(value.shape)]

    def _index(self, value: pd.Index, depth: int) -> Any:
        return [self._series(value.to_series(), depth), self.pack(value.name, depth)]

    def _category(self, value: pd.CategoricalDtype, depth: int) -> Any:
        return [self._index(value.categories, depth), bool(value.ordered)]

    def _series(self, value: pd.Series, depth: int) -> Any:
        """Return a column's values: numbers, category codes, or cells."""
        if isinstance(value.dtype, pd.CategoricalDtype):
            codes = self._array(value.cat.codes.to_numpy(), depth)
            return {"codes": [codes, self._category(value.dtype, depth)]}
        if isinstance(value.dtype, np.dtype) and value.dtype != object:
            return {"numbers": self._array(value.to_numpy(), depth)}
        cells = value.astype(object).where(value.notna(), None).tolist()
        return {"cells": [self._list(cells, depth), str(value.dtype)]}

    def _frame(self, value: pd.DataFrame, depth: int) -> Any:
        columns = [self._series(value.iloc[:, j], depth) for j in range(value.shape[1])]
        names, rows = self._index(value.columns, depth), self._index(value.index, depth)
        return [columns, names, rows]

    def _named_series(self, value: pd.Series, depth: int) -> Any:
        index = self._index(value.index, depth)
        return [self._series(value, depth), index, self.pack(value.name, depth)]

    def _random_state(self, value: np.random.RandomState, depth: int) -> Any:
        return self._dict(value.get_state(legacy=False), depth)

    def _generator(self, value: np.random.Generator, depth: int) -> Any:
        return self._dict(value.bit_generator.state, depth)

    _METHODS: Any = (
        (np.generic, "scalar", _scalar),
        (float, "float", _float),
        (list, "list", _list),
        (tuple, "tuple", _tuple),
        (frozenset, "frozenset", _set),
        (set, "set", _set),
        (dict, "dict", _dict),
        ((bytes, bytearray), "bytes", _bytes),
        (slice, "slice", _slice),
        (np.dtype, "dtype", _dtype),
        (type, "scalar_type", _scalar_type),
        (np.ndarray, "array", _ndarray),
        (sparse.csr_matrix, "csr_matrix", _csr),
        (sparse.csr_array, "csr_array", _csr),
        (pd.Index, "index", _index),
        (pd.CategoricalDtype, "category", _category),
        (pd.Series, "series", _named_series),
        (pd.DataFrame, "frame", _frame),
        (np.random.RandomState, "random_state", _random_state),
        (np.random.Generator, "generator", _generator),
    )


def _descr(dtype: np.dtype) -> Any:
    """Return a dtype as numpy's own files spell it."""
    if dtype.hasobject:
        raise StoreError(f"arrays of {dtype} cannot be kept")
    return np.lib.format.dtype_to_descr(dtype)
