"""The main program of one worker process."""

import contextlib
import logging
import signal
import sys
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

from ensemble_kit.processes import end_with_parent
from ensemble_kit.work.memory import die_first, limit_memory


def main(arguments: list[str]) -> None:
    """Do pieces of work until the parent hangs up."""
    end_with_parent()
    # Ctrl-C is for the parent, which decides what becomes of workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, folder, store_folder, place, megabytes, *custom = arguments
    die_first()
    limit_memory(float(megabytes))
    # Members' warnings are theirs; predictions are proved, not hoped for.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from ensemble_kit.custom_files import run_custom_file
    from ensemble_kit.store.fitted_objects import Keeper
    from ensemble_kit.store.store import Store
    from ensemble_kit.work.workers import attempt
    from ensemble_kit.work.workspace import Workspace

    for path in custom:
        run_custom_file(Path(path))
    store = Store(Path(store_folder))
    workspace = Workspace(Path(folder), Keeper(place, Path(folder), store))
    connection = Connection(int(descriptor))
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            connection.send(attempt(connection.recv(), workspace, store))


if __name__ == "__main__":
    main(sys.argv[1:])
