"""Structure read from files that others have written, within stated limits.

Nothing is built before its size is known to be bounded: JSON by the length of its
text, arrays by the length of their file, archives by what their members declare.
"""

import ast
import hashlib
import json
import math
import os
import struct
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from types import UnionType
from typing import Any, BinaryIO, get_args

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.files import open_plain

GIGABYTE = 2**30
HEADER_BYTES = 10_000  # numpy's own limit for the header of an .npy file
CHUNK = 2**20
MAGIC = b"\x93NUMPY"
LENGTHS = {b"\x01\x00": "<H", b"\x02\x00": "<I"}


@dataclass(frozen=True)
class Limits:
    """How much is read from a stranger.

    Parameters
    ----------
    json_bytes : int, default 256 MiB
        The text of one piece of JSON.
    entry_bytes : int, default 8 GiB
        All files of one entry, one run's models or one member of an archive.
    ratio : int, default 200
        How many times its packed size a member of an archive may unpack to, once it
        is larger than ``ratio_from``.
    ratio_from : int, default 16 MiB
    depth : int, default 200
        How deep values may be nested.
    """

    json_bytes: int = GIGABYTE // 4
    entry_bytes: int = 8 * GIGABYTE
    ratio: int = 200
    ratio_from: int = 16 * 2**20
    depth: int = 200


LIMITS = Limits()


def read_json(data: bytes | str, limits: Limits = LIMITS) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        When it is no JSON, too long, or nested too deep.
    """
    if len(data) > limits.json_bytes:
        raise ValueError(f"{len(data):,} bytes of JSON, over {limits.json_bytes:,}")
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("JSON is nested too deep") from None


def shape_fault(value: object, shape: object, name: str = "it") -> str:
    """Return which part of plain data has another shape; empty where none has.

    Parameters
    ----------
    value : object
        From `read_json`.
    shape : type, union of types, list or dict
        ``[shape]`` is a list of such values, ``{str: shape}`` a table of any names,
        ``{"name": shape}`` one with these; ``"name?"`` may be missing or null.
    name : str
        What the value is called.

    Examples
    --------
    >>> shape_fault({"classes": ["a", 1]}, {"classes": [str], "groups?": str})
    'classes[1] is 1'
    >>> shape_fault({}, {"chosen": str})
    "it has no 'chosen'"
    """
    if isinstance(shape, type | UnionType):
        return "" if _is_a(value, shape) else _odd(name, value)
    if isinstance(shape, list) and isinstance(value, list):
        parts = ((f"{name}[{k}]", part, shape[0]) for k, part in enumerate(value))
    elif isinstance(shape, dict) and isinstance(value, dict):
        wanted = _wanted(value, shape)
        if missing := [key for key in wanted if key not in value]:
            return f"{name} has no {missing[0]!r}"
        at = "" if name == "it" else f"{name}."
        parts = ((f"{at}{key}", value[key], part) for key, part in wanted.items())
    else:
        return _odd(name, value)
    faults = (shape_fault(part, inner, called) for called, part, inner in parts)
    return next(filter(None, faults), "")


def _wanted(value: dict[str, object], shape: dict[Any, object]) -> dict[str, object]:
    """Return the shape of each part that a table has to have."""
    if str in shape:
        return dict.fromkeys(value, shape[str])
    null = {k for k in shape if k.endswith("?") and value.get(k[:-1]) is None}
    return {k.removesuffix("?"): shape[k] for k in shape if k not in null}


def _is_a(value: object, shape: type | UnionType) -> bool:
    """Return whether a value is of a type; a truth is no number here."""
    kinds = get_args(shape) or (shape,)
    is_truth = isinstance(value, bool) and bool not in kinds and object not in kinds
    return isinstance(value, shape) and not is_truth


def _odd(name: str, value: object) -> str:
    return f"{name} is {value!r:.80}"


def read_limited(path: Path, n_bytes: int) -> bytes:
    """Return the bytes of a plain file that is no longer than stated.

    Raises
    ------
    ValueError
        When it is longer.
    OSError
        When it is missing, or no plain file.
    """
    with open_plain(path) as stream:
        _refuse_long(path, stream, n_bytes)
        data = stream.read(n_bytes + 1)
    if len(data) > n_bytes:  # it has grown, or its size was not told
        raise ValueError(f"{path.name} is longer than {n_bytes:,} bytes")
    return data


def read_array(
    path: Path, checksum: str, limits: Limits = LIMITS, whole: bool = True
) -> NDArray[Any]:
    """Return the array of an .npy file whose every byte is as it was written.

    Parameters
    ----------
    path : Path
    checksum : str
        SHA-256 of the file.
    limits : Limits
    whole : bool
        Whether the array is wanted; else the file is only checked, in little memory.

    Raises
    ------
    ValueError
        When it is no such array, or longer or shorter than its header says.
    OSError
        When it is missing, or no plain file.
    """
    with open_plain(path) as stream:
        n_bytes = _refuse_long(path, stream, limits.entry_bytes)
        hashing = _Hashing(stream)
        shape, fortran, dtype = _read_header(hashing)
        size = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or hashing.n_read + size != n_bytes:
            raise ValueError(f"{path.name} has {n_bytes:,} bytes, not what it declares")
        array = np.empty(shape if whole else (0,), dtype, order="F" if fortran else "C")
        if whole:
            hashing.fill(array.T if fortran else array)
        else:
            hashing.skip()
    if hashing.digest.hexdigest() != checksum:
        raise ValueError(f"the checksum of {path.name} differs")
    return array


class _Hashing:
    """A stream that adds up what is read from it."""

    def __init__(self, stream: BufferedReader):
        self.stream = stream
        self.digest = hashlib.sha256()
        self.n_read = 0

    def read(self, n_bytes: int) -> bytes:
        """Return the next bytes."""
        data = self.stream.read(n_bytes)
        self.digest.update(data)
        self.n_read += len(data)
        return data

    def fill(self, array: NDArray[Any]) -> None:
        """Read the bytes of an array in C order."""
        flat = array.reshape(-1).view(np.uint8)
        if self.stream.readinto(flat.data) != len(flat):
            raise ValueError("the file ends too early")
        self.digest.update(flat.data)

    def skip(self) -> None:
        """Read to the end."""
        while self.read(CHUNK):
            pass


def _read_header(stream: _Hashing) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Return shape, order and type from the front of an .npy file.

    NumPy's own reader also tries what Python 2 wrote, with a tokenizer that raises
    many things and warns.
    """
    version = stream.read(len(MAGIC) + 2)
    if version[:-2] != MAGIC or version[-2:] not in LENGTHS:
        raise ValueError("it is no .npy file")
    layout = LENGTHS[version[-2:]]
    (length,) = struct.unpack(layout, _exactly(stream, struct.calcsize(layout)))
    if length > HEADER_BYTES:
        raise ValueError(f"a header of {length:,} bytes, over {HEADER_BYTES:,}")
    try:
        header = ast.literal_eval(_exactly(stream, length).decode("latin1").strip())
        shape, fortran = header["shape"], header["fortran_order"]
        dtype = np.lib.format.descr_to_dtype(header["descr"])
    except (SyntaxError, TypeError, LookupError, RecursionError, MemoryError) as error:
        raise ValueError(f"its header cannot be read: {error}") from error
    is_shape = isinstance(shape, tuple) and all(
        type(n) is int and n >= 0 for n in shape
    )
    if not is_shape or type(fortran) is not bool or dtype.itemsize == 0:
        raise ValueError(f"its header declares {header!r}"[:200])
    return shape, fortran, dtype


def _exactly(stream: _Hashing, n_bytes: int) -> bytes:
    data = stream.read(n_bytes)
    if len(data) != n_bytes:
        raise ValueError("the file ends too early")
    return data


def _refuse_long(path: Path, stream: BinaryIO, n_bytes: int) -> int:
    """Return a file's length, unless it is over a limit."""
    size = os.fstat(stream.fileno()).st_size
    if size > n_bytes:
        raise ValueError(f"{path.name} has {size:,} bytes, over {n_bytes:,}")
    return size
