"""Starts runs as real processes, again and again, without the price of an import.

A program: everything is imported once; for every line on standard input, the
arguments of a command as JSON with the seconds and the signal it gets then, a child
is forked before any library has started a thread, and its exit code and output are
told as one line of JSON. The server that forks its workers is a process beside it as
always, but one that is forked here, and need not import what it needs either.
"""

import itertools
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from importlib import import_module

from ensemble_kit.work import fork_server
from ensemble_kit.work.worker import ENVIRONMENT, import_for_work

WARM = (
    "pandas",
    "sklearn.ensemble",
    "sklearn.naive_bayes",
    "ensemble_kit.cli",
    "ensemble_kit.cli.terminal.opening",
    "ensemble_kit.cli.terminal.result",
    "ensemble_kit.features.categories.ordinal_categories",
    "ensemble_kit.features.counting.tfidf_text",
    "ensemble_kit.features.made.made_columns",
    "ensemble_kit.features.series.lagged_targets",
    "ensemble_kit.features.text_numbers.language_model_scores",
    "ensemble_kit.features.text_numbers.text_statistics",
    "ensemble_kit.models.boosting.lightgbm_boosting",
    "ensemble_kit.models.linear.ridge_classifier",
    "ensemble_kit.reporting.targets",
    "ensemble_kit.running.timed.timed_run",
    "ensemble_kit.running.watched.progress",
)


class ReadyServer:
    """A server of workers that was forked before, in the manner of `Popen`."""

    def __init__(self, process: int):
        self._ended = os.pidfd_open(process)

    def poll(self) -> int | None:
        """Return the exit code, None while it lives."""
        return 0 if select.select([self._ended], [], [], 0.0)[0] else None

    def wait(self) -> int:
        """Return the exit code as soon as there is one."""
        select.select([self._ended], [], [])
        return 0


def run(order: dict) -> dict:
    """Run one command in a child, signal it in time, and tell how it ended."""
    asking, asked = socket.socketpair()
    with asking, asked:
        server = os.fork()
        if server == 0:
            asking.close()
            _serve(asked, order)
        child = os.fork()
        if child == 0:
            asked.close()
            _offer(server, asking)
            _become(order)
    try:
        return _watched(child, order)
    finally:
        os.waitpid(server, 0)  # as soon as nobody can ask it for workers


def _watched(child: int, order: dict) -> dict:
    """Wait for a command, signal it in time, and tell how it ended."""
    until = time.monotonic() + order.get("seconds", 3600)
    while True:
        process, status = os.waitpid(child, os.WNOHANG)
        if process:
            break
        if time.monotonic() >= until:
            os.kill(child, getattr(signal, order["signal"]))
            until = float("inf")
        time.sleep(0.01)
    code = os.waitstatus_to_exitcode(status)
    with open(order["log"], encoding="utf-8") as stream:
        return {"code": code, "output": stream.read()}


def _serve(asked: socket.socket, order: dict) -> None:
    """Wait until a server of workers is wanted, and be it until nobody can ask it."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    _limit(order)
    wanted, controls, *_ = socket.recv_fds(asked, 1, 1)
    asked.close()
    if wanted:
        fork_server.main(*controls)
    os._exit(0)


def _offer(process: int, asking: socket.socket) -> None:
    """Let the first server that this process starts be one that waits for that."""
    start = fork_server.start_server

    def take(control: socket.socket) -> ReadyServer:
        fork_server.start_server = start
        with asking:
            socket.send_fds(asking, [b"+"], [control.fileno()])
        return ReadyServer(process)

    fork_server.start_server = take


def _limit(order: dict) -> None:
    for kind, (soft, hard) in order.get("limits", ()):
        resource.setrlimit(kind, (soft, hard))


def _become(order: dict) -> None:
    """Be the command until it ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    _limit(order)
    if order.get("clock") == "back":
        now, ticks = time.time(), itertools.count()
        time.time = lambda: now - 86_400.0 * next(ticks)
    sys.argv = ["ensemble-kit", *order["arguments"]]
    code = 0
    try:
        import_module("ensemble_kit.cli").main()
    except SystemExit as end:
        code = end.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Answer orders until there are no more."""
    os.environ.update(ENVIRONMENT)
    import_for_work()
    for name in WARM:
        import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
