"""How much memory processes hold, and how much they may."""

import contextlib
import os
import re
import resource
import sys
from pathlib import Path

MEGABYTE = 2**20
UNLIMITED = ("max", "9223372036854771712")


def reset_peak() -> None:
    """Forget the highest memory this process has held, where Linux allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_megabytes() -> float:
    """Return the highest memory held since `reset_peak`, in megabytes."""
    with contextlib.suppress(OSError, KeyError):
        return _status("self")["VmHWM"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MEGABYTE if sys.platform == "darwin" else 1024)


def own_megabytes(process: int | str = "self") -> float:
    """Return what a process holds for itself alone, 0 where nobody can tell.

    Files that are mapped and only read are left out: the system takes their pages
    back whenever it needs them.
    """
    with contextlib.suppress(OSError, KeyError):
        status = _status(process)
        return status["RssAnon"] + status.get("RssShmem", 0.0)
    return 0.0


def machine_megabytes() -> float:
    """Return the memory of the machine, or of the container where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MEGABYTE
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            text = (Path("/sys/fs/cgroup") / name).read_text().strip()
            if text not in UNLIMITED:
                total = min(total, int(text) / MEGABYTE)
    return total


def limit_memory(megabytes: float) -> None:
    """Let this process allocate so much and no more: then a MemoryError, no freeze."""
    if megabytes and sys.platform == "linux":
        # Data, not addresses: torch alone reserves gigabytes that it never touches.
        size = int(megabytes * MEGABYTE)
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def die_first() -> None:
    """Tell Linux to take this process before its parent when memory is gone."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _status(process: int | str) -> dict[str, float]:
    """Return the sizes in a process's status, in megabytes."""
    text = Path(f"/proc/{process}/status").read_text()
    found = re.findall(r"^(\w+):\s+(\d+) kB", text, flags=re.MULTILINE)
    return {name: int(size) / 1024 for name, size in found}
