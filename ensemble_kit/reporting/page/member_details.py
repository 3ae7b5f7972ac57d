"""A page per member, folded: what it is made of, its folds, how it errs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ensemble_kit.quantities import format_megabytes, format_seconds
from ensemble_kit.reporting.facts import leaderboard
from ensemble_kit.reporting.page.curves import calibration_figure, residual_figures
from ensemble_kit.reporting.page.parts import Facts, Figure, Fold, Part, Table
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.run import MemberResult, Run

MOST_MEMBERS = 20


def member_details(run: Run, scores: ScoredRows) -> Fold:
    """Return the best members, each to be unfolded."""
    results = leaderboard(run)
    few = len(results) > MOST_MEMBERS
    heading = f"The best {MOST_MEMBERS} one by one" if few else "Each member"
    return Fold(heading, [_member(one, run, scores) for one in results[:MOST_MEMBERS]])


def _member(result: MemberResult, run: Run, scores: ScoredRows) -> Fold:
    parts: list[Part] = [Facts(_facts(result, run)), _folds(result, run)]
    return Fold(result.name, [*parts, _errs(result, scores)])


def _facts(result: MemberResult, run: Run) -> list[tuple[str, str]]:
    features = f", on the features {result.features}" if result.features else ""
    rows = [("model", f"{result.model}{features}")]
    member = next((m for m in run.pipeline.members if m.name == result.name), None)
    if member is not None:
        rows.append(("parameters", _told(member.params) or "the model's own"))
        if len(member.seeds) > 1:
            rows.append(("seeds", ", ".join(map(str, member.seeds))))
        if member.inputs:
            rows.append(("stands on", ", ".join(member.inputs)))
    if result.probed:
        rows.append(("found by inner splits", _told(result.probed)))
    predicted = run.predicted_seconds.get(result.name)
    told = "" if predicted is None else f"; {format_seconds(predicted)} predicted"
    rows.append(("fits and predictions", f"{format_seconds(result.seconds)}{told}"))
    if result.peak_megabytes:
        rows.append(("memory", f"{format_megabytes(result.peak_megabytes)} at most"))
    return rows


def _folds(result: MemberResult, run: Run) -> Table:
    scored = enumerate(result.fold_scores, 1)
    header = ("fold", run.competition.metric.name)
    return Table(f"Folds of {result.name}", header, list(scored))


def _errs(result: MemberResult, scores: ScoredRows) -> Figure:
    """Return the member's reliability curve, or its residuals."""
    if scores.competition.task.is_classification:
        figure = calibration_figure(scores, result.name)
    else:
        figure = residual_figures(scores, result.name)[-1]
    return replace(figure, title=f"{figure.title} of {result.name}")


def _told(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_short(one)}" for name, one in parameters.items())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
