"""Doing a graph's missing work in an order that keeps every worker busy."""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ensemble_kit.exceptions import RunError
from ensemble_kit.store.store import Results
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.node import EncodeFacts, FitFacts, Node
from ensemble_kit.work.pool import Outcome, Pool
from ensemble_kit.work.workspace import Matrices

Listener = Callable[[str, Node, dict[str, Any]], None]


@dataclass
class Schedule:
    """The work still to do for some keys, and what became of the rest.

    Parameters
    ----------
    graph : Graph
    keys : iterable of str
        Work whose results are wanted; whatever it stands on follows.
    store : Results
    workspace : Matrices
    priority : callable, optional
        Fit to sort key; smaller first. What a fit stands on comes with it. Without
        it fold by fold, so that matrices live shortly, and within a fold the longest
        first, so that no worker is left alone with a long fit at the end.
    n_workers : int
        Folds are taken together until every worker finds two fits.
    limits : Limits, optional
        What each piece of work may take; without it there is no end to its patience.
    keeps_texts : bool
        Whether counts and scores of texts stay when nobody here needs them any more,
        for a later schedule on the same workspace.
    going : frozenset of str
        What an earlier schedule has left going on in the pool: it is not begun again.

    Attributes
    ----------
    failures : dict of str to str
        Why a member was given up, by its name.
    missing : dict of str to Node
        What is still to do, by key; what is done or given up leaves it.
    waiting_for : dict of str to set of str
        What of the missing work each piece of it stands on.
    users : Counter
        How many pieces still want a matrix; with the last of them it is taken away.
    ready : list of (rank, key)
        A heap of what can be begun.
    running : set of str
        What the pool does now.
    deaths : Counter
        How often a worker has died of a piece of work.
    alone : set of str
        What took too much memory once, and is done with nothing beside it.
    """

    graph: Graph
    keys: Iterable[str]
    store: Results
    workspace: Matrices
    priority: Callable[[Node], Any] | None = None
    limits: Limits | None = None
    n_workers: int = 1
    keeps_texts: bool = False
    going: frozenset[str] = frozenset()
    failures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.missing = self._missing(self.keys)
        self.waiting_for = {
            key: {need for need in node.needs if need in self.missing}
            for key, node in self.missing.items()
        }
        self.users = Counter(n for node in self.missing.values() for n in node.needs)
        self.deaths: Counter[str] = Counter()
        self.alone: set[str] = set()
        folds = Counter(n.fold for n in self.missing.values() if n.kind == "fit")
        fewest = min(folds.values(), default=1)
        self.folds_at_once = -(-2 * self.n_workers // fewest)
        self.ranks = self._ranks()
        self.ready: list[tuple[Any, str]] = []
        self.running = set(self.going)
        self.own = frozenset(self.missing)
        for key, needs in self.waiting_for.items():
            if not needs and key not in self.running:
                self._push(key)

    def run(
        self,
        pool: Pool,
        on_event: Listener = lambda *_: None,
        should_stop: Callable[[], bool] = lambda: False,
        deadline: float | None = None,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Do the work; return when all is done or failed, or a stop has been asked for.

        After that nothing is started; what is going on may end until the deadline.

        Raises
        ------
        RunError
            When the disk takes no more: then no work can end well.

        Parameters
        ----------
        pool : Pool
        on_event : callable
            Called with "started", "done", "failed", "retried" or "stopped", the
            node, and its cost or failure.
        should_stop : callable
            Asked before each start.
        deadline : float, optional
            On the monotonic clock: work still going on then is killed.
        is_interrupted : callable
            Return at once when it says so; what is going on ends in the pool.
        """
        while self.running & self.own or (self.ready and not should_stop()):
            while (key := self._next(pool)) is not None:
                if should_stop():
                    self._push(key)
                    break
                node = self.missing[key]
                on_event("started", node, {})
                self.running.add(key)
                pool.submit(node, self._deadline(node, deadline))
            if is_interrupted():
                return
            for outcome in pool.wait(0.25):
                self.running.discard(outcome.node.key)
                self._settle(outcome, on_event, deadline)

    def _next(self, pool: Pool) -> str | None:
        """Take the next work off the list that finds a worker, room and its device.

        What waits for the GPU lets others pass; what waits for memory does not, or it
        would wait forever.
        """
        if pool.n_idle == 0:
            return None
        waiting: list[tuple[Any, str]] = []
        chosen = None
        while self.ready and chosen is None:
            item = heapq.heappop(self.ready)
            if item[1] in self.missing:
                if self._waits_for_gpu(item[1]):
                    waiting.append(item)
                else:
                    chosen = item
        if chosen is not None and not self._has_room(chosen[1]):
            waiting.append(chosen)
            chosen = None
        for item in waiting:
            heapq.heappush(self.ready, item)
        return None if chosen is None else chosen[1]

    def _waits_for_gpu(self, key: str) -> bool:
        """Return whether work wants the GPU while other work has it."""
        nodes = self.graph.nodes
        return nodes[key].is_on_gpu and any(
            nodes[other].is_on_gpu for other in self.running
        )

    def _has_room(self, key: str) -> bool:
        """Return whether there is memory for a piece of work beside what goes on."""
        if self.running and (key in self.alone or self.alone & self.running):
            return False
        going = [self.graph.nodes[other] for other in self.running]
        return self.limits is None or self.limits.has_room(self.missing[key], going)

    def _deadline(self, node: Node, deadline: float | None) -> float | None:
        """Return when a piece of work is ended: with the run, or when it hangs."""
        if self.limits is None:
            return deadline
        own = time.monotonic() + self.limits.patience(node)
        return own if deadline is None else min(own, deadline)

    def _missing(self, keys: Iterable[str]) -> dict[str, Node]:
        """Return the nodes whose results are needed and not at hand."""
        missing: dict[str, Node] = {}
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            node = self.graph.nodes[key]
            if key in missing or self._is_there(node):
                continue
            missing[key] = node
            waiting.extend(node.needs)
        return missing

    def _is_there(self, node: Node) -> bool:
        if node.is_stored:
            return self.store.read(node.key) is not None and self._is_kept(node)
        return self.workspace.has(node.key)

    def _is_kept(self, node: Node) -> bool:
        """Return whether what a fit has left for later rows is there too."""
        return all(self.workspace.keeper.has(key) for key in node.to_keep)

    def _push(self, key: str) -> None:
        heapq.heappush(self.ready, (self.ranks[key], key))

    def _ranks(self) -> dict[str, Any]:
        """Return each node's priority: a fit's own, else that of its first user."""
        priority = self.priority or self._longest_first
        early = (lambda rank: rank) if self.priority else _one_fold_earlier
        ranks = {
            key: priority(node)
            for key, node in self.missing.items()
            if node.kind in ("fit", "gate") or not self.users[key]
        }
        waiting = list(ranks)
        while waiting:
            key = waiting.pop()
            rank = ranks[key]
            if self.missing[key].kind in ("fit", "gate"):
                rank = early(rank)
            for need in self.waiting_for[key]:
                if need not in ranks or rank < ranks[need]:
                    ranks[need] = rank
                    waiting.append(need)
        return ranks

    def _longest_first(self, node: Node) -> tuple[int, float]:
        seconds = 0.0 if self.limits is None else self.limits.costs.seconds(node)
        return node.fold // self.folds_at_once, -seconds

    def _settle(
        self, outcome: Outcome, on_event: Listener, deadline: float | None
    ) -> None:
        node, failure = outcome.node, {"failure": outcome.failure}
        if node.key not in self.own:
            if not outcome.failure:
                on_event("done", node, outcome.cost)
        elif node.key not in self.missing:
            self._release(node)  # its member was lost while it was going on
        elif not outcome.failure:
            self._finish(node)
            self._learn(node, outcome.cost)
            on_event("done", node, outcome.cost)
        elif outcome.is_disk:
            raise RunError(outcome.failure)
        elif outcome.is_late and self._is_over(node, deadline):
            on_event("stopped", node, failure)
        elif outcome.is_death and self.deaths[node.key] == 0:
            self._retry(outcome)
            on_event("retried", node, failure)
        else:
            on_event("failed", node, failure)
            self._fail(node, outcome.failure)

    def _is_over(self, node: Node, deadline: float | None) -> bool:
        """Return whether the time is over in which a piece of work was to end."""
        is_left = node.key in self.going
        return is_left or (deadline is not None and time.monotonic() >= deadline)

    def _learn(self, node: Node, cost: dict[str, Any]) -> None:
        facts = node.facts
        if self.limits and isinstance(facts, FitFacts) and "fit_seconds" in cost:
            self.limits.costs.learn(facts.model["name"], cost)
        if self.limits and isinstance(facts, EncodeFacts) and "encode_seconds" in cost:
            self.limits.costs.learn(facts.encoder["file"], cost)

    def _retry(self, outcome: Outcome) -> None:
        """Do a piece of work once more; one that took too much memory, alone."""
        key = outcome.node.key
        self.deaths[key] += 1
        if outcome.is_memory:
            self.alone.add(key)
        self._push(key)

    def _finish(self, node: Node) -> None:
        """Take a node off the list, start what waited for it, drop old matrices."""
        del self.missing[node.key]
        for key, needs in self.waiting_for.items():
            if node.key in needs:
                needs.discard(node.key)
                is_begun = key in self.running
                if not needs and key in self.missing and not is_begun:
                    self._push(key)
        self._release(node)

    def _release(self, node: Node) -> None:
        for need in node.needs:
            self.users[need] -= 1
            if self.users[need] == 0 and not self._stays(self.graph.nodes[need]):
                self.workspace.remove(need)

    def _stays(self, node: Node) -> bool:
        is_kept = self.keeps_texts and node.kind in ("count", "scores")
        return node.is_stored or is_kept

    def _fail(self, node: Node, failure: str) -> None:
        """Take a node off the list, with all that can no longer be of use."""
        lost = {node.key}
        while True:
            more = {
                key
                for key, other in self.missing.items()
                if key not in lost and self._is_lost(other, lost)
            }
            if not more:
                break
            lost |= more
        for key in lost & self.missing.keys():
            failed = self.missing.pop(key)
            if key not in self.running:
                self._release(failed)
            if failed.member:
                self.failures.setdefault(failed.member, failure)

    def _is_lost(self, node: Node, lost: set[str]) -> bool:
        """Return whether a node stands on lost work, or its member has lost a fit."""
        if any(need in lost for need in node.needs):
            return True
        members = {self.graph.nodes[key].member for key in lost} - {""}
        return node.member in members


def _one_fold_earlier(rank: tuple[int, float]) -> tuple[int, float]:
    """Return when a matrix is made: while the folds before keep workers busy."""
    return rank[0] - 1, float("-inf")
