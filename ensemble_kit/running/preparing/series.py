"""Pipelines told of a competition's series, or rid of what reads one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.competition.competition import LOUD, Competition
from ensemble_kit.competition.series_facts import SeriesFacts
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.pipeline.spec import Pipeline

ROLE = "series"  # of blocks, and the family of models, that read series


def for_series(
    pipeline: Pipeline, competition: Competition
) -> tuple[Pipeline, tuple[str, ...]]:
    """Return a pipeline told of a competition's series, and what a reader should know.

    What reads series gets their columns and how far the test looks ahead, unless it
    says them itself. Where rows are no series, members that read one are left out, and
    nobody misses them.
    """
    readers = [member for member in pipeline.members if _reads(member, pipeline)]
    if not readers:
        return pipeline, ()
    facts = SeriesFacts.of(competition)
    if facts is not None:
        recipes = {k: _recipe_of_series(v, facts) for k, v in pipeline.recipes.items()}
        members = tuple(_of_series(member, facts) for member in pipeline.members)
        return replace(pipeline, members=members, recipes=recipes), (str(facts),)
    unsaid = {member.name for member in readers if not _says_itself(member, pipeline)}
    if not unsaid:
        return pipeline, ()
    note = (
        f"{LOUD}series: no test row comes after a training row of its series along "
        f"{competition.series[0]!r}; {', '.join(sorted(unsaid))} are left out"
        if competition.series
        else ""
    )
    return _without(pipeline, unsaid), (note,) * bool(note)


def blended_by_window(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline on series whose blends go by windows, where they can.

    Others, and what a blend says itself, stay as they are.
    """
    if not any(_reads(member, pipeline) for member in pipeline.members):
        return pipeline
    members = tuple(
        replace(member, params={"windows": True, **member.params})
        if "windows" in member.spec.accepts
        else member
        for member in pipeline.members
    )
    return replace(pipeline, members=members)


def _without(pipeline: Pipeline, left_out: set[str]) -> Pipeline:
    """Return a pipeline without some members, and those that begin from them."""
    left_out = left_out | {m.name for m in pipeline.members if m.offset in left_out}
    members = tuple(
        replace(m, inputs=tuple(name for name in m.inputs if name not in left_out))
        for m in pipeline.members
        if m.name not in left_out
    )
    return replace(pipeline, members=members)


def _reads(member: Member, pipeline: Pipeline) -> bool:
    return member.spec.family == ROLE or bool(_blocks(member, pipeline))


def _blocks(member: Member, pipeline: Pipeline) -> list[Block]:
    """Return the blocks of a member's features that read series."""
    if member.level != 1 or member.feature_set not in pipeline.recipes:
        return []
    blocks = pipeline.recipes[member.feature_set].blocks
    return [block for block in blocks if FEATURIZERS[block.featurizer].role == ROLE]


def _says_itself(member: Member, pipeline: Pipeline) -> bool:
    """Return whether a pipeline names the columns of a series by itself."""
    all_params: list[Mapping[str, Any]] = [b.params for b in _blocks(member, pipeline)]
    if member.spec.family == ROLE:
        all_params.append(member.params)
    return all(params.get("time") for params in all_params)


def _of_series(member: Member, facts: SeriesFacts) -> Member:
    if member.spec.family != ROLE:
        return member
    return replace(member, params={**facts.columns, **member.params})


def _recipe_of_series(recipe: Recipe, facts: SeriesFacts) -> Recipe:
    return replace(
        recipe,
        blocks=tuple(
            replace(block, params={**facts.windows, **block.params})
            if FEATURIZERS[block.featurizer].role == ROLE
            else block
            for block in recipe.blocks
        ),
    )
