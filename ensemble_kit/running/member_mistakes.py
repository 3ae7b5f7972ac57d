"""What is wrong with members on the data at hand, told before anything is fitted."""

from collections.abc import Iterable

from ensemble_kit.blending.routed.columns_read import columns_read
from ensemble_kit.exceptions import (
    PipelineError,
    RegistryError,
    did_you_mean,
    problems,
)
from ensemble_kit.pipeline.member import Member
from ensemble_kit.work.given_estimators import GivenMember
from ensemble_kit.work.workspace import Source


def refuse_mistakes(members: Iterable[Member], source: Source) -> None:
    """Raise when members name a parameter or a column that is not there.

    Raises
    ------
    PipelineError
        With the mistakes of all members, of every level.
    """
    mistakes = [
        f"level{member.level}.{member.name}.{line}"
        for member in members
        if member.spec.supports(source.kind) and not member.spec.missing_dependency()
        for line in (*_model_mistakes(member, source), *_text_mistakes(member, source))
    ]
    if mistakes:
        raise PipelineError(problems("the pipeline", mistakes))


def _model_mistakes(member: Member, source: Source) -> list[str]:
    """Return what keeps a model from being built, or from its columns.

    The libraries of members without parameters are left to the workers to import.
    """
    reads_columns = "columns" in member.spec.accepts
    if isinstance(member, GivenMember) or not (member.params or reads_columns):
        return []
    try:
        model = member.spec.build(source.kind, member.params, seed=0)
        if reads_columns:
            columns_read(model, source.X)
    except (PipelineError, RegistryError) as error:
        return [f"params: {error}"]
    return []


def _text_mistakes(member: Member, source: Source) -> list[str]:
    """Return the text columns that a member is to take and that are not there."""
    return [
        f"texts: no text column {name!r}{did_you_mean(name, source.texts)}"
        for name in member.texts or ()
        if name not in source.texts
    ]
