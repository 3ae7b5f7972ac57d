"""Which members the weights of the rows do not reach."""

from collections.abc import Iterable

from ensemble_kit.pipeline.member import Member


def weights_notes(members: Iterable[Member]) -> tuple[str, ...]:
    """Return a note that names the members whose models take no weights of rows."""
    names = [member.name for member in members if "weights" not in member.spec.accepts]
    if not names:
        return ()
    return (
        f"weights: {', '.join(names)} cannot take them, so that every row counts alike "
        "in their fits; probes, blends, decisions and scores go by the weights",
    )
