"""What one machine of a cluster does for a run: a workspace, a store and processes.

A station lives in a worker of the cluster. It gets the data once, makes matrices
where they are missing, and has every fit done by a process of its own that may die.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ensemble_kit.cluster.station_folder import StationFolder
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.store import Entry, Store
from ensemble_kit.work.node import Node
from ensemble_kit.work.pool import Outcome
from ensemble_kit.work.workers import Workers
from ensemble_kit.work.workspace import Workspace

LIBRARIES = ("pandas", "lightgbm", "xgboost", "catboost", "torch")
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Settings:
    """What all work of a run has in common.

    Parameters
    ----------
    run : str
        A name of its own.
    place : str
        Where fitted objects are kept; see `Keeper`.
    custom : tuple of str
        Python files that add to the registries, found at the same place everywhere.
    megabytes : float, optional
        What one piece of work may take.
    """

    run: str
    place: str
    custom: tuple[str, ...] = ()
    megabytes: float | None = None


@dataclass(frozen=True)
class Order:
    """One piece of work with all it stands on.

    Parameters
    ----------
    nodes : tuple of Node
        The work wanted last, before it the matrices it needs.
    entries : dict of Entry
        Stored results it reads, by key.
    wanted : tuple of str
        Stored results it reads; those neither here nor there are asked for.
    kept : tuple of str
        Keys whose fitted objects are to come back.
    dropped : tuple of str
        Matrices that no work needs any more.
    seconds : float, optional
        What it may take.
    """

    nodes: tuple[Node, ...]
    entries: Mapping[str, Entry]
    wanted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True)
class Answer:
    """How an order ended, and what it has left.

    Parameters
    ----------
    outcome : Outcome, optional
        None when stored results have to be sent along first.
    entries, kept : dict of Entry
    peak_megabytes : float
    """

    outcome: Outcome | None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    kept: Mapping[str, Entry] = field(default_factory=dict)
    peak_megabytes: float = 0.0


class Station:
    """A run's folder on one machine, and the processes that work in it."""

    def __init__(self, settings: Settings, source: Files):
        self.settings = settings
        self.folder = StationFolder()
        work = self.folder.path / "work"
        for name, data in source.items():
            path = work / "source" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.store = Store(self.folder.path / "store", durable=False)
        keeper = Keeper(settings.place, work, self.store)
        self.workspace = Workspace(work, keeper)
        self._idle: list[Workers] = []
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()

    def do(self, order: Order) -> Answer:
        """Do an order in a process of its own."""
        for key in order.dropped:
            self.workspace.remove(key)
        for key, entry in order.entries.items():
            self.store.write(key, entry.arrays, entry.facts)
        if any(key not in self.store for key in order.wanted):
            return Answer(None)
        workers = self._take_workers()
        try:
            outcome = self._do(order, workers)
        finally:
            self._idle.append(workers)
        return self._answer(order, outcome, workers.peak_megabytes)

    def close(self) -> None:
        """End the processes and take the folder away."""
        while self._idle:
            self._idle.pop().close()
        self.folder.remove()

    def _do(self, order: Order, workers: Workers) -> Outcome:
        deadline = None if order.seconds is None else time.monotonic() + order.seconds
        outcome = Outcome(order.nodes[-1])
        for node in order.nodes:
            with self._lock_of(node.key):
                if not node.is_stored and self.workspace.has(node.key):
                    continue
                workers.submit(node, deadline)
                outcome = _first(workers)
                if outcome.failure:
                    break
        return replace(outcome, node=order.nodes[-1])

    def _answer(self, order: Order, outcome: Outcome, peak: float) -> Answer:
        key = order.nodes[-1].key
        entry = self.store.read(key)
        entries = {} if entry is None else {key: entry}
        place = self.workspace.keeper.store
        entries_there = {k: place.read(k) for k in order.kept if place is not None}
        kept = {k: entry for k, entry in entries_there.items() if entry is not None}
        return Answer(outcome, entries, kept, peak)

    def _take_workers(self) -> Workers:
        with self._guard:
            if self._idle:
                return self._idle.pop()
        custom = [Path(path) for path in self.settings.custom]
        return Workers(1, self.workspace, self.store, custom, self.settings.megabytes)

    def _lock_of(self, key: str) -> threading.Lock:
        with self._guard:
            return self._locks[key]


_stations: dict[str, Station] = {}
_opening = threading.Lock()


def do(settings: Settings, source: Files, order: Order) -> Answer:
    """Do an order at this machine's station, which is opened when it is needed."""
    with _opening:
        if settings.run not in _stations:
            _stations[settings.run] = Station(settings, source)
    return _stations[settings.run].do(order)


def is_open(run: str) -> bool:
    """Return whether a run has a station here."""
    return run in _stations


def close(run: str) -> None:
    """Close a run's station, if there is one here."""
    station = _stations.pop(run, None)
    if station is not None:
        station.close()


def versions() -> dict[str, str]:
    """Return the versions that decide whether bytes agree."""
    return library_versions(*LIBRARIES)


def _first(workers: Workers) -> Outcome:
    """Return the next outcome of workers that have just one thing to do."""
    outcomes: list[Outcome] = []
    while not outcomes:
        outcomes = workers.wait(0.25)
    return outcomes[0]
