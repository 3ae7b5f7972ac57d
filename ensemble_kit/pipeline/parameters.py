"""Whether the models of a pipeline are there and take the parameters they are given."""

from ensemble_kit.custom_files import custom_fingerprint
from ensemble_kit.exceptions import MissingDependencyError
from ensemble_kit.models.resampling import sampler_mistakes
from ensemble_kit.pipeline.member import Member

KINDS = ("binary", "regression")


def parameter_mistakes(member: Member) -> list[str]:
    """Return a line for every parameter that no kind of task can have.

    It is none of the model's, or has a value that the model cannot have.

    Where a library is missing, nothing is said: the run names the extra that brings
    it. The kit's own classes are looked at only where there are parameters, since it
    takes time to import them; those of custom files always.
    """
    where, is_custom = f"level{member.level}.{member.name}", _is_custom(member)
    drawn = [f"{where}.sampler: {line}" for line in _sampler_mistakes(member)]
    return drawn + _model_mistakes(member, where, is_custom)


def _sampler_mistakes(member: Member) -> list[str]:
    """Return why a member's rows cannot be drawn."""
    if not member.sampler:
        return []
    if member.level > 1:
        return ["only rows of members of level 1 are drawn"]
    if member.offset is not None:
        return ["a member that begins from another takes the rows of that one"]
    return [m for name, p in member.sampler.items() for m in sampler_mistakes(name, p)]


def _model_mistakes(member: Member, where: str, is_custom: bool) -> list[str]:
    """Return the parameters that a model has, with this value, for no kind of task."""
    if not (member.params or is_custom):
        return []
    spec, params = member.spec, member.params
    try:
        mistakes = [
            spec.unknown_parameters(kind, params) | spec.value_mistakes(kind, params)
            for kind in KINDS
            if spec.supports(kind)
        ]
    except MissingDependencyError:
        return []
    except (ImportError, AttributeError) as error:
        if not is_custom:
            raise
        return [f"{where}.model: {member.model!r} cannot be loaded: {error}"]
    everywhere = [
        name for name in mistakes[0] if all(name in part for part in mistakes)
    ]
    return [f"{where}.params: {mistakes[0][name]}" for name in everywhere]


def _is_custom(member: Member) -> bool:
    """Return whether a model's class lies in a custom file."""
    paths = (member.spec.classifier, member.spec.regressor)
    return any(custom_fingerprint(path) for path in paths if path)
