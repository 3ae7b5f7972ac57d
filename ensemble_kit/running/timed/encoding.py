"""Pretrained encoders in a run with a time limit: those that are too slow for it."""

from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.quantities import format_seconds
from ensemble_kit.running.fitted_levels import FittedLevels, reason_to_skip
from ensemble_kit.work.node import Node

ENCODING_SHARE = 0.35  # of the limit, for all texts of a member
HOPE = 2.0  # by which an unmeasured encoder may be faster than its rate
TUNING_SHARE = 0.5  # of the limit, for the fits of a member that trains an encoder


def too_slow(
    pipeline: Pipeline,
    levels: FittedLevels,
    limit: float,
    n_workers: int,
    hope: float = 1.0,
) -> dict[str, str]:
    """Return the members whose texts cannot be encoded in time, with the reason.

    And those that train an encoder, where that cannot be done in time.

    Parameters
    ----------
    pipeline, levels
    limit : float
        Seconds.
    n_workers : int
    hope : float
        How many times as fast as its rate says an encoder may turn out to be.
    """
    slow = {}
    for member in pipeline.at_level(1):
        left = _left(member, levels)
        seconds = sum(map(levels.costs.seconds, left)) / max(1, n_workers)
        if seconds > hope * ENCODING_SHARE * limit:
            slow[member.name] = (
                f"encoding its texts is predicted to take {format_seconds(seconds)}, "
                f"too much of {format_seconds(limit)}"
            )
        seconds = _tuning_seconds(member, levels) / max(1, n_workers)
        if seconds > TUNING_SHARE * limit:
            slow[member.name] = (
                f"training its encoder is predicted to take {format_seconds(seconds)}, "
                f"too much of {format_seconds(limit)}"
            )
    return slow


def _tuning_seconds(member: Member, levels: FittedLevels) -> float:
    """Return what a member that trains an encoder has still to do, on one worker."""
    member, reason = reason_to_skip(member, levels)
    if reason or member.spec.files is None:
        return 0.0
    fits = levels.graph.fits(member)
    keys = {*fits.keys, *([fits.probe] if fits.probe else [])}
    left = [levels.graph.nodes[key] for key in keys if key not in levels.store]
    return sum(map(levels.costs.seconds, left))


def _left(member: Member, levels: FittedLevels) -> list[Node]:
    """Return what a member's encoders have still to read."""
    member, reason = reason_to_skip(member, levels)
    if reason or member.feature_set not in levels.graph.recipes:
        return []
    recipe = levels.graph.recipes[member.feature_set]
    keys = levels.graph.encoded(recipe, member.texts)
    return [levels.graph.nodes[key] for key in keys if key not in levels.store]
