"""Starts runs as real processes, again and again, without the price of an import.

A program: everything is imported once; for every line on standard input, the
arguments of a command as JSON with the seconds and the signal it gets then, a child
is forked before any library has started a thread, and its exit code and output are
told as one line of JSON. Its workers are fresh interpreters as always.
"""

import itertools
import json
import os
import resource
import signal
import sys
import time
from importlib import import_module

WARM = (
    "pandas",
    "sklearn.ensemble",
    "ensemble_kit.cli",
    "ensemble_kit.running.timed.timed_run",
    "ensemble_kit.running.finished.exporting",
    "ensemble_kit.reporting.run_folder",
)


def run(order: dict) -> dict:
    """Run one command in a child, signal it in time, and tell how it ended."""
    child = os.fork()
    if child == 0:
        _become(order)
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


def _become(order: dict) -> None:
    """Be the command until it ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for kind, (soft, hard) in order.get("limits", ()):
        resource.setrlimit(kind, (soft, hard))
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
    for name in WARM:
        import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
