"""Locks between processes, here and on other machines, that name their holder.

The system lets go of a lock when its holder ends, however it ends. Where a disk knows
no such locks, a file beside stands for one: it is stale once its process is gone.
"""

import contextlib
import errno
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ensemble_kit.files import remove

if TYPE_CHECKING:
    from filelock import BaseFileLock

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
SOFT = ".soft"
LOCK = ".lock"
WAIT_SECONDS = 0.1
MAX_TRIES = 50
MAX_HOLDER = 1000  # characters that are read of who holds a lock


def take_lock(path: Path) -> "BaseFileLock | None":
    """Return a lock that this process holds now, or None where another one does.

    Its folder is made where it is missing.

    Raises
    ------
    OSError
        When no lock can be written there.
    """
    from filelock import FileLock, SoftFileLock

    for attempt in range(MAX_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock = _taken(FileLock(path))
            if lock is not None:
                Path(path).write_text(f"{os.getpid()}\n{socket.gethostname()}\n")
            return lock
        except FileNotFoundError:  # who let go has taken the empty folder away
            if attempt == MAX_TRIES - 1:
                raise
        except OSError as error:
            if error.errno == errno.ESTALE and attempt < MAX_TRIES - 1:
                continue  # another machine has let go and taken the file away
            if error.errno not in NO_LOCKS:
                raise
            return _taken(SoftFileLock(f"{path}{SOFT}"))
    return None


def _taken(lock: "BaseFileLock") -> "BaseFileLock | None":
    from filelock import Timeout

    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


def let_go(lock: "BaseFileLock") -> None:
    """Release a lock and take its file away, and its folder when that is empty then.

    Who waits for it looks for a new one.
    """
    path = Path(lock.lock_file.removesuffix(SOFT))
    path.unlink(missing_ok=True)
    lock.release()
    with contextlib.suppress(OSError):
        path.parent.rmdir()


@contextlib.contextmanager
def holding(
    path: Path,
    on_wait: Callable[[str], None] = lambda holder: None,
    is_interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Wait for a lock and hold it meanwhile.

    Parameters
    ----------
    path : Path
    on_wait : callable
        Called once with who holds it, where another process does.
    is_interrupted : callable
        Asked while it waits.

    Raises
    ------
    KeyboardInterrupt
        When it was interrupted while it waited.
    """
    lock = take_lock(path)
    if lock is None:
        on_wait(holder_of(path))
    while lock is None:
        if is_interrupted():
            raise KeyboardInterrupt
        time.sleep(WAIT_SECONDS)
        lock = take_lock(path)
    try:
        yield
    finally:
        let_go(lock)


@contextlib.contextmanager
def holding_if_free(path: Path) -> Iterator[str]:
    """Hold a lock meanwhile, where it is free; yield who holds it where it is not."""
    lock = take_lock(path)
    try:
        yield holder_of(path) if lock is None else ""
    finally:
        if lock is not None:
            let_go(lock)


def holder_of(path: Path) -> str:
    """Return who holds a lock, in words."""
    for name in (f"{path}{SOFT}", path):
        with contextlib.suppress(OSError, ValueError):
            with open(name, encoding="utf-8") as stream:
                process, host, *_ = stream.read(MAX_HOLDER).splitlines()
            return f"process {process} on {host}"
    return "another process"


@contextlib.contextmanager
def own_folder(parent: Path, name: str) -> Iterator[Path]:
    """Yield a new folder that others leave alone while this process lives.

    It is taken away afterwards, unless it was renamed; what dead processes have left
    there is taken away first.

    Parameters
    ----------
    parent : Path
    name : str
        What its name begins with.
    """
    remove_abandoned(parent)
    folder = parent / f"{name[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
    # Held before the folder is there: a folder that nobody holds is abandoned.
    with holding(folder.with_name(folder.name + LOCK)):
        folder.mkdir(exist_ok=True)  # a network's disk may have made it unheard
        try:
            yield folder
        finally:
            remove(folder)


def take_away(path: Path, aside: Path) -> None:
    """Rename whatever lies at a path, then remove it, so that none sees half of it.

    Where the process ends in between, the next one that writes there removes the rest.

    Parameters
    ----------
    path : Path
        A file, a folder or a link; nothing happens when there is none.
    aside : Path
        A folder on the same disk, made where it is missing.

    Raises
    ------
    OSError
        When it cannot be renamed.
    """
    if not os.path.lexists(path):
        return
    # Missing where another process was faster.
    missing = contextlib.suppress(FileNotFoundError)
    with own_folder(aside, path.name) as place, missing:
        os.rename(path, place / "gone")


def remove_abandoned(parent: Path) -> None:
    """Take away the folders of `own_folder` whose processes have ended."""
    with contextlib.suppress(OSError):
        for path in parent.glob(f"*{LOCK}"):
            if lock := take_lock(path):
                remove(path.with_name(path.name.removesuffix(LOCK)))
                let_go(lock)
