"""Members whose predictions were made elsewhere: read, and looked through."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.foreign_predictions import read_foreign
from ensemble_kit.exceptions import CompetitionError, PipelineError, RunError
from ensemble_kit.hashing import fingerprint_array
from ensemble_kit.oof.in_sample import MIN_ROWS, is_in_sample, weigh_evidence
from ensemble_kit.pipeline.foreign_member import ForeignMember
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.work.execute import read_member
from ensemble_kit.work.member_fits import MemberFits

Predictions = tuple[NDArray[np.float64], NDArray[np.float64]]


def take_foreign(
    pipeline: Pipeline, competition: Competition
) -> tuple[Pipeline, dict[str, NDArray[np.float64]]]:
    """Return a pipeline whose foreign members have tokens, and predictions by token.

    Raises
    ------
    PipelineError
        With what is wrong with all of their files.
    """
    members: list[Member] = []
    predictions: dict[str, NDArray[np.float64]] = {}
    mistakes: list[str] = []
    for member in pipeline.members:
        if isinstance(member, ForeignMember):
            try:
                values = read_foreign(competition, member.name, member.oof, member.test)
            except CompetitionError as error:
                mistakes.append(str(error))
                continue
            token = fingerprint_array(values)
            predictions[token] = values
            member = replace(member, token=token)
        members.append(member)
    if mistakes:
        raise PipelineError("\n".join(mistakes))
    return replace(pipeline, members=tuple(members)), predictions


def refuse_in_sample(levels: FittedLevels) -> None:
    """Raise where a foreign member's out-of-fold predictions have seen their rows.

    They are held against the mean of the run's own members of level 1, once these are
    complete; see `ensemble_kit.oof.in_sample`. Without any, a note says that nothing
    could be held against them.

    Raises
    ------
    RunError
        With the members, the evidence, and what to do.
    """
    of_level = {n: f for n, f in levels.fits.items() if f.member.level == 1}
    foreign = {
        name: fits
        for name, fits in of_level.items()
        if isinstance(fits.member, ForeignMember) and not fits.member.trust
    }
    own = [f for f in of_level.values() if not isinstance(f.member, ForeignMember)]
    if not foreign:
        return
    reference = _mean([_read(fits, levels) for fits in own])
    mistakes = []
    for name, fits in foreign.items():
        suspicion = _suspicion(name, _read(fits, levels), reference, levels)
        mistakes += [suspicion] if suspicion else []
    if mistakes:
        raise RunError("\n".join(mistakes))


def _suspicion(
    name: str, predictions: Predictions, own: Predictions | None, levels: FittedLevels
) -> str:
    """Return why predictions look fitted to their own rows; empty where they do not."""
    source = levels.graph.source
    y: NDArray[np.float64] = np.asarray(source.y, dtype=np.float64)[:, None]
    if source.kind != "regression":
        y = np.eye(source.n_outputs)[source.y]
    seen = np.isfinite(predictions[0]).all(axis=1)
    seen &= own is not None and np.isfinite(own[0]).all(axis=1)
    if own is None or seen.sum() < MIN_ROWS or len(predictions[1]) < MIN_ROWS:
        note = (
            f"{name}: whether its out-of-fold predictions have seen their rows could "
            f"not be told: that takes members of the run's own and {MIN_ROWS} rows"
        )
        if note not in levels.notes:
            levels.notes.append(note)
        return ""
    evidence = weigh_evidence(
        y[seen], (own[0][seen], own[1]), (predictions[0][seen], predictions[1])
    )
    if not is_in_sample(evidence):
        return ""
    return (
        f"level1.{name}: its out-of-fold predictions look as if their rows had been "
        f"fitted. On the training rows they explain {max(evidence.share, 0):.0%} of "
        f"what the run's own members miss, {evidence.ratio:.1f} times as much as their "
        "distance from these on the test rows allows. "
        "Predict each training row by models that have not seen it; or, if they are "
        f"out of fold, say so: trust = true below [level1.{name}], or --trust"
    )


def _read(fits: MemberFits, levels: FittedLevels) -> Predictions:
    source = levels.graph.source
    return read_member(levels.store, fits.grid, source.numbered(fits.splits))


def _mean(parts: Sequence[Predictions]) -> Predictions | None:
    if not parts:
        return None
    train, test = zip(*parts, strict=True)
    return np.mean(train, axis=0), np.mean(test, axis=0)


def foreign_names(members: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the members of a plan that were not fitted in the run."""
    return [str(member["name"]) for member in members if member.get("foreign")]
