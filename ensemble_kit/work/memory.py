"""How much memory processes hold, and how much they may."""

import contextlib
import re
import resource
import sys
from pathlib import Path

import psutil

MEGABYTE = 2**20
UNLIMITED = ("max", "9223372036854771712")


def reset_peak() -> None:
    """Forget the highest memory this process has held, where Linux allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_megabytes() -> float:
    """Return the highest memory held since `reset_peak`, in megabytes.

    Read by hand: psutil knows no peak of Linux, let alone one that is reset.
    """
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text()
        if match := re.search(r"^VmHWM:\s+(\d+) kB", status, flags=re.MULTILINE):
            return int(match[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MEGABYTE if sys.platform == "darwin" else 1024)


def own_megabytes(process: int | None = None) -> float:
    """Return what a process holds for itself alone, 0 where nobody can tell.

    Files that are mapped and only read are left out: the system takes their pages
    back whenever it needs them.
    """
    with contextlib.suppress(psutil.Error):
        held = psutil.Process(process).memory_info()
        return float(held.rss - getattr(held, "shared", 0)) / MEGABYTE
    return 0.0


def machine_megabytes() -> float:
    """Return the memory of the machine, or of the container where that is less.

    A container's limit is read by hand: psutil tells that of the machine alone.
    """
    total = psutil.virtual_memory().total / MEGABYTE
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            text = (Path("/sys/fs/cgroup") / name).read_text().strip()
            if text not in UNLIMITED:
                total = min(total, int(text) / MEGABYTE)
    return float(total)


def limit_memory(megabytes: float) -> None:
    """Let this process allocate so much and no more: then a MemoryError, no freeze."""
    if megabytes and sys.platform == "linux":
        # Data, not addresses: torch alone reserves gigabytes that it never touches.
        size = int(megabytes * MEGABYTE)
        psutil.Process().rlimit(psutil.RLIMIT_DATA, (size, size))


def die_first() -> None:
    """Tell Linux to take this process before its parent when memory is gone."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
