"""Processes that do the work and may die doing it.

This process is never forked: a fork after OpenMP was used hangs LightGBM, XGBoost and
torch. Workers are forks of a server that only imports, or fresh interpreters. Each
holds one thread per library, so workers times threads is the number of cores.
"""

import contextlib
import errno
import logging
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from ensemble_kit.exceptions import StoreError
from ensemble_kit.store.store import Store
from ensemble_kit.work.execute import execute
from ensemble_kit.work.memory import machine_megabytes, own_megabytes
from ensemble_kit.work.node import Node
from ensemble_kit.work.pool import Outcome
from ensemble_kit.work.worker import (
    StartedWorker,
    Task,
    WaitingWorkers,
    start_worker,
)
from ensemble_kit.work.workspace import Workspace

logger = logging.getLogger(__name__)
# A disk that is full, broken or gone, and a network's folder that went away.
DISK_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
    | {errno.EIO, errno.ENXIO, errno.ESTALE, errno.ENOLCK}
)


class InProcess:
    """Does the work in this process, one piece at a time."""

    def __init__(self, workspace: Workspace, store: Store):
        self.workspace = workspace
        self.store = store
        self.size = 1
        self.peak_megabytes = 0.0
        self._done: list[Outcome] = []

    @property
    def n_idle(self) -> int:
        """Return how many more pieces can be taken on."""
        return 1 - len(self._done)

    def submit(self, node: Node, deadline: float | None = None) -> None:
        """Do a piece of work."""
        self._done.append(attempt(node, self.workspace, self.store))
        held = self.workspace.own_megabytes()
        self.peak_megabytes = max(self.peak_megabytes, held)

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return what has ended since the last call."""
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Do nothing: there is no process to end."""


class Workers:
    """A pool of worker processes over one workspace and one store.

    Parameters
    ----------
    size : int
    workspace : Workspace
    store : Store
    custom : sequence of Path
        Python files that add to the registries, run once in every worker.
    megabytes : float, optional
        What this process and all workers may take together. Without it, one worker
        is held to the memory of the machine.
    waiting : WaitingWorkers, optional
        Processes that were started before; they are taken first.

    Attributes
    ----------
    peak_megabytes : float
        The most that this process and all workers were seen to hold at once.
    """

    def __init__(
        self,
        size: int,
        workspace: Workspace,
        store: Store,
        custom: Sequence[Path] = (),
        megabytes: float | None = None,
        waiting: WaitingWorkers | None = None,
    ):
        self.size = size
        self.megabytes = megabytes
        self.peak_megabytes = 0.0
        self._log = workspace.folder / "workers.log"
        self._task = Task(
            str(workspace.folder),
            str(store.folder),
            workspace.keeper.place,
            self._share(),
            tuple(str(path) for path in custom),
            str(self._log),
        )
        self._waiting = waiting
        self._workers = [self._start() for _ in range(size)]

    @property
    def n_idle(self) -> int:
        """Return how many more pieces can be taken on."""
        return sum(worker.node is None for worker in self._workers)

    def submit(self, node: Node, deadline: float | None = None) -> None:
        """Hand a piece of work to an idle worker.

        Parameters
        ----------
        node : Node
        deadline : float, optional
            On the monotonic clock; work that is not done by then is killed.
        """
        worker = next(worker for worker in self._workers if worker.node is None)
        worker.node, worker.deadline = node, deadline
        # A dead worker is found out, and said, by the next wait.
        with contextlib.suppress(BrokenPipeError, ConnectionError):
            worker.connection.send(node)

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return what has ended, waiting for the first at most ``timeout`` seconds."""
        busy = {w.connection: w for w in self._workers if w.node is not None}
        deadlines = [w.deadline for w in busy.values() if w.deadline is not None]
        if deadlines:
            until = max(0.0, min(deadlines) - time.monotonic())
            timeout = until if timeout is None else min(timeout, until)
        ready = set(wait(list(busy), timeout))
        outcomes = [self._receive(busy[line]) for line in busy if line in ready]
        working = [worker for worker in busy.values() if worker.node is not None]
        late = [worker for worker in working if _is_late(worker)]
        reason = "no result by its deadline (see --fit-limit)"
        outcomes += [self._kill(worker, reason) for worker in late]
        greedy = self._watch_memory(working)
        if greedy is not None and greedy not in late:
            reason = f"out of memory: all together took over {self.megabytes:,.0f} MB"
            outcomes.append(self._kill(greedy, reason, is_memory=True))
        return outcomes

    def close(self) -> None:
        """End every worker at once."""
        for worker in self._workers:
            worker.started.end()

    def _share(self) -> int:
        """Return the megabytes that one worker alone may allocate."""
        if self.megabytes is None:
            return int(machine_megabytes())
        return max(1, int(self.megabytes - own_megabytes()))

    def _watch_memory(self, working: Sequence["_Worker"]) -> "_Worker | None":
        """Note what is held now; return the largest worker where that is too much."""
        processes = {worker: worker.started.process.pid for worker in working}
        sizes = {w: own_megabytes(pid) for w, pid in processes.items() if pid}
        held = own_megabytes() + sum(sizes.values())
        self.peak_megabytes = max(self.peak_megabytes, held)
        if self.megabytes is None or held <= self.megabytes or not sizes:
            return None
        return max(sizes, key=sizes.__getitem__)

    def _start(self) -> "_Worker":
        started = None if self._waiting is None else self._waiting.take()
        if started is None:
            with self._log.open("ab") as log:
                started = start_worker(log)
        # A dead worker is found out, and said, by the next wait.
        with contextlib.suppress(BrokenPipeError, ConnectionError):
            started.connection.send(self._task)
        return _Worker(started)

    def _receive(self, worker: "_Worker") -> Outcome:
        node = worker.task
        try:
            outcome = worker.connection.recv()
        except (EOFError, ConnectionError, OSError):
            reason = _describe_exit(worker.started.process.wait(), self._log)
            self._replace(worker)
            return Outcome(node, failure=reason, is_death=True)
        worker.node = None
        return outcome

    def _kill(self, worker: "_Worker", reason: str, is_memory: bool = False) -> Outcome:
        node = worker.task
        self._replace(worker)
        return Outcome(
            node,
            failure=reason,
            is_death=is_memory,
            is_late=not is_memory,
            is_memory=is_memory,
        )

    def _replace(self, worker: "_Worker") -> None:
        worker.started.end()
        self._workers[self._workers.index(worker)] = self._start()


@dataclass(eq=False)
class _Worker:
    """A process, and what it is doing."""

    started: StartedWorker
    node: Node | None = None
    deadline: float | None = None

    @property
    def connection(self) -> Connection:
        """Return the line to it."""
        return self.started.connection

    @property
    def task(self) -> Node:
        """Return what it is doing, where it does something."""
        if self.node is None:
            raise ValueError("this worker is idle")
        return self.node


def attempt(node: Node, workspace: Workspace, store: Store) -> Outcome:
    """Do a piece of work and return how it ended, whatever happens."""
    try:
        return Outcome(node, execute(node, workspace, store))
    except Exception as error:
        logger.debug("%s failed", node.key, exc_info=True)
        folders = (workspace.folder, store.folder)
        return Outcome(node, failure=_describe(error), is_disk=_is_disk(error, folders))


def _is_disk(error: BaseException | None, folders: Sequence[Path]) -> bool:
    """Return whether an error, or what caused it, is the disk's or the store's.

    No member is to blame for that, and none may be left out for it. A file of the run
    or its store that cannot be reached is no member's fault either.
    """
    if error is None:
        return False
    if isinstance(error, StoreError):
        return True
    if isinstance(error, OSError) and (
        error.errno in DISK_ERRORS or _lies_in(error.filename, folders)
    ):
        return True
    return _is_disk(error.__cause__, folders)


def _lies_in(name: object, folders: Sequence[Path]) -> bool:
    """Return whether a file that an error names is one of the run's own."""
    if not isinstance(name, str | os.PathLike):
        return False
    path = Path(os.path.abspath(name))
    return any(path.is_relative_to(os.path.abspath(folder)) for folder in folders)


def _describe(error: Exception) -> str:
    """Return one line: the kind of error and its message."""
    text = " ".join(str(error).split())[:500]
    memory_signs = ("bad_alloc", "can't allocate memory", "Cannot allocate memory")
    if isinstance(error, MemoryError) or any(sign in text for sign in memory_signs):
        return f"out of memory ({type(error).__name__}: {text})"
    return f"{type(error).__name__}: {text}"


def _describe_exit(code: int, log: Path) -> str:
    """Return what ended a worker."""
    if code >= 0:
        last = log.read_text(errors="replace").strip().rpartition("\n")[2][:300]
        memory = "out of memory: " if last.startswith("MemoryError") else ""
        return f"{memory}the worker process ended with exit code {code}: {last}"
    name = signal.Signals(-code).name
    hint = " (often: out of memory)" if name in ("SIGKILL", "SIGABRT") else ""
    return f"the worker process died of {name}{hint}"


def _is_late(worker: _Worker) -> bool:
    return worker.deadline is not None and time.monotonic() >= worker.deadline
