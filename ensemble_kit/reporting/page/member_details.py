"""A page per member, folded: what it is made of, its folds, how it errs."""

from collections.abc import Mapping
from dataclasses import replace
from math import log10
from typing import Any

from ensemble_kit.quantities import format_megabytes, format_seconds
from ensemble_kit.reporting.facts import leaderboard
from ensemble_kit.reporting.page.curves import calibration_figure, residual_figures
from ensemble_kit.reporting.page.marks import Series, lines
from ensemble_kit.reporting.page.parts import Facts, Figure, Fold, Part, Table
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.run import MemberResult, Run

MOST_MEMBERS = 20
# A few values, so many times apart, are drawn by their logarithm.
LONGEST_GRID, WIDE = 15, 20


def member_details(run: Run, scores: ScoredRows) -> Fold:
    """Return the best members, each to be unfolded."""
    results = leaderboard(run)
    few = len(results) > MOST_MEMBERS
    heading = f"The best {MOST_MEMBERS} one by one" if few else "Each member"
    return Fold(heading, [_member(one, run, scores) for one in results[:MOST_MEMBERS]])


def _member(result: MemberResult, run: Run, scores: ScoredRows) -> Fold:
    parts: list[Part] = [Facts(_facts(result, run)), _folds(result, run)]
    return Fold(result.name, [*parts, *_curves(result), _errs(result, scores)])


def _facts(result: MemberResult, run: Run) -> list[tuple[str, str]]:
    features = f", on the features {result.features}" if result.features else ""
    rows = [("model", f"{result.model}{features}")]
    member = next((m for m in run.pipeline.members if m.name == result.name), None)
    if member is not None:
        rows.append(("parameters", _spelled(member.params) or "the model's own"))
        if len(member.seeds) > 1:
            rows.append(("seeds", ", ".join(map(str, member.seeds))))
        if member.inputs:
            rows.append(("stands on", ", ".join(member.inputs)))
    if result.probed:
        rows.append(("found by inner splits", _spelled(result.probed)))
    predicted = run.predicted_seconds.get(result.name)
    forecast = "" if predicted is None else f"; {format_seconds(predicted)} predicted"
    rows.append(("fits and predictions", f"{format_seconds(result.seconds)}{forecast}"))
    if result.peak_megabytes:
        rows.append(("memory", f"{format_megabytes(result.peak_megabytes)} at most"))
    return rows


def _folds(result: MemberResult, run: Run) -> Table:
    scored = enumerate(result.fold_scores, 1)
    header = ("fold", run.competition.metric.name)
    return Table(f"Folds of {result.name}", header, list(scored))


def _curves(result: MemberResult) -> list[Figure]:
    """Return the validation losses that the probe saw, a figure for each parameter."""
    names = dict.fromkeys(name for curve in result.curves for name in curve)
    return [_curve(name, result) for name in names]


def _curve(name: str, result: MemberResult) -> Figure:
    splits = [curve[name] for curve in result.curves if curve.get(name)]
    tried = [value for points in splits for value, _ in points]
    is_grid = max(map(len, splits)) <= LONGEST_GRID
    is_wide = is_grid and min(tried) > 0 and max(tried) > WIDE * min(tried)
    scale = log10 if is_wide else float
    series = [
        Series(f"inner split {at}", [(scale(value), loss) for value, loss in points])
        for at, points in enumerate(splits, 1)
    ]
    axis = f"log10 of {name}" if scale is log10 else name
    return lines(
        f"{name} of {result.name}",
        f"Loss on the held rows of each inner split, by {name}; taken was "
        f"{_short(result.probed.get(name))}, grown to the rows of a fold where it "
        "is rounds.",
        series,
        (axis, "validation loss"),
    )


def _errs(result: MemberResult, scores: ScoredRows) -> Figure:
    """Return the member's reliability curve, or its residuals."""
    if scores.competition.task.is_classification:
        figure = calibration_figure(scores, result.name)
    else:
        figure = residual_figures(scores, result.name)[-1]
    return replace(figure, title=f"{figure.title} of {result.name}")


def _spelled(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_short(one)}" for name, one in parameters.items())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
