"""What a run would do, without doing it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.running.preparing.prepare import PreparedRun
from ensemble_kit.running.texts.text_filter import Weighing, apply_stored
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.member_fits import MemberFits


@dataclass(frozen=True)
class PlannedMember:
    """One line of a plan.

    Parameters
    ----------
    member : str
    level, n_fits, n_stored : int
    reason : str
        Why fits are missing: never done, or which facts have changed since.
    """

    member: str
    level: int
    n_fits: int
    n_stored: int
    reason: str


def plan_pipeline(prepared: PreparedRun, store: Store) -> list[PlannedMember]:
    """Return one line per member: its fits, how many are stored, and why not all.

    Where texts are still to be weighed there is a line for that first: it may leave
    members out, or columns, of those that follow.
    """
    pipeline, known = prepared.pipeline, _stored_facts(store)
    lines = _lines(prepared.graph, pipeline, store, known)
    for number, graph in enumerate(prepared.arrangement.checks, start=1):
        checks = _lines(graph, pipeline, store, known)
        lines += [
            replace(line, member=f"{line.member}, check {number}")
            for line in checks
            if line.n_fits
        ]
    return lines


def _lines(
    graph: Graph, pipeline: Pipeline, store: Store, known: list[dict[str, Any]]
) -> list[PlannedMember]:
    """Return a line for every member on the splits of a graph."""
    levels = FittedLevels(graph, store)
    pipeline, missing = apply_stored(pipeline, levels)
    lines = [_weighing(weighing) for weighing in missing]
    for level in pipeline.levels:
        planned = plan_level(pipeline.at_level(level), levels)
        levels.fits.update(planned)
        lines += [_line(fits, graph, store, known) for fits in planned.values()]
    lines += [
        PlannedMember(name, 0, 0, 0, reason) for name, reason in levels.failures.items()
    ]
    return lines


def _weighing(weighing: Weighing) -> PlannedMember:
    who = f"texts weighed for {weighing.family}"
    return PlannedMember(who, 0, 1, 0, "may leave out columns and members")


def _line(
    fits: MemberFits, graph: Graph, store: Store, known: list[dict[str, Any]]
) -> PlannedMember:
    missing = [key for key in fits.keys if key not in store]
    reason = _why(graph.nodes[missing[0]].facts.plain(), known) if missing else ""
    n_stored = len(fits.keys) - len(missing)
    return PlannedMember(
        fits.member.name, fits.member.level, len(fits.keys), n_stored, reason
    )


def _stored_facts(store: Store) -> list[dict[str, Any]]:
    """Return the facts behind every stored fit."""
    stored = []
    for key in store:
        entry = store.read(key)
        if entry is not None and entry.facts.get("key", {}).get("work") == "fit":
            stored.append(entry.facts["key"])
    return stored


def _why(facts: Mapping[str, Any], known: list[dict[str, Any]]) -> str:
    """Return which facts differ from the most similar fit of the same model."""
    flat = _flatten(facts)
    same = [_flatten(k) for k in known if k["model"]["name"] == facts["model"]["name"]]
    if not same:
        return "never fitted"
    differences = [
        [name for name in {*flat, *other} if flat.get(name) != other.get(name)]
        for other in same
    ]
    fewest = min(differences, key=lambda names: (len(names), sorted(names)))
    return "changed: " + ", ".join(sorted(fewest)[:4])


def _flatten(facts: Any, prefix: str = "") -> dict[str, str]:
    """Return nested facts as dotted names; keys of inputs stand for what is below."""
    if not isinstance(facts, Mapping):
        return {prefix: json.dumps(facts)}
    flat: dict[str, str] = {}
    for name, value in facts.items():
        flat.update(_flatten(value, f"{prefix}.{name}" if prefix else name))
    return flat
