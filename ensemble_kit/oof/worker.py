"""The main program of one worker process."""

import contextlib
import ctypes
import logging
import resource
import signal
import sys
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Do pieces of work until the parent hangs up."""
    _die_with_parent()
    descriptor, folder, store_folder, place, memory_limit, *custom = arguments
    _limit_memory(int(memory_limit))
    # Members' warnings are theirs; predictions are proved, not hoped for.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from ensemble_kit.custom_files import load_custom_file
    from ensemble_kit.oof.keeping import Keeper
    from ensemble_kit.oof.store import Store
    from ensemble_kit.oof.workers import attempt
    from ensemble_kit.oof.workspace import Workspace

    for path in custom:
        load_custom_file(Path(path))
    store = Store(store_folder)
    workspace = Workspace(Path(folder), Keeper(place, Path(folder), store))
    connection = Connection(int(descriptor))
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            connection.send(attempt(connection.recv(), workspace, store))


def _die_with_parent() -> None:
    """Leave no orphan: on Linux the kernel ends a worker whose parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_memory(limit: int) -> None:
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main(sys.argv[1:])
