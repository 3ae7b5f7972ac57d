"""Whether the names in a pipeline lead somewhere."""

from collections.abc import Mapping, Sequence

from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.pipeline.foreign_member import ForeignMember
from ensemble_kit.pipeline.gates import gate_mistakes
from ensemble_kit.pipeline.member import STACK_FORMS, Member, Recipe
from ensemble_kit.pipeline.spec import AUTO, BEST, TEST, Submit

# Models that are fitted to what the first column leaves: the role and featurizer of it.
BESIDE = {
    "lightgbm_detrended": ("datetime", "trend"),
    "lightgbm_differenced": ("series", "lags_differenced"),
}


def wiring_mistakes(
    members: Sequence[Member],
    recipes: Mapping[str, Recipe],
    submit: Submit,
    declared: Sequence[tuple[int, str]],
) -> list[str]:
    """Return a line for every name that leads nowhere.

    Parameters
    ----------
    members, recipes, submit
    declared : sequence of (level, name)
        Of every member of the file, those too that cannot be for another reason.
    """
    names = [name for _, name in declared]
    mistakes = [
        f"level{level}.{name}: the name is taken by another member"
        for at, (level, name) in enumerate(declared)
        if name in names[:at]
    ]
    for member in members:
        below = [name for level, name in declared if level < member.level]
        mistakes += _member_wiring(member, below, recipes)
        mistakes += _offset_mistakes(member, members)
    if submit.member not in (AUTO, BEST, *names):
        hint = did_you_mean(submit.member, names)
        mistakes.append(
            f"submit.member: no member named {submit.member!r}{hint}; "
            f"there are: {', '.join(names)}"
        )
    if submit.test not in TEST:
        mistakes.append(
            f"submit.test: expected one of {', '.join(TEST)}, found {submit.test!r}"
        )
    return mistakes


def _offset_mistakes(member: Member, members: Sequence[Member]) -> list[str]:
    """Return what keeps a member from beginning where another ends."""
    if member.offset is None:
        return []
    where = f"level{member.level}.{member.name}.offset"
    if member.level > 1:
        return [f"{where}: only members of level 1 begin from another"]
    others = {m.name: m for m in members if m.level == 1 and m.name != member.name}
    base = others.get(member.offset)
    if base is None:
        hint = did_you_mean(member.offset, others)
        return [f"{where}: no other member of level 1 named {member.offset!r}{hint}"]
    if base.offset is not None:
        return [f"{where}: {base.name} begins from {base.offset} itself"]
    if isinstance(base, ForeignMember):
        return [f"{where}: {base.name} was predicted elsewhere and cannot be fitted"]
    return []


def _member_wiring(
    member: Member, below: list[str], recipes: Mapping[str, Recipe]
) -> list[str]:
    where = f"level{member.level}.{member.name}"
    mistakes = _level_mistakes(member, where)
    wanted = [member.original] if member.original else []
    if member.level == 1:
        wanted.append(member.feature_set)
    mistakes += [
        f"{where}: no feature set named {name!r}{did_you_mean(name, recipes)}; "
        f"there are: {', '.join(recipes)}"
        for name in wanted
        if name not in recipes
    ]
    mistakes += [
        f"{where}.inputs: no member named {name!r} below; there are: {', '.join(below)}"
        for name in member.inputs
        if name not in below
    ]
    mistakes += gate_mistakes(member, where, list(member.inputs) or below)
    if member.level > 1 and not below:
        mistakes.append(f"{where}: there is no level below it")
    if member.model in BESIDE and not _begins_with(member, recipes):
        role, first = BESIDE[member.model]
        mistakes.append(
            f"{where}: {member.model} stands in level 1, on features that begin with "
            f'{role} = "{first}", which is their first column'
        )
    return mistakes


def _level_mistakes(member: Member, where: str) -> list[str]:
    """Return what a member says that members of its level do not."""
    mistakes = []
    if member.level == 1:
        if member.inputs:
            mistakes.append(f"{where}.inputs: level 1 takes features, not members")
        if member.texts is not None and member.feature_set == "raw":
            mistakes.append(
                f"{where}.texts: {member.model} reads the columns as they are"
            )
        return mistakes
    if member.features is not None and member.features not in STACK_FORMS:
        mistakes.append(
            f"{where}.features: above level 1 it is one of {', '.join(STACK_FORMS)}; "
            f"for original features beside, set original = {member.features!r}"
        )
    if member.texts is not None:
        mistakes.append(f"{where}.texts: only members of level 1 take texts")
    return mistakes


def _begins_with(member: Member, recipes: Mapping[str, Recipe]) -> bool:
    """Return whether the first column a member takes is what it is fitted beside."""
    recipe = recipes.get(member.feature_set)
    if member.level > 1 or recipe is None:
        return member.level == 1  # a set that is not there is told elsewhere
    first = BESIDE[member.model][1]
    return bool(recipe.blocks) and recipe.blocks[0].featurizer == first
