"""Which members are worth their seconds."""

import time
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.hashing import fingerprint
from ensemble_kit.metrics import Metric
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.store.store import Entry
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import FeaturesFacts, FitFacts, Node, ScoresFacts

SAFETY = 1.15
CHEAP_SHARE = 0.1  # of the room there is


class Cost(NamedTuple):
    """What is left to do for a member, in seconds.

    Parameters
    ----------
    fits, longest : float
        All its missing fits, and one of them with its features.
    shared : mapping of str to float
        Features of the folds that are missing and scores of texts in them, by what
        they are made of: members that share some pay once.
    """

    fits: float
    longest: float
    shared: Mapping[str, float] = MappingProxyType({})

    def beside(self, paid: Container[str] = ()) -> float:
        """Return all of it but what is paid already.

        Examples
        --------
        >>> Cost(2.0, 3.0, {"features": 4.0}).beside()
        6.0
        """
        shared = (s for name, s in self.shared.items() if name not in paid)
        return self.fits + sum(shared)


class Worth:
    """What members bring and cost, as far as a run has seen it.

    Parameters
    ----------
    levels : FittedLevels
    """

    def __init__(self, levels: FittedLevels):
        self.levels = levels
        self._seconds_shared: dict[str, float] = {}
        self._scored: set[str] = set()
        self._first_costs: dict[str, Mapping[str, float]] = {}
        self._errors: dict[str, float] = {}

    def learn(self, node: Node, cost: Mapping[str, float]) -> None:
        """Note what the features of a fold, or scores of texts, have taken."""
        if node.kind in ("features", "scores"):
            self._seconds_shared[_shared(node)] = cost["seconds"]
        if node.kind == "scores":
            self._scored.add(node.key)

    def admit(
        self,
        planned: Mapping[str, MemberFits],
        metric: Metric,
        end: float,
        n_workers: int,
        busy: float = 0.0,
    ) -> list[str]:
        """Return the members that can be completed in time, best worth first.

        Those that take next to nothing come before them all: should the others take
        longer than it seems, there is a blend. Only members whose first fold is there
        can be judged.

        Parameters
        ----------
        planned : mapping of str to MemberFits
        metric : Metric
        end : float
            On the monotonic clock.
        n_workers : int
        busy : float
            Seconds that workers still need for other work.
        """
        source = self.levels.graph.source
        first_entries = {name: self._first(fits) for name, fits in planned.items()}
        entries = {
            name: entry for name, entry in first_entries.items() if entry is not None
        }
        costs = self.costs({name: planned[name] for name in entries})
        predictions = {name: entry.arrays["valid"] for name, entry in entries.items()}
        rows = source.rows(0)[1]
        weights = None if source.weights is None else source.weights[rows]
        order = order_by_worth(
            predictions, source.y[rows], metric.at(rows), costs, weights
        )
        seconds = end - time.monotonic()
        admitted = that_fit(order, costs, seconds, n_workers, busy)
        cheap = CHEAP_SHARE * (seconds * n_workers - busy)
        return sorted(admitted, key=lambda name: costs[name].beside() > cheap)

    def seconds(self, node: Node) -> float:
        """Return what a piece of work takes, as measured where its like was done."""
        known = self._seconds_shared.get(_shared(node)) if _is_shared(node) else None
        return self.levels.costs.seconds(node) if known is None else known

    def costs(self, planned: Mapping[str, MemberFits]) -> dict[str, Cost]:
        """Return what is left to do for the members whose first fold is there."""
        for name, fits in planned.items():
            entry = None if name in self._first_costs else self._first(fits)
            if entry is not None:
                self._first_costs[name] = entry.facts["cost"]
        there = [name for name in planned if name in self._first_costs]
        return {name: self._cost(name, planned[name]) for name in there}

    def best(self, planned: Mapping[str, MemberFits], metric: Metric) -> list[str]:
        """Return the members whose first fold is there, the best on it first."""
        source = self.levels.graph.source
        rows = source.rows(0)[1]
        weights = None if source.weights is None else source.weights[rows]
        for name, fits in planned.items():
            entry = None if name in self._errors else self._first(fits)
            if entry is not None:
                values = entry.arrays["valid"]
                own = metric.at(rows)
                self._errors[name] = own.error(source.y[rows], values, weights)
        there = [name for name in planned if name in self._errors]
        return sorted(there, key=self._errors.__getitem__)

    def have_room(
        self, costs: Mapping[str, Cost], seconds: float, n_workers: int
    ) -> bool:
        """Return whether all members can be completed in some seconds."""
        missing = {name for name, cost in costs.items() if cost.fits}
        admitted = that_fit(list(costs), costs, seconds, n_workers)
        return missing <= set(admitted)

    def _first(self, fits: MemberFits) -> Entry | None:
        """Return a member's first fit, where it is there."""
        return self.levels.store.read(fits.grid[0][0])

    def _cost(self, name: str, fits: MemberFits) -> Cost:
        """Return what is left of a member, going by its first fit."""
        store, nodes = self.levels.store, self.levels.graph.nodes
        missing = [sum(key not in store for key in keys) for keys in fits.grid]
        cost = self._first_costs[name]
        one = cost["fit_seconds"] + cost["predict_seconds"] + 0.05
        shared: dict[str, float] = {}
        longest = 0.0
        for keys, number in zip(fits.grid, missing, strict=True):
            made = self._made(nodes[keys[0]]) if number else {}
            longest = max(longest, sum(made.values()))
            shared = {what: shared.get(what, 0.0) + made[what] for what in made} | {
                what: seconds for what, seconds in shared.items() if what not in made
            }
        return Cost(sum(missing) * one, one + longest, shared)

    def _made(self, fit: Node) -> dict[str, float]:
        """Return the seconds of what is still made before a fit, by what it is."""
        nodes, facts = self.levels.graph.nodes, fit.facts
        key = facts.inputs.features if isinstance(facts, FitFacts) else None
        features = nodes[key] if key else None
        if features is None or not isinstance(features.facts, FeaturesFacts):
            return {}
        scores = [nodes[key] for _, _, key in features.facts.scores]
        work = [features, *(node for node in scores if node.key not in self._scored)]
        named = {_shared(node): node for node in work}
        return {what: self._seconds_shared.get(what, 0.0) for what in named}


def _is_shared(node: Node) -> bool:
    return isinstance(node.facts, FeaturesFacts | ScoresFacts)


def _shared(node: Node) -> str:
    """Return what features, or scores of a text, of all folds have in common."""
    facts = node.facts.plain()
    own = facts.get("blocks", [facts.get("column"), facts.get("block")])
    return fingerprint(own)


def that_fit(
    order: list[str],
    costs: Mapping[str, Cost],
    seconds: float,
    n_workers: int,
    busy: float = 0.0,
) -> list[str]:
    """Return the members for which there is room, those in front first.

    Parameters
    ----------
    order : list of str
    costs : mapping of str to Cost
    seconds : float
        That are left.
    n_workers : int
    busy : float
        Seconds that workers still need for other work.
    """
    admitted: list[str] = []
    paid: set[str] = set()
    room = (seconds * n_workers - busy) / SAFETY
    for name in order:
        cost = costs[name]
        wanted = cost.beside(paid)
        if 0 < wanted <= room and cost.longest * SAFETY <= seconds:
            admitted.append(name)
            paid |= cost.shared.keys()
            room -= wanted
    return admitted


def cheapest(costs: Mapping[str, Cost], seconds: float, n_workers: int) -> str | None:
    """Return the member that is completed soonest, None where none is in time.

    Examples
    --------
    >>> costs = {"a": Cost(9.0, 3.0), "b": Cost(4.0, 2.0, {"features": 1.0})}
    >>> cheapest(costs, 5.0, 2), cheapest(costs, 2.0, 2)
    ('b', None)
    """
    order = sorted(costs, key=lambda name: costs[name].beside())
    return next(iter(that_fit(order, costs, seconds, n_workers)), None)


def order_by_worth(
    predictions: dict[str, NDArray[np.float64]],
    y: NDArray[Any],
    metric: Metric,
    costs: Mapping[str, Cost],
    weights: NDArray[np.float64] | None = None,
) -> list[str]:
    """Return members in the order of their gain per second in a growing blend.

    Parameters
    ----------
    predictions : dict of ndarray of shape (n_valid, n_outputs)
        One fold's predictions by member.
    y : ndarray of shape (n_valid,)
    metric : Metric
    costs : mapping of str to Cost
        What is left to do; members that cost nothing come first, and what one has
        paid for the next has for nothing.
    weights : ndarray of shape (n_valid,), optional
    """
    left, chosen = dict(predictions), []
    paid: set[str] = set()
    blend: NDArray[np.float64] | None = None
    error = np.inf
    while left:
        errors = {
            name: _best_mixture(blend, values, y, metric, weights)
            for name, values in left.items()
        }
        seconds = {name: costs[name].beside(paid) for name in left}
        name = _worthiest(errors, error, seconds)
        new_error, share = errors[name]
        values = left.pop(name)
        blend = values if blend is None else (1 - share) * blend + share * values
        error = min(error, new_error)
        chosen.append(name)
        paid |= costs[name].shared.keys()
    return chosen


def _worthiest(
    errors: dict[str, tuple[float, float]], error: float, seconds: dict[str, float]
) -> str:
    """Return the member with the highest gain per second; the best one to begin."""
    if not np.isfinite(error):
        return min(errors, key=lambda name: (errors[name][0], name))
    floor = max(1e-9, 0.05 * max(seconds.values(), default=1.0))
    return max(
        errors,
        key=lambda name: (
            max(0.0, error - errors[name][0]) / max(seconds[name], floor),
            -errors[name][0],
            name,
        ),
    )


def _best_mixture(
    blend: NDArray[np.float64] | None,
    values: NDArray[np.float64],
    y: NDArray[Any],
    metric: Metric,
    weights: NDArray[np.float64] | None,
) -> tuple[float, float]:
    """Return the lowest error of a mixture, and the newcomer's share in it."""
    if blend is None:
        return metric.error(y, values, weights), 1.0
    shares = (0.1, 0.2, 0.35, 0.5)
    mixtures = ((1 - share) * blend + share * values for share in shares)
    errors = [metric.error(y, mixture, weights) for mixture in mixtures]
    return min(zip(errors, shares, strict=True))
