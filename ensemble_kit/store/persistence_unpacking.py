"""A tree of plain data and one run of bytes to objects."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ensemble_kit.store.persistence_classes import class_of, restore
from ensemble_kit.store.persistence_native import NATIVE
from ensemble_kit.untrusted import LIMITS

Bytes = NDArray[np.uint8]
GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
CELLS = ("str", "object", "string")
KINDS = frozenset(
    [
        "array",
        "bytes",
        "category",
        "csr_array",
        "csr_matrix",
        "dict",
        "dtype",
        "float",
        "frame",
        "frozenset",
        "generator",
        "index",
        "list",
        "native",
        "object",
        "random_state",
        "scalar",
        "scalar_type",
        "series",
        "set",
        "slice",
        "tuple",
    ]
)


class Unpacker:
    """Builds values from a tree and the bytes beside it."""

    def __init__(self, table: list[list[Any]], data: Bytes):
        self.table = table
        self.data = data
        self.depth = 0
        self._arrays: dict[int, NDArray[Any]] = {}

    def unpack(self, tree: Any) -> Any:
        """Return the value of a tree."""
        if not isinstance(tree, dict):
            return tree
        ((name, body),) = tree.items()
        if name not in KINDS:
            raise ValueError(f"unknown kind of value {name!r}")
        self.depth += 1
        if self.depth > LIMITS.depth:
            raise ValueError("values nest too deeply")
        value = getattr(self, f"_{name}")(body)
        self.depth -= 1
        return value

    def _object(self, body: Any) -> Any:
        name, state = body
        return restore(class_of(name), self._dict(state))

    def _native(self, body: Any) -> Any:
        kind, parts = body
        return NATIVE[kind].unpack(self.unpack(parts))

    def _float(self, body: str) -> float:
        return float(body)

    def _list(self, body: Any) -> list[Any]:
        if isinstance(body, dict):
            return self._texts(*body["texts"])
        return [self.unpack(item) for item in body]

    def _texts(self, joined: int, ends: int) -> list[str]:
        data, stops = self._array(joined).tobytes(), self._array(ends).tolist()
        starts = [0, *stops][: len(stops)]
        return [
            data[start:stop].decode("utf-8", "surrogatepass")
            for start, stop in zip(starts, stops, strict=True)
        ]

    def _tuple(self, body: Any) -> tuple[Any, ...]:
        if isinstance(body, dict) and "named" in body:
            name, items = body["named"]
            return tuple.__new__(class_of(name), self._list(items))
        return tuple(self._list(body))

    def _set(self, body: Any) -> set[Any]:
        return set(self._list(body))

    def _frozenset(self, body: Any) -> frozenset[Any]:
        return frozenset(self._list(body))

    def _dict(self, body: Any) -> dict[Any, Any]:
        keys, values = (self._list(part) for part in body)
        return dict(zip(keys, values, strict=True))

    def _bytes(self, body: int) -> bytes:
        return self._array(body).tobytes()

    def _slice(self, body: Any) -> slice:
        return slice(*self._list(body))

    def _scalar(self, body: Any) -> Any:
        descr, digits = body
        return np.frombuffer(bytes.fromhex(digits), dtype=_plain_dtype(descr))[0]

    def _dtype(self, body: Any) -> np.dtype:
        return _plain_dtype(body)

    def _scalar_type(self, body: str) -> type:
        return _plain_dtype(body).type

    def _array(self, body: Any) -> NDArray[Any]:
        if isinstance(body, dict):
            cells, shape = body["cells"]
            array = np.empty(math.prod(shape), dtype=object)
            array[:] = self._list(cells)
            return array.reshape(shape)
        if body not in self._arrays:
            self._arrays[body] = self._view(*self.table[body])
        return self._arrays[body]

    def _view(
        self, descr: Any, shape: list[int], fortran: bool, at: int
    ) -> NDArray[Any]:
        dtype = _plain_dtype(descr)
        size = math.prod(shape) * dtype.itemsize
        if at < 0 or size < 0 or at + size > len(self.data):
            raise ValueError("an array lies outside the data")
        flat = self.data[at : at + size].view(dtype)
        return flat.reshape(shape, order="F" if fortran else "C")

    def _csr_matrix(self, body: Any) -> Any:
        return _checked(sparse.csr_matrix(self._csr_parts(body), shape=tuple(body[1])))

    def _csr_array(self, body: Any) -> Any:
        return _checked(sparse.csr_array(self._csr_parts(body), shape=tuple(body[1])))

    def _csr_parts(self, body: Any) -> tuple[NDArray[Any], ...]:
        return tuple(self._array(part) for part in body[0])

    def _index(self, body: Any) -> pd.Index:
        return pd.Index(self._values(body[0]), name=self.unpack(body[1]))

    def _category(self, body: Any) -> pd.CategoricalDtype:
        return pd.CategoricalDtype(self._index(body[0]), ordered=body[1])

    def _values(self, body: Any) -> Any:
        ((kind, parts),) = body.items()
        if kind == "numbers":
            return self._array(parts)
        if kind == "cells":
            return pd.Series(self._list(parts[0]), dtype=_cell_dtype(parts[1]))
        codes, dtype = parts
        return pd.Categorical.from_codes(
            self._array(codes), dtype=self._category(dtype)
        )

    def _series(self, body: Any) -> pd.Series:
        values, index, name = body
        values = pd.Series(self._values(values)).array
        return pd.Series(values, self._index(index), name=self.unpack(name))

    def _frame(self, body: Any) -> pd.DataFrame:
        columns, names, rows = body
        index = self._index(rows)
        parts = {
            j: pd.Series(self._values(column)).array for j, column in enumerate(columns)
        }
        frame = pd.DataFrame(parts, index=index)
        frame.columns = self._index(names)
        return frame

    def _random_state(self, body: Any) -> np.random.RandomState:
        state = np.random.RandomState(0)
        state.set_state(self._dict(body))
        return state

    def _generator(self, body: Any) -> np.random.Generator:
        state = self._dict(body)
        if state["bit_generator"] not in GENERATORS:
            raise ValueError(f"unknown generator {state['bit_generator']!r}")
        bits = getattr(np.random, state["bit_generator"])()
        bits.state = state
        return np.random.Generator(bits)


def _plain_dtype(descr: Any) -> np.dtype:
    """Return a dtype; one that holds objects is refused."""
    if isinstance(descr, list):
        descr = [
            (name, _plain_dtype(inner) if isinstance(inner, list) else inner, *shape)
            for name, inner, *shape in descr
        ]
    dtype = np.lib.format.descr_to_dtype(descr)
    if dtype.hasobject:
        raise ValueError(f"arrays of {dtype} are refused")
    return dtype


def _checked(matrix: Any) -> Any:
    """Return a sparse matrix whose indices are all inside it."""
    matrix.check_format(full_check=True)
    return matrix


def _cell_dtype(name: str) -> str:
    if name not in CELLS:
        raise ValueError(f"unknown type of cells {name!r}")
    return name
