"""A pool that does nothing but let time pass, for schedules that are only imagined."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.store import Entry, Store
from ensemble_kit.work.node import Node
from ensemble_kit.work.pool import Outcome


@dataclass(frozen=True)
class Done:
    """A piece of work as it would have been: when, and by which worker."""

    node: Node
    begin: float
    end: float
    worker: int


class SimulatedPool:
    """Workers of which one knows beforehand how long everything takes.

    Parameters
    ----------
    size : int
    seconds : callable
        Node to seconds.

    Attributes
    ----------
    now : float
        Seconds since the start.
    done : list of Done
    """

    def __init__(self, size: int, seconds: Callable[[Node], float]):
        self.size = size
        self.seconds = seconds
        self.now = 0.0
        self.peak_megabytes = 0.0
        self.done: list[Done] = []
        self._ends: dict[str, float] = {}
        self._idle = list(range(size))
        self._going: list[tuple[float, int, Node]] = []

    @property
    def n_idle(self) -> int:
        """Return how many more pieces can be taken on."""
        return len(self._idle)

    def has_done(self, key: str) -> bool:
        """Return whether a piece of work is over by now."""
        return self._ends.get(key, float("inf")) <= self.now

    def submit(self, node: Node, deadline: float | None = None) -> None:
        """Take a piece of work on."""
        worker = heapq.heappop(self._idle)
        end = self.now + self.seconds(node)
        self.done.append(Done(node, self.now, end, worker))
        self._ends[node.key] = end
        heapq.heappush(self._going, (end, worker, node))

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Let time pass until the next piece is done, and return it."""
        self.now, worker, node = heapq.heappop(self._going)
        heapq.heappush(self._idle, worker)
        return [Outcome(node)]

    def close(self) -> None:
        """Do nothing: nobody works."""


class SimulatedStore:
    """A store with what there is, and what a pool would have done so far."""

    def __init__(self, store: Store, pool: SimulatedPool):
        self.store = store
        self.pool = pool

    def __contains__(self, key: str) -> bool:
        return key in self.store or self.pool.has_done(key)

    def read(self, key: str) -> Entry | None:
        """Return an empty entry where there is one."""
        return Entry({}, {}) if key in self else None


class NoWorkspace:
    """A workspace with nothing in it, and nothing to lose."""

    def __init__(self, folder: Path = Path()) -> None:
        self.keeper = Keeper("nowhere", folder)

    def has(self, key: str) -> bool:
        """Return False: every matrix is still to be made."""
        return False

    def remove(self, key: str) -> None:
        """Do nothing."""
