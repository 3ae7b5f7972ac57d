"""What is wrong with members on the data at hand, told before anything is fitted."""

from collections.abc import Iterable, Mapping

import numpy as np

from ensemble_kit.blending.routed.columns_read import columns_read
from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.exceptions import (
    MissingDependencyError,
    PipelineError,
    RegistryError,
    RunError,
    did_you_mean,
    problems,
)
from ensemble_kit.models.boosting.own_objectives import (
    PARAMETERS,
    objective_mistakes,
    own_objective,
)
from ensemble_kit.pipeline.member import Member, Recipe
from ensemble_kit.work.given_estimators import GivenMember
from ensemble_kit.work.workspace import Source


def refuse_mistakes(
    members: Iterable[Member], source: Source, recipes: Mapping[str, Recipe]
) -> None:
    """Raise when members name a parameter, a column or a file that is not there.

    Raises
    ------
    PipelineError
        With the mistakes of all members, of every level.
    """
    fitted = [member for member in members if _is_fitted(member, source)]
    mistakes = [
        f"level{member.level}.{member.name}.{line}"
        for member in fitted
        for line in (
            *_model_mistakes(member, source),
            *_text_mistakes(member, source),
            *_encoder_mistakes(member, source),
            *_offset_mistakes(member, source),
            *_sampler_mistakes(member, source),
            *_objective_mistakes(member, source),
        )
    ]
    taken = {member.feature_set for member in fitted if source.texts}
    mistakes += [
        f"features.{recipe.name}.{line}"
        for name, recipe in recipes.items()
        if name in taken
        for line in (*_featurizer_mistakes(recipe), *_file_mistakes(recipe))
    ]
    if mistakes:
        raise PipelineError(problems("the pipeline", mistakes))


def _is_fitted(member: Member, source: Source) -> bool:
    has_model = member.spec.supports(source.kind)
    return has_model and not member.spec.missing_dependency()


def _model_mistakes(member: Member, source: Source) -> list[str]:
    """Return what keeps a model from being built, or from its columns.

    The libraries of members without parameters are left to the workers to import.
    """
    reads_columns = "columns" in member.spec.accepts
    if isinstance(member, GivenMember) or not (member.params or reads_columns):
        return []
    spec, kind, params = member.spec, source.kind, member.params
    wrong = {
        **spec.unknown_parameters(kind, params),
        **spec.value_mistakes(kind, params),
    }
    if wrong:
        return [f"params: {line}" for line in wrong.values()]
    try:
        model = spec.build(kind, params, seed=0)
        if reads_columns:
            columns_read(model, source.X)
    except (PipelineError, RegistryError) as error:
        return [f"params: {error}"]
    return []


def _offset_mistakes(member: Member, source: Source) -> list[str]:
    """Return why a member cannot begin from another, where it is to."""
    begins = "offset" in member.spec.accepts
    if member.offset is None or source.kind == "regression" or begins:
        return []
    able = [name for name, spec in MODELS.items() if "offset" in spec.accepts]
    return [
        f"offset: {member.model} cannot begin from another member's classes; "
        f"{', '.join(able)} can, and any model of numbers"
    ]


def _sampler_mistakes(member: Member, source: Source) -> list[str]:
    """Return why no sampler can draw a member's rows, where one is to."""
    if not member.sampler or source.kind != "regression":
        return []
    return ["sampler: it draws rows by their class; the target is a number"]


def _objective_mistakes(member: Member, source: Source) -> list[str]:
    """Return why a member cannot minimise what it is told to; own ones are tried."""
    spec, kind = member.spec, source.kind
    path = spec.regressor if kind == "regression" else spec.classifier
    params = spec.parameters(kind, member.params)
    mistakes = objective_mistakes(path or "", kind, params)
    if mistakes:
        return [f"params.{line}" for line in mistakes]
    for key in PARAMETERS:
        own = own_objective(params.get(key))
        if own is not None:
            try:
                own.slopes(source.y, np.full(len(source.y), 0.1), None)
            except RunError as error:
                return [f"params.{key}: {error}"]
    return []


def _text_mistakes(member: Member, source: Source) -> list[str]:
    """Return the text columns that a member is to take and that are not there."""
    return [
        f"texts: no text column {name!r}{did_you_mean(name, source.texts)}"
        for name in member.texts or ()
        if name not in source.texts
    ]


def _featurizer_mistakes(recipe: Recipe) -> list[str]:
    """Return the values that featurizers cannot have."""
    return [
        f"{block.role}.{block.featurizer}: {line}"
        for block in recipe.blocks
        if block.params
        for line in FEATURIZERS[block.featurizer].value_mistakes(block.params).values()
    ]


def _encoder_mistakes(member: Member, source: Source) -> list[str]:
    """Return what is wrong with files that a model reads, where it could be built."""
    if member.spec.files is None or _model_mistakes(member, source):
        return []
    try:
        member.spec.files_fingerprint(member.params)
    except PipelineError as error:
        return [f"params: {error}"]
    except MissingDependencyError:
        pass  # it is left out, and says so
    return []


def _file_mistakes(recipe: Recipe) -> list[str]:
    """Return what is wrong with files that featurizers read."""
    mistakes = []
    for block in recipe.blocks:
        spec = FEATURIZERS[block.featurizer]
        if (path := block.path) is not None and not path.is_file():
            mistakes.append(
                f"{block.role}.{block.featurizer}: {path}: no such file; check the path"
            )
        if spec.files is None or spec.value_mistakes(block.params):
            continue
        try:
            spec.files_fingerprint(block.params)
        except PipelineError as error:
            mistakes.append(f"{block.role}: {error}")
        except MissingDependencyError:
            pass  # the members that need it are left out, and say so
    return mistakes
