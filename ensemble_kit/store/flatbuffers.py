"""Tables in the FlatBuffers format, read with every place checked against the end."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = 4


@dataclass(frozen=True)
class FlatTable:
    """One table of a buffer.

    Reading a field raises ValueError where it leads out of the buffer.

    Parameters
    ----------
    data : bytes
        The whole buffer.
    at : int
        Where the table begins.
    """

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> "FlatTable":
        """Return the table that a buffer begins with."""
        return cls(data, _unpack(data, "<I", 0))

    def number(self, field: int, form: str, default: Any = 0) -> Any:
        """Return a number by the place of its field, and how `struct` calls it."""
        at = self._place(field)
        return default if at is None else _unpack(self.data, f"<{form}", at)

    def table(self, field: int) -> "FlatTable | None":
        """Return a table inside this one, None where it is not there."""
        at = self._place(field)
        return None if at is None else FlatTable(self.data, self._follow(at))

    def text(self, field: int) -> bytes:
        """Return a string's bytes, empty where it is not there."""
        return self.array(field, "u1").tobytes()

    def array(self, field: int, dtype: str) -> NDArray[Any]:
        """Return a vector of numbers, empty where it is not there."""
        start, length = self._vector(field)
        kind = np.dtype(dtype).newbyteorder("<")
        if start + length * kind.itemsize > len(self.data):
            raise ValueError(f"a list of {length:,} leads out of the buffer")
        return np.frombuffer(self.data, kind, length, start)

    def tables(self, field: int) -> "list[FlatTable]":
        """Return a vector of tables, empty where it is not there."""
        return [FlatTable(self.data, at) for at in self._places(field)]

    def texts(self, field: int) -> list[bytes]:
        """Return a vector of strings, empty where it is not there."""
        return [_string(self.data, at) for at in self._places(field)]

    def _places(self, field: int) -> Iterator[int]:
        start, length = self._vector(field)
        if start + length * WORD > len(self.data):
            raise ValueError(f"a list of {length:,} leads out of the buffer")
        return (self._follow(start + WORD * k) for k in range(length))

    def _vector(self, field: int) -> tuple[int, int]:
        """Return where a vector's items begin, and their number."""
        at = self._place(field)
        if at is None:
            return 0, 0
        start = self._follow(at)
        return start + WORD, _unpack(self.data, "<I", start)

    def _follow(self, at: int) -> int:
        return at + int(_unpack(self.data, "<I", at))

    def _place(self, field: int) -> int | None:
        """Return where a field is, None where this table leaves it out."""
        names = self.at - int(_unpack(self.data, "<i", self.at))
        size = int(_unpack(self.data, "<H", names))
        at = WORD + 2 * field
        if at + 2 > size:
            return None
        offset = int(_unpack(self.data, "<H", names + at))
        return self.at + offset if offset else None


def _string(data: bytes, at: int) -> bytes:
    length = _unpack(data, "<I", at)
    if at + WORD + length > len(data):
        raise ValueError("a text leads out of the buffer")
    return data[at + WORD : at + WORD + length]


def _unpack(data: bytes, form: str, at: int) -> Any:
    """Return one number; `struct` would count places below 0 from the end."""
    if at < 0 or at + struct.calcsize(form) > len(data):
        raise ValueError("a field leads out of the buffer")
    return struct.unpack_from(form, data, at)[0]
