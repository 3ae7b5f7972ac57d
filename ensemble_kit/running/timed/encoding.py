"""Pretrained encoders in a run with a time limit: what they take is tried first."""

from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.quantities import format_seconds
from ensemble_kit.running.fitted_levels import FittedLevels, reason_to_skip
from ensemble_kit.work.node import EncodeFacts, Node

ENCODING_SHARE = 0.35  # of the limit, for all texts of a member
TRYING_SHARE = 0.1  # of the limit, for the first of them
TUNING_SHARE = 0.5  # of the limit, for the fits of a member that trains an encoder


def first_texts(pipeline: Pipeline, levels: FittedLevels) -> list[str]:
    """Return the work that tells how fast each encoder is: some texts of one column.

    None where all has been encoded already.
    """
    first_of: dict[str, Node] = {}
    for member in pipeline.at_level(1):
        for node in _left(member, levels):
            facts = node.facts
            if isinstance(facts, EncodeFacts) and facts.chunk == 0:
                first_of.setdefault(facts.encoder["file"], node)
    return [node.key for node in first_of.values()]


def learn_from_silence(keys: list[str], levels: FittedLevels, seconds: float) -> None:
    """Note that work took longer than there was."""
    for key in keys:
        facts = levels.graph.nodes[key].facts
        if isinstance(facts, EncodeFacts) and key not in levels.store:
            cost = {"encode_seconds": seconds, "n_characters": facts.n_characters}
            levels.costs.learn(facts.encoder["file"], cost)


def too_slow(
    pipeline: Pipeline, levels: FittedLevels, limit: float, n_workers: int
) -> dict[str, str]:
    """Return the members whose texts cannot be encoded in time, with the reason.

    And those that train an encoder, where that cannot be done in time.
    """
    slow = {}
    for member in pipeline.at_level(1):
        left = _left(member, levels)
        seconds = sum(map(levels.costs.seconds, left)) / max(1, n_workers)
        if seconds > ENCODING_SHARE * limit:
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
