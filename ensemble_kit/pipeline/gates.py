"""Gates in a pipeline file: short keys written out, and what is wrong with them."""

from collections.abc import Mapping
from typing import Any

from ensemble_kit.blending.routed.rules import parse_rule
from ensemble_kit.exceptions import PipelineError, did_you_mean
from ensemble_kit.pipeline.member import Member

SIDES = ("then", "otherwise")
# A gate in short: each key with the model it stands for and the parameter it sets.
GATES = {
    "when": ("rule_blend", "when"),
    "then": ("rule_blend", "then"),
    "otherwise": ("rule_blend", "otherwise"),
    "segment": ("segment_blend", "column"),
}


def written_out(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a member's table with a gate's short keys as model and parameters."""
    short = {key: table[key] for key in GATES if key in table}
    if not short:
        return dict(table)
    rest = {key: value for key, value in table.items() if key not in short}
    model = GATES[next(iter(short))][0]
    params = {GATES[key][1]: value for key, value in short.items()}
    if isinstance(rest.get("params", {}), Mapping):
        params = {**rest.get("params", {}), **params}
    return {"model": model, **rest, "params": params}


def gate_mistakes(member: Member, where: str, below: list[str]) -> list[str]:
    """Return a line for every part of a gate that cannot be."""
    if "columns" not in member.spec.accepts:
        return []
    if member.level == 1:
        return [f"{where}: a gate stands above level 1"]
    mistakes = [
        f"{where}.{side}: no member named {name!r} below{did_you_mean(name, below)}"
        for side in SIDES
        if isinstance(name := member.params.get(side), str) and name not in below
    ]
    if member.model == "rule_blend":
        try:
            parse_rule(str(member.params.get("when", "")))
        except PipelineError as error:
            mistakes.append(f"{where}.when: {error}")
    if member.model == "segment_blend" and not member.params.get("column"):
        mistakes.append(f"{where}.segment: missing; it names a column")
    return mistakes
