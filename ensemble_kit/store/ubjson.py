"""Universal binary JSON as XGBoost writes it, read within the bounds of its bytes."""

from typing import Any

import numpy as np

NUMBERS = {
    b"i": ">i1",
    b"U": ">u1",
    b"I": ">i2",
    b"l": ">i4",
    b"L": ">i8",
    b"d": ">f4",
    b"D": ">f8",
}
MAX_DEPTH = 50


def read_ubjson(data: bytes) -> Any:
    """Return the value of a UBJSON text; typed arrays come as arrays of numpy.

    Raises
    ------
    ValueError
        When it is none, or says it is longer than it is.
    """
    reader = _Reader(data)
    value = reader.value(reader.take(1), 0)
    if reader.at != len(data):
        raise ValueError("there is more than one value")
    return value


class _Reader:
    """A place in some bytes that never moves beyond them."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, n_bytes: int) -> bytes:
        """Return the next bytes."""
        end = self.at + n_bytes
        if n_bytes < 0 or end > len(self.data):
            raise ValueError("a value is longer than the data")
        taken, self.at = self.data[self.at : end], end
        return taken

    def value(self, kind: bytes, depth: int) -> Any:
        """Return the value of a kind that begins here."""
        if depth > MAX_DEPTH:
            raise ValueError("values nest too deeply")
        if kind == b"{":
            return self._object(depth)
        if kind == b"[":
            return self._array(depth)
        if kind == b"S":
            return self._text()
        if kind in (b"T", b"F", b"Z"):
            return {b"T": True, b"F": False, b"Z": None}[kind]
        return self._number(kind)

    def _number(self, kind: bytes) -> Any:
        if kind not in NUMBERS:
            raise ValueError(f"a value of the kind {kind!r}")
        dtype = np.dtype(NUMBERS[kind])
        return np.frombuffer(self.take(dtype.itemsize), dtype)[0].item()

    def _length(self) -> int:
        length = self._number(self.take(1))
        if type(length) is not int or length < 0:
            raise ValueError(f"a length of {length!r}")
        return length

    def _text(self) -> str:
        return self.take(self._length()).decode("utf-8", "surrogateescape")

    def _object(self, depth: int) -> dict[str, Any]:
        pairs = {}
        while (mark := self.take(1)) != b"}":
            self.at -= 1
            if mark == b"#" or mark == b"$":
                raise ValueError("a counted object")
            name = self._text()
            pairs[name] = self.value(self.take(1), depth + 1)
        return pairs

    def _array(self, depth: int) -> Any:
        mark = self.take(1)
        if mark == b"$":
            kind = self.take(1)
            if kind not in NUMBERS or self.take(1) != b"#":
                raise ValueError("an array without a length")
            dtype = np.dtype(NUMBERS[kind])
            return np.frombuffer(self.take(self._length() * dtype.itemsize), dtype)
        if mark == b"#":
            n_values = self._length()
            if n_values > len(self.data):
                raise ValueError("an array is longer than the data")
            return [self.value(self.take(1), depth + 1) for _ in range(n_values)]
        values = []
        while mark != b"]":
            values.append(self.value(mark, depth + 1))
            mark = self.take(1)
        return values
