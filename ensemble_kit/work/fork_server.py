"""A process that has imported what all work needs, and forks the workers.

A fresh interpreter spends a second or more on imports before it can work; a fork of one
that has done nothing but import is ready at once, and shares the memory of what it has
imported. The caller's own process is never forked: after OpenMP was used, a fork hangs
LightGBM, XGBoost and torch. The server computes nothing, and lives as long as the
process that started it, for its next run as well.
"""

import atexit
import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import FrameType
from typing import IO

from ensemble_kit.work.worker import ENVIRONMENT, import_for_work, work

IS_POSSIBLE = sys.platform == "linux"
A_BYTE = b"+"  # what descriptors travel with
IMPORTS = ("PYTHON", "SCIPY")  # how variables begin that decide what is imported


class ForkedWorker:
    """A worker as the process sees it that asked for it, in the manner of `Popen`.

    Parameters
    ----------
    server : Popen
        The worker's parent.
    line : Connection
        Over which the server tells its process id, then its exit code; what is sent
        there, and hanging up, ends it.
    """

    def __init__(self, server: subprocess.Popen[bytes], line: Connection):
        self._server = server
        self._line = line
        self._pid: int | None = None
        self._code: int | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id, None while the server is still importing."""
        self.poll()
        return self._pid

    def poll(self) -> int | None:
        """Return the exit code, below 0 for a signal's; None while it works."""
        while self._code is None and self._line.poll():
            self._hear()
        return self._code

    def wait(self) -> int:
        """Return the exit code as soon as there is one."""
        while self._code is None:
            self._hear()
        return self._code

    def kill(self) -> None:
        """End it at once."""
        if self._code is None:
            with contextlib.suppress(OSError):
                self._line.send_bytes(A_BYTE)

    def _hear(self) -> None:
        try:
            said = self._line.recv()
        except (EOFError, OSError):  # the server is gone, and its workers with it
            self._code = self._server.wait()
        else:
            if self._pid is None:
                self._pid = said
                return
            self._code = said
        self._line.close()


def start_server(control: socket.socket) -> subprocess.Popen[bytes]:
    """Return the server's process, a fresh interpreter.

    Parameters
    ----------
    control : socket
        The end over which it is asked for workers.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "ensemble_kit.work.fork_server"]
        + [str(control.fileno())],
        pass_fds=[control.fileno()],
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the parent, which decides what becomes of workers.
        start_new_session=True,
    )


class ForkServer:
    """The server's process, and the line over which it is asked for workers."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = start_server(theirs)

    @property
    def is_alive(self) -> bool:
        """Return whether workers can be asked for."""
        return self._process.poll() is None

    def fork(self, line: socket.socket, errors: IO[bytes] | None) -> ForkedWorker:
        """Return a new worker.

        Parameters
        ----------
        line : socket
            Over which it is told what to do.
        errors : file or None
            Where its error stream goes until it has its task.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = [line.fileno(), theirs.fileno()]
            descriptors += [] if errors is None else [errors.fileno()]
            socket.send_fds(self._control, [A_BYTE], descriptors)
        own = Connection(ours.detach())
        own.send(Surroundings.here())
        return ForkedWorker(self._process, own)

    def close(self) -> None:
        """End it and its workers."""
        self._control.close()
        self._process.wait()


@dataclass(frozen=True)
class Surroundings:
    """What a worker takes over from the process that asks for it.

    Parameters
    ----------
    environment : dict of str to str
    folder : str
        In which it works; empty where it has been deleted.
    cores : set of int
        On which it may run.
    """

    environment: dict[str, str]
    folder: str
    cores: set[int]

    @classmethod
    def here(cls) -> "Surroundings":
        """Return those of this process."""
        folder = ""
        with contextlib.suppress(OSError):
            folder = os.getcwd()
        return cls(dict(os.environ), folder, os.sched_getaffinity(0))

    def enter(self) -> None:
        """Make them those of this process."""
        os.environ.clear()
        os.environ.update({**self.environment, **ENVIRONMENT})
        with contextlib.suppress(OSError):
            os.chdir(self.folder)
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, self.cores)


_lock = threading.Lock()
_servers: dict[tuple[object, ...], ForkServer] = {}


def fork_worker(line: socket.socket, errors: IO[bytes] | None) -> ForkedWorker:
    """Return a new worker of this process's server, which is started where need be.

    Parameters
    ----------
    line : socket
        Over which it is told what to do.
    errors : file or None
        Where its error stream goes until it has its task.
    """
    with _lock:
        # Another process needs its own, and so do imports that would differ.
        read = {name: v for name, v in os.environ.items() if name.startswith(IMPORTS)}
        conditions = (os.getpid(), *sorted(read.items()))
        server = _servers.get(conditions)
        if server is not None and not server.is_alive:
            server.close()
            server = None
        if server is None:
            server = _servers[conditions] = ForkServer()
        return server.fork(line, errors)


@atexit.register
def _close() -> None:
    for (process, *_), server in _servers.items():
        if process == os.getpid():
            server.close()


@dataclass
class _Serving:
    """The server's own program.

    Parameters
    ----------
    control : socket
        Over which workers are asked for.
    """

    control: socket.socket
    lines: dict[int, Connection] = field(default_factory=dict)  # by process id

    def __post_init__(self) -> None:
        self.ended, writing = os.pipe()
        for end in (self.ended, writing):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, _do_nothing)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.control, selectors.EVENT_READ)
        self.selector.register(self.ended, selectors.EVENT_READ)

    def serve(self) -> None:
        """Fork workers until the parent hangs up."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.control:
                    said, descriptors, *_ = socket.recv_fds(self.control, 1, 3)
                    if not said:
                        return
                    self._fork(*descriptors)
                elif key.fileobj == self.ended:
                    self._tell_the_ended()
                elif key.data in self.lines:
                    os.kill(key.data, signal.SIGKILL)
                    self.selector.unregister(key.fileobj)

    def _fork(self, line: int, own: int, errors: int | None = None) -> None:
        told = Connection(own)
        surroundings = told.recv()
        process = os.fork()
        if process == 0:
            told.close()
            self._become_worker(surroundings, line, errors)
        for descriptor in (line, errors):
            if descriptor is not None:
                os.close(descriptor)
        self.lines[process] = told
        self.selector.register(told, selectors.EVENT_READ, process)
        self._say(process, process)

    def _become_worker(
        self, surroundings: Surroundings, line: int, errors: int | None
    ) -> None:
        """Work, then end; never return to the server's program."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            open_here = [key.fd for key in self.selector.get_map().values()]
            self.selector.close()
            for descriptor in open_here:
                os.close(descriptor)
            os.setsid()
            if errors is not None:
                os.dup2(errors, sys.stderr.fileno())
                os.close(errors)
            surroundings.enter()
            work(line)
            code = 0
        finally:
            if code:
                traceback.print_exc()
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()
            os._exit(code)

    def _tell_the_ended(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self.ended, 512):
                pass
        for process in list(self.lines):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                self._say(process, os.waitstatus_to_exitcode(status))
                line = self.lines.pop(process)
                with contextlib.suppress(KeyError):
                    self.selector.unregister(line)
                line.close()

    def _say(self, process: int, number: int) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            self.lines[process].send(number)


def _do_nothing(signal_number: int, frame: FrameType | None) -> None:
    """Let the signal wake the selector."""


def main(descriptor: int) -> None:
    """Import, then fork workers until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_for_work()
    _Serving(socket.socket(fileno=descriptor)).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
