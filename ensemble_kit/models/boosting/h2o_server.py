"""A local H2O server for every process that fits or predicts with H2O."""

import atexit
import io
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from ensemble_kit.exceptions import MissingDependencyError, require
from ensemble_kit.processes import bound_command

SECONDS_TO_START = 60.0


@contextmanager
def uploaded(frame: pd.DataFrame, factors: list[str], nthreads: int) -> Iterator[Any]:
    """Give an H2O frame that is removed from the server afterwards."""
    h2o = connected(nthreads)
    kinds = dict.fromkeys(frame.columns, "numeric") | dict.fromkeys(factors, "enum")
    rows = h2o.H2OFrame(frame, column_types=kinds)
    try:
        yield rows
    finally:
        h2o.remove(rows)


@cache
def connected(nthreads: int) -> Any:
    """Return h2o, connected to a server of this process's own, which ends with it.

    A server shared by workers would end with the first of them; one that H2O starts
    outlives a worker that is killed.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")  # else it tells its makers of its use
    h2o = require("h2o", extra="h2o")
    port = free_port()
    server = subprocess.Popen(
        bound_command([*java_command(h2o), "-nthreads", str(nthreads), "-port", port]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(server.kill)
    wait_for(server, port)
    with redirect_stdout(io.StringIO()):
        connection = h2o.connect(ip="127.0.0.1", port=int(port), verbose=False)
    atexit.register(connection.close)  # before H2O does, and says so
    h2o.no_progress()
    return h2o


def java_command(h2o: ModuleType) -> list[str]:
    """Return how Java runs the server that h2o brings."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        raise MissingDependencyError(
            "H2O needs Java, and there is no java on the PATH and no JAVA_HOME"
        )
    archive = Path(str(h2o.__file__)).parent / "backend" / "bin" / "h2o.jar"
    return [
        java,
        "-jar",
        str(archive),
        "-ip",
        "127.0.0.1",
        "-name",
        f"kit{os.getpid()}",
    ]


def free_port() -> str:
    """Return a port that nobody listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def wait_for(server: subprocess.Popen[bytes], port: str) -> None:
    """Return when the server answers.

    Raises
    ------
    RuntimeError
        When it has ended, or does not answer within a minute.
    """
    until = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", int(port))) == 0:
                return
        time.sleep(0.1)
    server.kill()
    raise RuntimeError(
        "the H2O server did not start; see whether `java -version` works"
    )
