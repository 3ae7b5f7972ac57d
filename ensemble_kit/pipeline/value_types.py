"""What type and range every value of a pipeline file has."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from ensemble_kit.names import RULE, name_mistake
from ensemble_kit.pipeline.spec import TEST

Test = Callable[[Any], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_whole(least: int) -> Test:
    return lambda value: type(value) is int and least <= value < 2**63


def _is_list(test: Test) -> Test:
    return lambda value: isinstance(value, list) and all(map(test, value))


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_plain(value: object) -> bool:
    """Return whether a value can be part of a key: no date, and no infinite number."""
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, str | int) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _is_plain_table(value: object) -> bool:
    return isinstance(value, Mapping) and _is_plain(value)


def _is_fraction(value: object) -> bool:
    return type(value) in (int, float) and 0 < float(str(value)) <= 1


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _is_name(value: object) -> bool:
    return not name_mistake(value)


TEXT = (_is_text, "a string")
NAME = (_is_name, f"a name of {RULE}")
TRUTH = (_is_truth, "true or false")
TABLE = (_is_table, "a table")
PARAMETERS = (
    _is_plain_table,
    "a table of strings, finite numbers, truths, and lists and tables of them",
)
TEXTS = (_is_list(_is_text), "a list of strings")
# Each setting's test and its words, by table; the empty name is the file's top.
SETTINGS: dict[str, dict[str, tuple[Test, str]]] = {
    "": {
        "name": NAME,
        "note": TEXT,
        "seed": (_is_whole(0), "a whole number from 0 on"),
        "text_filter": TRUTH,
        "transductive": TRUTH,
        "folds": TABLE,
        "features": TABLE,
        "validation": TABLE,
        "submit": TABLE,
        "competition": TABLE,
        "columns": TABLE,
        "pseudo": TABLE,
    },
    "folds": {
        "splitter": TEXT,
        "n_splits": (_is_whole(2), "a whole number from 2 on"),
        "n_repeats": (_is_whole(1), "a whole number from 1 on"),
        "seed": (_is_whole(0), "a whole number from 0 on"),
        "steady": TRUTH,
        "column": TEXT,
        "params": PARAMETERS,
    },
    "validation": {"scheme": TEXT},
    "pseudo": {
        "members": TEXTS,
        "labels_from": TEXTS,
        "confidence": (_is_fraction, "a number above 0 and up to 1"),
        "share": (_is_fraction, "a number above 0 and up to 1"),
    },
    "submit": {
        "member": TEXT,
        "test": (lambda value: value in TEST, f"one of {', '.join(TEST)}"),
    },
}
TABLES = ("folds", "validation", "submit", "pseudo")
MEMBER = {
    "model": TEXT,
    "features": TEXT,
    "texts": TEXTS,
    "original": TEXT,
    "inputs": TEXTS,
    "params": PARAMETERS,
    "seeds": (_is_list(_is_whole(0)), "a list of whole numbers from 0 on"),
    "probe": TRUTH,
    "folds": (_is_whole(1), "a whole number from 1 on"),
    "offset": TEXT,
    "sampler": (
        lambda value: _is_sampler(value),
        "the name of a sampler, or a table of its parameters by its name",
    ),
    "oof": TEXT,
    "test": TEXT,
    "trust": TRUTH,
}


def type_mistakes(tables: Mapping[str, Any]) -> list[str]:
    """Return a line for every value of a pipeline file that is of a wrong type.

    What is unknown by name is not looked at.
    """
    mistakes = _mistakes(tables, SETTINGS[""], "")
    for name in TABLES:
        if isinstance(tables.get(name), Mapping):
            mistakes += _mistakes(tables[name], SETTINGS[name], f"{name}.")
    for key, level in tables.items():
        if not (key.startswith("level") and key[5:].isdigit()):
            continue
        if not isinstance(level, Mapping):
            mistakes.append(f"{key}: expected a table of members, found {level!r:.80}")
            continue
        for name, member in level.items():
            if not _is_name(name):
                mistakes.append(f"{key}: expected {NAME[1]}, found {name!r:.80}")
            if isinstance(member, Mapping):
                mistakes += _mistakes(member, MEMBER, f"{key}.{name}.")
    if isinstance(tables.get("features"), Mapping):
        mistakes += _recipe_mistakes(tables["features"])
    return mistakes


def well_typed(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of a pipeline file without the values of a wrong type.

    A member whose model is none is left out with it.
    """
    typed = _passing(tables, SETTINGS[""])
    for name in TABLES:
        if name in typed:
            typed[name] = _passing(typed[name], SETTINGS[name])
    if "features" in typed:
        typed["features"] = {
            name: _blocks_of(recipe)
            for name, recipe in typed["features"].items()
            if isinstance(recipe, Mapping)
        }
    levels = {key for key in typed if key.startswith("level") and key[5:].isdigit()}
    for key in levels:
        typed[key] = _members_of(typed[key])
    return typed


def _passing(table: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table without the values of a wrong type."""
    return {k: v for k, v in table.items() if k not in known or known[k][0](v)}


def _blocks_of(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the roles of a feature set with the blocks that can be."""
    return {
        role: [b for b in (v if isinstance(v, list) else [v]) if _is_block(b)]
        for role, v in recipe.items()
    }


def _members_of(level: Any) -> dict[str, Any]:
    """Return the members of a level, those of no possible model left out."""
    if not isinstance(level, Mapping):
        return {}
    return {
        name: _passing(member, MEMBER) if isinstance(member, Mapping) else member
        for name, member in level.items()
        if not isinstance(member, Mapping) or _is_text(member.get("model", ""))
    }


def _mistakes(
    table: Mapping[str, Any], known: Mapping[str, tuple[Test, str]], prefix: str
) -> list[str]:
    return [
        f"{prefix}{key}: expected {known[key][1]}, found {value!r:.80}"
        for key, value in table.items()
        if key in known and not known[key][0](value)
    ]


def _recipe_mistakes(recipes: Mapping[str, Any]) -> list[str]:
    """Return a line for every feature set, and block of one, that cannot be."""
    mistakes = []
    for name, recipe in recipes.items():
        if not isinstance(recipe, Mapping):
            mistakes.append(f"features.{name}: expected a table, found {recipe!r:.80}")
            continue
        mistakes += [
            f"features.{name}.{role}: expected a featurizer's name, or a table of its "
            f"parameters by its name, found {item!r:.80}"
            for role, value in recipe.items()
            for item in (value if isinstance(value, list) else [value])
            if not _is_block(item)
        ]
    return mistakes


def _is_sampler(item: object) -> bool:
    return isinstance(item, str) or (
        isinstance(item, Mapping) and len(item) == 1 and _is_block(item)
    )


def _is_block(item: object) -> bool:
    if isinstance(item, Mapping):
        return all(map(_is_plain_table, item.values()))
    return isinstance(item, str)
