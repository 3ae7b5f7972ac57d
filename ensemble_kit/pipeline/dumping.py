"""Pipelines written as TOML."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import Item

from ensemble_kit.pipeline.foreign_member import KEYS as FOREIGN_KEYS
from ensemble_kit.pipeline.foreign_member import ForeignMember
from ensemble_kit.pipeline.member import Member, Recipe
from ensemble_kit.pipeline.pseudo_labels import PseudoLabels
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit, Validation

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


OPTIONAL = ("folds", "validation", "submit", "columns", "competition")


def dump_pipeline(pipeline: Pipeline) -> str:
    """Return a pipeline file; loading it gives an equal pipeline.

    Every feature set that a member takes is written out, so that the file means
    the same when the kit's own feature sets change.
    """
    top = {"name": pipeline.name, "note": pipeline.note, "seed": pipeline.seed}
    for name in ("text_filter", "transductive"):
        top |= {name: True} if getattr(pipeline, name) else {}
    tables: dict[str, Any] = {"folds": _changed(pipeline.folds, FoldSpec())}
    for name in used_recipes(pipeline):
        tables[f"features.{name}"] = _recipe(pipeline.recipes[name])
    for member in pipeline.members:
        if member.pseudo is not None:
            continue  # [pseudo] brings it
        tables[f"level{member.level}.{member.name}"] = _member(member)
    if pipeline.pseudo is not None:
        tables["pseudo"] = _changed(pipeline.pseudo, PseudoLabels())
    tables["validation"] = _changed(pipeline.validation, Validation())
    tables["submit"] = _changed(pipeline.submit, Submit())
    stated = dict(pipeline.competition)
    tables["columns"] = stated.pop("columns", {})
    tables["competition"] = stated
    parts = [_lines(top)]
    parts += [
        f"[{_header(name)}]\n{_lines(table)}"
        for name, table in tables.items()
        if table or name not in OPTIONAL
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def dump_member(member: Member) -> str:
    """Return the table of one member, to be pasted into a pipeline file."""
    header, table = _header(f"level{member.level}.{member.name}"), _member(member)
    params = table.pop("params", {})
    text = f"[{header}]\n{_lines(table)}\n"
    return f"{text}\n[{header}.params]\n{_lines(params)}\n" if params else text


def used_recipes(pipeline: Pipeline) -> list[str]:
    """Return the names of the feature sets that members take, sorted."""
    level1 = {m.feature_set for m in pipeline.members if m.level == 1}
    beside = {m.original for m in pipeline.members if m.original}
    return sorted(level1 | beside)


def _member(member: Member) -> dict[str, Any]:
    if isinstance(member, ForeignMember):
        table = _changed(member, ForeignMember(member.name, member.model))
        return {name: table[name] for name in FOREIGN_KEYS if name in table}
    table = _changed(member, Member(member.name, member.model, member.level))
    return {"model": member.model, **table}


def _changed(
    value: "DataclassInstance", default: "DataclassInstance"
) -> dict[str, Any]:
    """Return the fields of a dataclass that are not as they are by default."""
    return {
        name: getattr(value, name)
        for name in value.__dataclass_fields__
        if getattr(value, name) != getattr(default, name)
    }


def _recipe(recipe: Recipe) -> dict[str, Any]:
    table: dict[str, list[Any]] = {}
    for block in recipe.blocks:
        item = {block.featurizer: block.params} if block.params else block.featurizer
        table.setdefault(block.role, []).append(item)
    return table


def _header(name: str) -> str:
    return tomlkit.key(name.split(".", 1)).as_string()


def _lines(table: Mapping[str, Any]) -> str:
    document = tomlkit.document()
    for name, value in table.items():
        document.add(tomlkit.key(name), _item(value))
    return document.as_string().removesuffix("\n")


def _item(value: Any) -> Item:
    """Return a value on one line; TOML has no null, so None may not reach this."""
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for name, inner in value.items():
            table.add(tomlkit.key(name), _item(inner))
        return table
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        for inner in value:
            array.append(_item(inner))
        return array
    return tomlkit.item(value)
