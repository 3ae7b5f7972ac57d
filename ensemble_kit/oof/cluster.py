"""Work done by the machines of a dask cluster.

The scheduler only carries: data goes to each machine once, results come back through
it and are written into the store here. A machine that dies costs what it was doing;
dask hands that to another, and the bytes are the same.
"""

import contextlib
import secrets
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_kit.exceptions import RunError, problems, require
from ensemble_kit.oof import station
from ensemble_kit.oof.keeping import Keeper
from ensemble_kit.oof.node import Node
from ensemble_kit.oof.station import Answer, Order, Settings
from ensemble_kit.oof.store import Entry, Store
from ensemble_kit.oof.workers import Outcome
from ensemble_kit.oof.workspace import Workspace

CONNECT_SECONDS = 30


class Cluster:
    """The workers of a dask scheduler as a pool; see `Workers`.

    Parameters
    ----------
    scheduler : str
        Its address, such as "tcp://10.0.0.1:8786".
    workspace : Workspace
    store : Store
    custom : sequence of Path
        Python files that lie at the same place on every machine.
    megabytes : float, optional
        What one piece of work may take.

    Raises
    ------
    RunError
        When nobody answers there, or a machine has other versions of libraries.
    """

    def __init__(
        self,
        scheduler: str,
        workspace: Workspace,
        store: Store,
        custom: Sequence[Path] = (),
        megabytes: float | None = None,
    ):
        self._client = _connect(scheduler)
        self.store, self.workspace = store, workspace
        self.kept = Keeper(workspace.keeper.place, workspace.folder, store).kept
        paths = tuple(str(path.resolve()) for path in custom)
        self.settings = Settings(
            secrets.token_hex(8), workspace.keeper.place, paths, megabytes
        )
        self.peak_megabytes = 0.0
        self._nodes: dict[str, Node] = {}
        self._dropped: list[str] = []
        self._bell = threading.Event()
        self._done: deque[Outcome] = deque()
        self._running: dict[Any, _Going] = {}
        self._places: dict[str, str | None] = {}
        self._sent: dict[str | None, set[str]] = defaultdict(set)
        self._threads: tuple[float, dict[str, int]] = (0.0, {})
        _check_versions(self._client)
        # There is no matrix here to take away; every machine is told to.
        workspace.remove = self._dropped.append
        self._source = self._scatter()

    @property
    def size(self) -> int:
        """Return how many pieces of work the cluster does at once."""
        return max(1, sum(self._threads_by_worker().values()))

    @property
    def n_idle(self) -> int:
        """Return how many more pieces can be taken on."""
        return self.size - len(self._running)

    def submit(self, node: Node, deadline: float | None = None) -> None:
        """Hand a piece of work to the cluster.

        Matrices are not made for their own sake: each machine makes those that its
        fits need.
        """
        if not node.is_stored:
            self._nodes[node.key] = node
            self._done.append(Outcome(node, {"seconds": 0.0}))
        else:
            self._send(node, deadline, everything=False)

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return what has ended, waiting for the first at most ``timeout`` seconds."""
        if not self._done and self._running:
            self._bell.wait(timeout)
        self._bell.clear()
        for future in [future for future in self._running if future.done()]:
            self._receive(future, self._running.pop(future))
        done, self._done = list(self._done), deque()
        return done

    def close(self) -> None:
        """Give up what goes on and let every machine forget the run."""
        self._client.cancel(list(self._running))
        with contextlib.suppress(OSError, TimeoutError):
            self._client.run(station.close, self.settings.run)
        self._client.close()

    def _send(self, node: Node, deadline: float | None, everything: bool) -> None:
        place = self._place_for(node)
        nodes, wanted = self._closure(node)
        sent = self._sent[place]
        entries = {k: self._read(k) for k in wanted if everything or k not in sent}
        sent.update(wanted)
        seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
        order = Order(
            nodes, entries, wanted, self._keys_to_keep(node), (*self._dropped,), seconds
        )
        future = self._client.submit(
            station.do,
            self.settings,
            self._source,
            order,
            key=f"{node.kind}-{node.key[:16]}-{secrets.token_hex(4)}",
            workers=place and [place],
            allow_other_workers=place is not None,
            pure=False,
        )
        future.add_done_callback(lambda _: self._bell.set())
        self._running[future] = _Going(node, deadline, place)

    def _receive(self, future: Any, going: "_Going") -> None:
        """Take in one answer, or what has become of it."""
        if future.status != "finished":
            if self._source.status != "finished":
                self._source = self._scatter()
            reason = f"the cluster lost it: {_first_line(future)}"
            self._done.append(Outcome(going.node, failure=reason, is_death=True))
            return
        answer: Answer = future.result()
        if answer.outcome is None:
            self._send(going.node, going.deadline, everything=True)
            return
        for key, entry in answer.entries.items():
            self.store.write(key, entry.arrays, entry.facts)
        for key, entry in answer.kept.items():
            if key not in self.kept:
                self.kept.write(key, entry.arrays, entry.facts)
        self.peak_megabytes = max(self.peak_megabytes, answer.peak_megabytes)
        self._done.append(answer.outcome)

    def _closure(self, node: Node) -> tuple[tuple[Node, ...], tuple[str, ...]]:
        """Return a node behind the matrices it needs, and the results they read."""
        nodes: dict[str, Node] = {}
        wanted: dict[str, None] = {}

        def visit(one: Node) -> None:
            for key in one.needs:
                if key in self._nodes:
                    visit(self._nodes[key])
                else:
                    wanted[key] = None
            nodes.setdefault(one.key, one)

        visit(node)
        return tuple(nodes.values()), tuple(wanted)

    def _keys_to_keep(self, node: Node) -> tuple[str, ...]:
        if self.kept is None or not node.facts.get("predicts_test"):
            return ()
        keys = (node.key, node.facts["inputs"]["features"])
        return tuple(key for key in keys if key and key not in self.kept)

    def _place_for(self, node: Node) -> str | None:
        """Return a worker that has room, at best the one with the features."""
        free = Counter(self._threads_by_worker())
        free.subtract(going.place for going in self._running.values())
        features = node.facts["inputs"].get("features") or ""
        place = self._places.get(features)
        if place is None or free[place] <= 0:
            place = max(free, key=lambda name: (free[name], name), default=None)
        self._places[features] = place
        return place

    def _read(self, key: str) -> Entry:
        entry = self.store.read(key)
        if entry is None:
            raise RunError(f"store entry {key} is gone; run the command again")
        return entry

    def _threads_by_worker(self) -> dict[str, int]:
        """Return the threads of each worker, asked for once a second."""
        now = time.monotonic()
        if now - self._threads[0] > 1.0:
            self._threads = now, self._client.nthreads()
        return self._threads[1]

    def _scatter(self) -> Any:
        """Hand the data to every machine."""
        root = self.workspace.folder / "source"
        files = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
        return self._client.scatter(files, broadcast=True, hash=False)


@dataclass(frozen=True)
class _Going:
    """A piece of work that goes on, and where it was sent."""

    node: Node
    deadline: float | None
    place: str | None


def _connect(scheduler: str) -> Any:
    distributed = require("distributed", extra="distributed")
    try:
        client = distributed.Client(
            scheduler, timeout=CONNECT_SECONDS, set_as_default=False
        )
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise RunError(
            f"no cluster with a worker at {scheduler} (start one with: dask scheduler; "
            f"dask worker {scheduler}): {error}"
        ) from error
    return client


def _check_versions(client: Any) -> None:
    """Refuse machines whose libraries would give other bytes."""
    here = station.versions()
    wrong = [
        f"{place}: {name} {there.get(name, 'missing')}, here {here[name]}"
        for place, there in sorted(client.run(station.versions).items())
        for name in here
        if there.get(name) != here[name]
    ]
    if wrong:
        raise RunError(problems("the cluster", wrong))


def _first_line(future: Any) -> str:
    error = None if future.status == "cancelled" else future.exception()
    return (str(error) or type(error).__name__).partition("\n")[0][:300]
