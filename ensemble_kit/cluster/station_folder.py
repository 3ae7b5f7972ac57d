"""The private folder of a station, which outlives its process only for a while."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "ensemble_kit-station-"


class StationFolder:
    """A new folder for temporary files; those of dead processes are taken away.

    A lock says that the process lives: the system lets go of it when it does not.

    Attributes
    ----------
    path : Path
    """

    def __init__(self) -> None:
        for other in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            _remove_if_abandoned(other)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = (self.path / "new").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Only now can others find it, so that none takes it for abandoned.
        (self.path / "new").rename(self.path / "lock")

    def remove(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _remove_if_abandoned(folder: Path) -> None:
    """Take away a folder of this user whose lock nobody holds."""
    with contextlib.suppress(OSError):
        if folder.lstat().st_uid == os.getuid():
            with (folder / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
