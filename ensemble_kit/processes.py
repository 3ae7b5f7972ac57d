"""What a process owes the system: no orphans, and the memory it has done with."""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Let the kernel end this process when its parent is gone; on Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def give_back_memory() -> None:
    """Return freed memory to the system, which glibc keeps for later otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def one_thread() -> AbstractContextManager[object]:
    """Return a block in which the libraries of mathematics use one thread.

    Looking for those libraries takes longer than to predict a row, so it is done
    anew only after modules have been imported.
    """
    return _thread_pools(len(sys.modules)).limit(limits=1)


@lru_cache(maxsize=1)
def _thread_pools(n_modules: int) -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def count_cores() -> int:
    """Return the cores this process may use: affinity, then the container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    cores = cores or os.cpu_count() or 1
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        limit, period = quota.read_text().split()
        if limit != "max":
            cores = min(cores, max(1, round(int(limit) / int(period))))
    return cores


def bound_command(command: Sequence[str]) -> list[str]:
    """Return a command line that runs another one as `end_with_parent` would."""
    return [sys.executable, "-m", "ensemble_kit.processes", *command]


if __name__ == "__main__":
    end_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])
