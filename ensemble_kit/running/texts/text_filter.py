"""The text filter: text columns are left out where they do not lift the score.

Members of one family with the same text features share a weighing: one model of the
family is fitted with and without each text column. A column is kept where it takes
more than one standard error off the loss of the rows it is judged on, all of them
rows of the first fold's training part. What remains is an ordinary pipeline.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import (
    Member,
    Recipe,
    encoders_of,
    reads_items,
)
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.node import Judge
from ensemble_kit.work.pool import Pool
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.workspace import Workspace

TREES, OTHERS = "trees", "linear and other models"
NETWORK = "networks"
TREE_JUDGE: Judge = {
    "name": "lightgbm",
    "params": {"learning_rate": 0.1, "num_leaves": 15},
}
LEGEND = (
    "text filter: what a column takes off the {loss}, plus or minus one standard "
    "error, on rows of the first fold's training part"
)


@dataclass(frozen=True)
class Weighing:
    """One weighing of all text columns, and the members it decides for.

    Parameters
    ----------
    family, features : str
        The family, and the feature set whose text features are weighed.
    key : str
        Of the work that weighs.
    members : tuple of str
    """

    family: str
    features: str
    key: str
    members: tuple[str, ...] = ()


def filter_texts(
    pipeline: Pipeline,
    levels: FittedLevels,
    workspace: Workspace,
    pool: Pool,
    progress: Progress,
    deadline: float | None = None,
) -> Pipeline:
    """Weigh the text columns and return the pipeline without what lifts nothing.

    Parameters
    ----------
    pipeline, levels, workspace, pool, progress
        As in `ensemble_kit.running.run_pipeline.run_pipeline`; what is left out, and
        why, goes into ``levels``.
    deadline : float, optional
        On the monotonic clock: what is not weighed by then is kept.
    """

    def weigh(weighings: list[Weighing]) -> None:
        keys = [weighing.key for weighing in weighings]
        schedule = Schedule(
            levels.graph, keys, levels.store, workspace, limits=levels.limits
        )
        progress.on_plan(list(schedule.missing.values()))
        schedule.run(
            pool,
            progress.on_event,
            lambda: deadline is not None and time.monotonic() >= deadline,
            deadline,
            progress.is_interrupted,
        )

    weigh(plan_weighings(pipeline, levels.graph))
    weigh(plan_networks(pipeline, levels))
    return apply_weighings(pipeline, levels)


def plan_weighings(pipeline: Pipeline, graph: Graph) -> list[Weighing]:
    """Return the weighings a pipeline asks for, added to the graph.

    There is nothing to weigh where a single text column is all there is.
    """
    texts, weighings = graph.source.texts, dict[str, Weighing]()
    if not (pipeline.text_filter and texts) or len(graph.source.X.columns) < 2:
        return []
    for member in pipeline.at_level(1):
        recipe = graph.recipes[member.feature_set]
        if member.texts is not None or not _is_weighed(recipe):
            continue
        family = family_of(member)
        key = graph.weighing(_judge(family, graph), _rest(family), _text_part(recipe))
        weighing = weighings.get(key, Weighing(family, member.feature_set, key))
        weighings[key] = replace(weighing, members=(*weighing.members, member.name))
    return list(weighings.values())


def plan_networks(pipeline: Pipeline, levels: FittedLevels) -> list[Weighing]:
    """Return the weighings of networks on texts, once those of columns are done.

    A network is weighed beside the first family with the columns that it keeps.
    """
    weighings, graph = plan_weighings(pipeline, levels.graph), levels.graph
    verdicts = verdicts_of(weighings, levels)
    if not weighings or len(verdicts) < len(weighings):
        return []
    first, kind = weighings[0], graph.source.kind
    parts = (_rest(first.family), _text_part(graph.recipes[first.features]))
    columns = [verdict["column"] for verdict in verdicts[first] if verdict["kept"]]
    return [
        Weighing(
            NETWORK,
            member.feature_set,
            graph.weighing(
                _judge(first.family, graph),
                *parts,
                network=member.model_facts(kind),
                columns=columns,
            ),
            (member.name,),
        )
        for member in pipeline.at_level(1)
        if member.spec.family == "neural_text"
        and member.spec.supports(kind)
        and not member.missing_dependency()
        and any(verdict["kept"] for part in verdicts.values() for verdict in part)
    ]


def verdicts_of(weighings: list[Weighing], levels: FittedLevels) -> dict[Weighing, Any]:
    """Return what the weighings have found, as far as they are done."""
    entries = {weighing: levels.store.read(weighing.key) for weighing in weighings}
    return {
        weighing: e.facts["found"] for weighing, e in entries.items() if e is not None
    }


def apply_weighings(pipeline: Pipeline, levels: FittedLevels) -> Pipeline:
    """Return the pipeline with every member on the text columns it keeps."""
    weighings = plan_weighings(pipeline, levels.graph)
    verdicts = verdicts_of(weighings, levels)
    networks = verdicts_of(plan_networks(pipeline, levels), levels)
    pipeline = replace(pipeline, text_filter=False)
    levels.notes += _lines(verdicts, levels) + _network_lines(networks)
    missing = [weighing.family for weighing in weighings if weighing not in verdicts]
    if missing:
        levels.notes.append(f"text filter: {', '.join(missing)} not weighed in time")
        return pipeline
    if not weighings:
        return pipeline
    useless = {g.members[0]: _said(v) for g, v in networks.items() if not v["kept"]}
    members, dropped = _filtered(pipeline, verdicts, levels.graph, useless)
    if not any(member.level == 1 for member in members):
        levels.notes.append("text filter: no member would be left, so texts are kept")
        return pipeline
    levels.failures.update(dropped)
    return replace(pipeline, members=_rewired(members, dropped))


def apply_stored(
    pipeline: Pipeline, levels: FittedLevels
) -> tuple[Pipeline, list[Weighing]]:
    """Return the pipeline as stored weighings leave it, and those still to be done.

    While one is missing nothing is left out.
    """
    weighings = plan_weighings(pipeline, levels.graph) + plan_networks(pipeline, levels)
    missing = [weighing for weighing in weighings if weighing.key not in levels.store]
    return (pipeline if missing else apply_weighings(pipeline, levels)), missing


def family_of(member: Member) -> str:
    """Return the family whose judge decides for a member."""
    return TREES if member.spec.text_judge == "trees" else OTHERS


def _judge(family: str, graph: Graph) -> Judge:
    if family == TREES:
        return TREE_JUDGE
    is_class = graph.source.kind != "regression"
    return {"name": "logistic_regression" if is_class else "ridge", "params": {}}


def _rest(family: str) -> Recipe:
    """Return how the judge of a family takes the columns that are no texts."""
    recipe = standard_recipes()["trees" if family == TREES else "linear"]
    return Recipe(recipe.name, tuple(b for b in recipe.blocks if b.role != "text"))


def _text_part(recipe: Recipe) -> Recipe:
    return Recipe(recipe.name, tuple(b for b in recipe.blocks if b.role == "text"))


def _is_weighed(recipe: Recipe) -> bool:
    """Return whether a feature set is weighed itself.

    Texts alone have nothing to be weighed beside, and to encode texts takes longer
    than to fit what others tell of them; of lists the words tell.
    """
    is_other = encoders_of(recipe) or reads_items(recipe)
    return _roles(recipe) > {"text"} and not is_other


def _roles(recipe: Recipe) -> set[str]:
    return {block.role for block in recipe.blocks}


def _filtered(
    pipeline: Pipeline,
    verdicts: Mapping[Weighing, Any],
    graph: Graph,
    useless: Mapping[str, str],
) -> tuple[list[Member], dict[str, str]]:
    """Return the members that stay, and the reasons of those that do not."""
    members: list[Member] = []
    dropped = {n: f"text filter: lifts no blend ({why})" for n, why in useless.items()}
    twins: dict[str, str] = {}
    for member in pipeline.members:
        if member.name in dropped:
            continue
        texts = _texts_that_lift(member, verdicts, graph)
        if texts is not None and len(texts) < len(graph.source.texts):
            recipe = graph.recipes[member.feature_set]
            if not texts and _roles(recipe) <= {"text"}:
                dropped[member.name] = "text filter: no text column lifts the score"
                continue
            if not recipe.is_raw:
                member = replace(member, texts=texts)
        twin = twins.setdefault(_without_texts(member, graph), member.name)
        if twin != member.name:
            dropped[member.name] = f"text filter: without its texts it is {twin} again"
            continue
        members.append(member)
    return members, dropped


def _texts_that_lift(
    member: Member, verdicts: Mapping[Weighing, Any], graph: Graph
) -> tuple[str, ...] | None:
    """Return the columns a member keeps; None where no weighing decides for it.

    A member that is not weighed itself keeps what any feature set of its family keeps,
    a network that reads texts what any family keeps.
    """
    if member.level > 1 or member.texts is not None:
        return None
    deciding = [weighing for weighing in verdicts if member.name in weighing.members]
    recipe = graph.recipes[member.feature_set]
    if not deciding and "text" in _roles(recipe) and not _is_weighed(recipe):
        deciding = [
            weighing for weighing in verdicts if weighing.family == family_of(member)
        ]
    elif member.spec.family == "neural_text":
        deciding = list(verdicts)
    if not deciding:
        return None
    lifting = {
        v["column"] for weighing in deciding for v in verdicts[weighing] if v["kept"]
    }
    return tuple(column for column in graph.source.texts if column in lifting)


def _without_texts(member: Member, graph: Graph) -> str:
    """Return what members with no text left may share; else the member's name."""
    if member.texts != ():
        return member.name
    recipe = graph.recipes[member.feature_set]
    blocks = [block for block in recipe.blocks if block.role != "text"]
    return repr((replace(member, name="", features=None), blocks))


def _rewired(members: list[Member], dropped: Mapping[str, str]) -> tuple[Member, ...]:
    """Return the members without inputs that are gone."""
    return tuple(
        replace(member, inputs=tuple(n for n in member.inputs if n not in dropped))
        for member in members
        if not member.inputs or set(member.inputs) - set(dropped)
    )


def _lines(verdicts_of: Mapping[Weighing, Any], levels: FittedLevels) -> list[str]:
    """Return what the report says, one line a column."""
    if not verdicts_of:
        return []
    is_class = levels.graph.source.kind != "regression"
    loss = "log loss" if is_class else "squared error, as a share of the variance"
    reasons_of: dict[str, list[str]] = {}
    for weighing, verdicts in verdicts_of.items():
        for verdict in verdicts:
            done = "kept" if verdict["kept"] else "dropped"
            reasons_of.setdefault(verdict["column"], []).append(
                f"{done} for {weighing.family} as in {weighing.features} "
                f"({_said(verdict)})"
            )
    lines = [
        f"text column {name}: {', '.join(parts)}" for name, parts in reasons_of.items()
    ]
    return [LEGEND.format(loss=loss), *lines]


def _network_lines(networks: Mapping[Weighing, Any]) -> list[str]:
    return [
        f"{each.members[0]}: {'kept' if verdict['kept'] else 'dropped'} beside the "
        f"other members ({_said(verdict)})"
        for each, verdict in networks.items()
    ]


def _said(verdict: Mapping[str, Any]) -> str:
    return f"{verdict['lift']:+.4f} ± {verdict['error']:.4f}"
