"""A pipeline, by name or whole, in place of the members of a stack."""

from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import Any

from ensemble_kit.catalog import MODELS
from ensemble_kit.exceptions import PipelineError, problems
from ensemble_kit.pipeline.loading import load_pipeline, shipped_pipelines
from ensemble_kit.pipeline.spec import AUTO, Pipeline, Submit
from ensemble_kit.quantities import parse_duration
from ensemble_kit.stacking.fitting import FittedStack
from ensemble_kit.stacking.inputs.given_folds import draw_seed, number_of_folds
from ensemble_kit.stacking.members.wiring import Setting, Wiring, wire
from ensemble_kit.tasks import Task


def is_pipeline(members: object) -> bool:
    """Return whether what stands for the members is a pipeline, or names one."""
    return isinstance(members, str | Path | Pipeline)


def asked_pipeline(members: Any, seed: int | None) -> Pipeline:
    """Return the pipeline that stands for members, with another seed where asked.

    Raises
    ------
    PipelineError
        When there is none of the name, or with the mistakes of the file.
    """
    if isinstance(members, str) and members in MODELS and not _is_known(members):
        raise PipelineError(
            f"members: {members!r} is a model; a string names a pipeline: write "
            f"[{members!r}]"
        )
    pipeline = members if isinstance(members, Pipeline) else load_pipeline(members)
    return pipeline if seed is None else replace(pipeline, seed=seed)


def _is_known(name: str) -> bool:
    """Return whether there is a pipeline of the name, or a file."""
    return name in shipped_pipelines() or Path(name).is_file()


def listed_pipeline(stack: Any, wiring: Wiring, seed: int) -> Pipeline:
    """Return the listed members of a stack as a pipeline."""
    members = tuple(wiring.members)
    submit = Submit(AUTO if stack.guard else members[-1].name, stack.test)
    return Pipeline("stack", members, wiring.recipes, submit=submit, seed=seed)


def stated_pipeline(stack: Any, setting: Setting) -> Pipeline:
    """Return a stack as a pipeline that a file can hold.

    Raises
    ------
    PipelineError
        With what a file cannot hold: members and folds that are objects.
    """
    seed = None if stack.random_state is None else draw_seed(stack.random_state)
    if is_pipeline(stack.members):
        pipeline, mistakes = asked_pipeline(stack.members, seed), []
    else:
        wiring = wire(stack.members, stack.final, stack.original, setting)
        pipeline = listed_pipeline(stack, wiring, seed or 0)
        mistakes = [
            f"{token.partition('-')[2]}: an object; a pipeline takes names"
            for token in wiring.given
        ]
    if isinstance(stack.cv, Integral):
        pipeline = with_n_splits(pipeline, number_of_folds(stack.cv))
    else:
        mistakes.append(f"cv: {stack.cv!r} is no number of folds")
    if mistakes:
        raise PipelineError(problems("a pipeline file", mistakes))
    return replace(pipeline, competition={"metric": stack.metric})


def with_n_splits(pipeline: Pipeline, n_splits: int) -> Pipeline:
    """Return a pipeline with so many folds."""
    return replace(pipeline, folds=replace(pipeline.folds, n_splits=n_splits))


def seconds_of(limit: str | float | None) -> float | None:
    """Return a limit such as "2m", or of so many seconds, in seconds."""
    return None if limit is None else parse_duration(str(limit))


def refuse_whole(stack: Any, given: Mapping[str, Any]) -> None:
    """Raise for arguments that do not go with a fit like the command line's.

    Raises
    ------
    PipelineError
        With all of them.
    """
    mistakes = []
    if isinstance(stack.cv, str):
        mistakes.append(
            f"cv={stack.cv!r}: members that are fitted already leave nothing to limit, "
            "to guard or to store"
        )
    if stack.store is not None:
        names = ", ".join(sorted(token.partition("-")[2] for token in given))
        if names:
            mistakes.append(
                f"store: {names} handed over as objects, which have no key that "
                "lasts; name models of the catalog, or leave store out"
            )
    if mistakes:
        raise PipelineError(problems("the ensemble", mistakes))


def methods_of(fitted: FittedStack, task: Task) -> dict[str, str]:
    """Return what is taken of each member of level 1."""
    method = "predict_proba" if task.is_classification else "predict"
    return dict.fromkeys(fitted.level1.members, method)
