"""One worker process: its main program, and how it is started.

It learns only when all work needs is imported what it works on: so it can be started
while the data are still read. Nothing heavy is imported above.
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Protocol

from ensemble_kit.processes import end_with_parent
from ensemble_kit.work.memory import die_first, limit_memory

# Passive waiting keeps a library's idle threads from starving the other worker;
# it has to be in place before the library is loaded.
ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True)
class Task:
    """On what a worker works.

    Parameters
    ----------
    workspace, store : str
        Folders.
    place : str
        Where fitted objects are kept; see `Keeper`.
    megabytes : float
        What it may allocate.
    custom : tuple of str
        Python files that add to the registries.
    log : str
        The file that its error stream goes to.
    """

    workspace: str
    store: str
    place: str
    megabytes: float
    custom: tuple[str, ...]
    log: str


class WorkerProcess(Protocol):
    """What is asked of a worker's process, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int | None:
        """Return the process id, None where it is not known yet."""

    def poll(self) -> int | None:
        """Return the exit code, below 0 for a signal's; None while it works."""

    def wait(self) -> int:
        """Return the exit code as soon as there is one."""

    def kill(self) -> None:
        """End it at once."""


@dataclass(frozen=True)
class StartedWorker:
    """A process, and the line to it."""

    process: WorkerProcess
    connection: Connection

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.connection.close()
        self.process.wait()


def start_worker(errors: IO[bytes] | None = None) -> StartedWorker:
    """Return a process that waits for its task.

    Forked from a server where that is possible, else a fresh interpreter.

    Parameters
    ----------
    errors : file, optional
        Where its error stream goes until it has its task.
    """
    from ensemble_kit.work import fork_server

    ours, theirs = socket.socketpair()
    with theirs:
        process: WorkerProcess
        if fork_server.IS_POSSIBLE:
            process = fork_server.fork_worker(theirs, errors)
        else:
            process = start_interpreter(theirs, errors)
    return StartedWorker(process, Connection(ours.detach()))


def start_interpreter(
    line: socket.socket, errors: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    """Return a worker's process that imports everything itself.

    Parameters
    ----------
    line : socket
        Over which it is told what to do.
    errors : file or None
        Where its error stream goes until it has its task.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "ensemble_kit.work.worker", str(line.fileno())],
        pass_fds=[line.fileno()],
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors or subprocess.DEVNULL,
        # Ctrl-C is for the parent, which decides what becomes of workers.
        start_new_session=True,
    )


class WaitingWorkers:
    """Workers that are started before there is work.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size: int):
        self._started = [start_worker() for _ in range(size)]

    def take(self) -> StartedWorker | None:
        """Return one that is alive and nobody has taken, None where there is none."""
        while self._started:
            worker = self._started.pop()
            if worker.process.poll() is None:
                return worker
            worker.end()
        return None

    def close(self) -> None:
        """End those that nobody has taken."""
        while worker := self.take():
            worker.end()


def import_for_work() -> None:
    """Import what all work needs."""
    # Members' warnings are theirs; predictions are proved, not hoped for.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from ensemble_kit.work import execute, workers  # noqa: F401


def work(descriptor: int) -> None:
    """Do pieces of work until the parent hangs up.

    Parameters
    ----------
    descriptor : int
        Of the line to the parent.
    """
    end_with_parent()
    # Ctrl-C is for the parent, which decides what becomes of workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_first()
    import_for_work()
    from ensemble_kit.custom_files import run_custom_file
    from ensemble_kit.store.fitted_objects import Keeper
    from ensemble_kit.store.store import Store
    from ensemble_kit.work.workers import attempt
    from ensemble_kit.work.workspace import Workspace

    connection = Connection(descriptor)
    with contextlib.suppress(EOFError, ConnectionError):
        task = connection.recv()
        with open(task.log, "ab") as log:
            os.dup2(log.fileno(), sys.stderr.fileno())
        limit_memory(task.megabytes)
        for path in task.custom:
            run_custom_file(Path(path))
        store, folder = Store(Path(task.store)), Path(task.workspace)
        workspace = Workspace(folder, Keeper(task.place, folder, store))
        while True:
            connection.send(attempt(connection.recv(), workspace, store))


if __name__ == "__main__":
    work(int(sys.argv[1]))
