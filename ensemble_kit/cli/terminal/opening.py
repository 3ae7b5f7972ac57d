"""What a run is about to do, told at once: data, metric, members, what is missing."""

from typing import TYPE_CHECKING

from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    from ensemble_kit.competition.competition import Competition
    from ensemble_kit.pipeline.spec import Pipeline

MAX_NAMES = 8


def opening_lines(
    competition: "Competition", pipeline: "Pipeline", seconds: float | None
) -> list[str]:
    """Return the header of a run, one fact a line."""
    from ensemble_kit.quantities import format_seconds
    from ensemble_kit.reporting.facts import column_roles
    from ensemble_kit.running.preparing.sources import fold_line

    roles = column_roles(competition.X)
    columns = ", ".join(f"{number} {role}" for role, number in roles.items())
    lines = [
        f"{competition.name}: {len(competition.X):,} rows to learn from, "
        f"{len(competition.X_test):,} to predict; columns: {columns}",
        _metric_line(competition),
        *_guess_lines(competition),
        _members_line(pipeline, competition.task.kind)
        + ("" if seconds is None else f", within {format_seconds(seconds)}"),
        *_missing_line(pipeline, bool(roles.get("text"))),
        *competition.notes,
        *filter(None, [fold_line(competition, pipeline.folds)]),
    ]
    return [shown(line, 1000) for line in lines]


def _metric_line(competition: "Competition") -> str:
    task, metric = competition.task, competition.metric
    classes = f", {len(task.classes)} classes" if task.is_classification else ""
    reason = competition.settings.reasons.get("metric")
    guess = f" (a guess: {reason}; --metric NAME changes it)" if reason else ""
    better = "higher" if metric.greater_is_better else "lower"
    return f"{task.kind}{classes}; metric: {metric.name}, {better} is better{guess}"


def _guess_lines(competition: "Competition") -> list[str]:
    """Return the guesses that have an alternative, each with what changes it."""
    settings = competition.settings
    reasons = [(key, settings.reasons.get(key, "")) for key in ("task", "submission")]
    return [
        f"{key}: {getattr(settings, key)} (a guess: {reason})"
        for key, reason in reasons
        if "state " in reason
    ]


def _members_line(pipeline: "Pipeline", kind: str) -> str:
    """Return how many members there are for a kind of task, and which are for none."""
    fitted = [m for m in pipeline.members if m.spec.supports(kind)]
    below = sum(member.level == pipeline.levels[0] for member in fitted)
    above = len(fitted) - below
    combined = f" and {above} combinations of them" if above else ""
    line = f"pipeline {pipeline.name}: {below} members{combined}"
    others = [m.name for m in pipeline.members if not m.spec.supports(kind)]
    other_task = "classes" if kind == "regression" else "numbers"
    more = f" ({len(others)} more for {other_task} alone: {_listed(others)})"
    return line + (more if others else "")


def _missing_line(pipeline: "Pipeline", has_texts: bool) -> list[str]:
    """Return which members are left out for want of a library, in one line."""
    names: dict[str, list[str]] = {}
    for member in pipeline.members:
        reason = member.spec.missing_dependency()
        recipe = pipeline.recipes.get(member.feature_set)
        if recipe is not None and has_texts:
            reason = reason or recipe.missing_dependency()
        if reason:
            names.setdefault(reason, []).append(member.name)
    reasons = [f"{reason} ({_listed(members)})" for reason, members in names.items()]
    return [f"left out: {'; '.join(reasons)}"] if reasons else []


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
