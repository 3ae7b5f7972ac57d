"""Files written whole or not at all, and never cut short without a word."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, never half.

    Raises
    ------
    OSError
        When the disk refuses, with the file's name; nothing is left behind.
    """
    temporary = path.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        write_synced(temporary, data)
        os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_synced(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a new file and, if it is to outlast a power cut, wait for the disk."""
    with _naming(path), path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        if durable:
            os.fsync(stream.fileno())


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an .npy file.

    ``np.save`` hands the bytes to the C library and, when the disk is full, leaves a
    shorter file without an error; here every write is checked.
    """
    with _naming(path), path.open("wb") as stream:
        plain = np.asanyarray(array)
        np.lib.format.write_array(_Stream(stream), plain, allow_pickle=False)


def sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _Stream:
    """A file that numpy takes for none of the kinds it writes past Python."""

    def __init__(self, stream: BinaryIO):
        self.write = stream.write


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name into an error that came without one."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
