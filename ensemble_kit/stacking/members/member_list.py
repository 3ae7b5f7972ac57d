"""The members of a stack in every form they may be written in.

A list of names, estimators, (name, model), (name, model, features), `Member` or
{name: model}, or one dict of them; what is ``"drop"`` or None is left out.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from ensemble_kit.catalog import MODELS
from ensemble_kit.pipeline.member import Member

DROPPED = "drop"


class Item(NamedTuple):
    """One member as it was written.

    Parameters
    ----------
    name : str
    model : object
        A name, an estimator or a `Member`.
    features : object
        None where nothing was said.
    """

    name: str
    model: Any
    features: Any = None


def read_items(members: Any) -> tuple[list[Item], list[str]]:
    """Return the members that are not left out, and what cannot be read."""
    if _is_lone_pair(members):
        written = f"({members[0]!r}, {type(members[1]).__name__}())"
        return [], [f"members: one pair is no list of members: write [{written}]"]
    items, mistakes = [], []
    for written in _written(members):
        item = _read(written)
        if item is None:
            mistakes.append(
                f"members: {written!r} is no name, no estimator, no (name, model) and "
                "no (name, model, features)"
            )
        elif not is_dropped(item.model):
            items.append(item)
    return _with_names(items), mistakes


def _is_lone_pair(members: Any) -> bool:
    """Return whether a name and its estimator stand where a list of such belongs."""
    is_named = is_pair(members) and hasattr(members[1], "fit")
    return is_named and not is_dropped(members[0]) and members[0] not in MODELS


def read_names(members: Any) -> list[str | None]:
    """Return a name for each member as it was written, None for what is left out."""
    names = iter(item.name for item in read_items(members)[0])
    stays_of = [
        (item := _read(written)) is not None and not is_dropped(item.model)
        for written in _written(members)
    ]
    return [next(names) if stays else None for stays in stays_of]


def is_dropped(model: Any) -> bool:
    """Return whether a model stands for none."""
    return model is None or (isinstance(model, str) and model == DROPPED)


def named_models(members: Any) -> list[tuple[str, Any]]:
    """Return name and model of the members that were given a name of their own."""
    return [
        (item[0], item[1]) for item in _written(members) if is_pair(item) and item[0]
    ]


def is_pair(item: Any) -> bool:
    """Return whether a member is written as (name, model) or with features."""
    is_sequence = isinstance(item, list | tuple) and len(item) in (2, 3)
    return is_sequence and isinstance(item[0], str)


def replaced(members: Any, models: Mapping[str, Any]) -> Any:
    """Return the members in the form they had, with other models by name."""
    if isinstance(members, Mapping):
        return {name: models.get(name, model) for name, model in members.items()}
    return [_replaced(item, models) for item in members]


def _replaced(item: Any, models: Mapping[str, Any]) -> Any:
    if isinstance(item, Mapping):
        return replaced(item, models)
    if is_pair(item) and item[0] in models:
        return (item[0], models[item[0]], *item[2:])
    return item


def _written(members: Any) -> list[Any]:
    """Return what was written for each member; entries of dicts as pairs."""
    if isinstance(members, Mapping):
        return list(members.items())
    if not isinstance(members, list | tuple):
        return []
    return [
        each
        for item in members
        for each in (item.items() if isinstance(item, Mapping) else [item])
    ]


def _read(item: Any) -> Item | None:
    """Return one member; without a name where it has none of its own."""
    if isinstance(item, Member):
        return Item(item.name, item)
    if isinstance(item, str):
        return Item("" if is_dropped(item) else item, item)
    if item is None:
        return Item("", item)
    if is_pair(item):
        return Item(*item)
    is_estimator = hasattr(item, "fit") and not isinstance(item, type)
    return Item("", item) if is_estimator else None


def _with_names(items: list[Item]) -> list[Item]:
    """Return members that all have a name, as ``make_pipeline`` would give it."""
    unnamed = [type(item.model).__name__.lower() for item in items if not item.name]
    many = {name for name, n in Counter(unnamed).items() if n > 1}
    numbers: Counter[str] = Counter()
    named = []
    for item in items:
        if not item.name:
            name = type(item.model).__name__.lower()
            numbers[name] += 1
            item = item._replace(
                name=f"{name}-{numbers[name]}" if name in many else name
            )
        named.append(item)
    return named
