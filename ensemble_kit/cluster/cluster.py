"""Work done by the machines of a cluster.

Data goes to each machine once, results come back over the link and are written into
the store here. A machine that dies costs what it was doing, and the bytes are the
same.
"""

import contextlib
import secrets
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ensemble_kit.cluster import station
from ensemble_kit.cluster.link import Future, Link
from ensemble_kit.cluster.station import Answer, Order, Settings
from ensemble_kit.exceptions import RunError, problems
from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.store import Entry, Store
from ensemble_kit.work.node import Inputs, ModelWorkFacts, Node
from ensemble_kit.work.pool import Outcome
from ensemble_kit.work.workspace import Workspace


class Cluster:
    """The machines at the end of a link as a pool; see `Workers`.

    Parameters
    ----------
    link : Link
        Closed with the pool.
    workspace : Workspace
    store : Store
    custom : sequence of Path
        Python files that lie at the same place on every machine.
    megabytes : float, optional
        What one piece of work may take.

    Raises
    ------
    RunError
        When a machine has other versions of libraries.
    """

    def __init__(
        self,
        link: Link,
        workspace: Workspace,
        store: Store,
        custom: Sequence[Path] = (),
        megabytes: float | None = None,
    ):
        self.link = link
        self.store, self.workspace = store, workspace
        self.fitted_store = Keeper(
            workspace.keeper.place, workspace.folder, store
        ).store
        paths = tuple(str(path.resolve()) for path in custom)
        self.settings = Settings(
            secrets.token_hex(8), workspace.keeper.place, paths, megabytes
        )
        self.peak_megabytes = 0.0
        self._nodes: dict[str, Node] = {}
        self._dropped: list[str] = []
        self._bell = threading.Event()
        self._done: deque[Outcome] = deque()
        self._running: dict[Future, _Going] = {}
        self._places: dict[str, str | None] = {}
        self._sent: dict[str | None, set[str]] = defaultdict(set)
        self._threads: tuple[float, Mapping[str, int]] = (0.0, {})
        # There is no matrix here to take away; every machine is told to.
        workspace.take_away = self._dropped.append
        try:
            _check_versions(link)
            link.scatter(self._read_source())
        except BaseException:
            link.close()
            raise

    @property
    def size(self) -> int:
        """Return how many pieces of work the cluster does at once."""
        return max(1, sum(self._threads_by_machine().values()))

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
        self.link.cancel(self._running)
        with contextlib.suppress(OSError, TimeoutError):
            self.link.run(station.close, self.settings.run)
        self.link.close()

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
        name = f"{node.kind}-{node.key[:16]}"
        future = self.link.submit(place, name, self.settings, order)
        future.add_done_callback(lambda _: self._bell.set())
        self._running[future] = _Going(node, deadline, place)

    def _receive(self, future: Future, going: "_Going") -> None:
        """Take in one answer, or what has become of it."""
        failure = self.link.failure(future)
        if failure:
            self._lose(going, failure)
            return
        answer: Answer = future.result()
        if answer.outcome is None:
            self._send(going.node, going.deadline, everything=True)
            return
        for key, entry in answer.entries.items():
            self.store.write(key, entry.arrays, entry.facts)
        for key, entry in answer.kept.items():
            if self.fitted_store is not None and key not in self.fitted_store:
                self.fitted_store.write(key, entry.arrays, entry.facts)
        self.peak_megabytes = max(self.peak_megabytes, answer.peak_megabytes)
        self._done.append(answer.outcome)

    def _lose(self, going: "_Going", failure: str) -> None:
        """Note that a piece of work has no answer, perhaps with its machine gone."""
        self._threads = (0.0, {})
        if not self.link.has_data():
            self.link.scatter(self._read_source())
        reason = f"the cluster lost it: {failure.partition(chr(10))[0][:300]}"
        self._done.append(Outcome(going.node, failure=reason, is_death=True))

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
        fitted_store = self.fitted_store
        if fitted_store is None:
            return ()
        return tuple(key for key in node.to_keep if key not in fitted_store)

    def _place_for(self, node: Node) -> str | None:
        """Return a machine that has room, at best the one with the features."""
        free = Counter(self._threads_by_machine())
        free.subtract(going.place for going in self._running.values() if going.place)
        facts = node.facts
        inputs = facts.inputs if isinstance(facts, ModelWorkFacts) else Inputs()
        features = inputs.features or ""
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

    def _threads_by_machine(self) -> Mapping[str, int]:
        """Return the threads of each machine, asked for once a second."""
        now = time.monotonic()
        if now - self._threads[0] > 1.0:
            self._threads = now, self.link.threads()
        return self._threads[1]

    def _read_source(self) -> dict[str, bytes]:
        """Return the files that the data is in."""
        root = self.workspace.folder / "source"
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


@dataclass(frozen=True)
class _Going:
    """A piece of work that goes on, and where it was sent."""

    node: Node
    deadline: float | None
    place: str | None


def _check_versions(link: Link) -> None:
    """Refuse machines whose libraries would give other bytes."""
    here, places = station.versions(), sorted(link.threads())
    versions = link.run(station.versions)
    wrong = [
        f"{place}: {name} {versions.get(place, {}).get(name, 'missing')}, "
        f"here {version}"
        for place in places
        for name, version in here.items()
        if versions.get(place, {}).get(name) != version
    ]
    if wrong:
        raise RunError(problems("the cluster", wrong))
