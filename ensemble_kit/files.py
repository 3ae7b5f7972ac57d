"""Files written whole or not at all, and read only where they are plain files."""

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

FICLONE = 0x40049409  # Linux: share the blocks of another file
# Not there on every system; without them a link or a pipe is found by its kind.
SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


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
        with renaming(temporary, path):
            os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def renaming(source: Path, target: Path) -> Iterator[None]:
    """Rename inside: what was done already is no error.

    A disk over a network does again what it has lost the answer of, and then finds
    nothing to rename. The source has to be this process's own.
    """
    try:
        yield
    except FileNotFoundError:
        if os.path.lexists(source) or not os.path.lexists(target):
            raise


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


def share_blocks(source: Path, target: Path) -> bool:
    """Make a new file of another one's blocks, which part when one is written to.

    Returns
    -------
    bool
        False where the system or the disk cannot; then there is no new file.
    """
    try:
        import fcntl
    except ImportError:
        return False
    with source.open("rb") as old, target.open("xb") as new:
        try:
            fcntl.ioctl(new.fileno(), FICLONE, old.fileno())
        except OSError:
            target.unlink()
            return False
    return True


def sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_plain(path: Path) -> BufferedReader:
    """Open a plain file to read: no link, no folder, nothing that blocks.

    Raises
    ------
    OSError
        When it is missing or something else, with its name.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | SAFELY)
    except OSError as error:
        if error.errno != errno.ESTALE:
            raise
        # Another machine has replaced it: its name leads to the new one.
        descriptor = os.open(path, os.O_RDONLY | SAFELY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no plain file", str(path))
    return open(descriptor, "rb")


def is_plain(path: Path) -> bool:
    """Return whether a path is a plain file, and no link to one."""
    return _kind_is(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder, and no link to one."""
    return _kind_is(path, stat.S_ISDIR)


def remove(path: Path) -> None:
    """Remove a file, a folder or a link, as far as the system lets it go."""
    if is_folder(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _kind_is(path: Path, is_kind: Callable[[int], bool]) -> bool:
    try:
        return is_kind(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


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
