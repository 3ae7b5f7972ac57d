"""A run as plain facts: what report.json holds and report.md is made of."""

import platform
from typing import Any

import numpy as np
import pandas as pd

from ensemble_kit.column_roles import role_of
from ensemble_kit.competition.checks.near_duplicates import find_twins
from ensemble_kit.competition.competition import Competition
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.reporting.expected import expected_on_test
from ensemble_kit.reporting.languages import language_guesses
from ensemble_kit.reporting.near_duplicates import repeated_notes
from ensemble_kit.running.run import MemberResult, Run
from ensemble_kit.running.scores.likeness import (
    likeness_facts,
    likeness_notes,
    likeness_of,
)
from ensemble_kit.running.scores.member_noise import within_noise
from ensemble_kit.splitting.fold_noise import valid_per_train

GOES_ON = "the same command goes on"


def run_facts(run: Run) -> dict[str, Any]:
    """Return everything a report tells, as JSON-ready data."""
    competition = run.competition
    twins = find_twins(competition)
    likeness = likeness_of(competition, run.folds, twins)
    return {
        "competition": _competition_facts(competition),
        "pipeline": run.pipeline.name,
        "seed": run.pipeline.seed,
        "n_folds": len(run.folds),
        "valid_per_train": valid_per_train(run.folds),
        "stopped": f"{run.stopped}; {GOES_ON}" if run.stopped else None,
        "unmeasured": competition.unmeasured or None,
        "chosen": run.chosen,
        "reason": run.reason,
        "expected": expected_on_test(run),
        "within_noise": within_noise(run.results, run.chosen, run.folds),
        "leaderboard": [member_facts(result) for result in leaderboard(run)],
        "guard": [dict(row) for row in run.guard],
        "validation": dict(run.validation),
        "weights": {name: dict(weights) for name, weights in run.weights.items()},
        "correlation": correlation(run),
        "failures": dict(run.failures),
        "drawn": competition.drawn or None,
        "likeness": likeness_facts(likeness),
        "notes": [
            *likeness_notes(likeness),
            *repeated_notes(run, twins),
            *run.notes,
        ],
        "seconds": run.seconds,
        "n_fitted": run.n_fitted,
        "n_stored": run.n_stored,
        "memory": {"peak_megabytes": run.peak_megabytes, "limit": run.megabytes},
        "environment": environment(),
    }


def _competition_facts(competition: Competition) -> dict[str, Any]:
    return {
        "name": competition.name,
        "task": competition.task.kind,
        "classes": [str(label) for label in competition.task.classes],
        "metric": competition.metric.name,
        "greater_is_better": competition.metric.greater_is_better,
        "rows_train": len(competition.X),
        "rows_test": len(competition.X_test),
        "columns": column_roles(competition.X),
        "languages": language_guesses(competition),
        "fingerprint": competition.fingerprint,
        **_weights_fact(competition),
        **groups_fact(competition),
    }


def _weights_fact(competition: Competition) -> dict[str, str]:
    """Return the column of the rows' weights, which every score is by."""
    if competition.weights is None:
        return {}
    return {"weights": competition.settings.weights or "weight"}


def groups_fact(competition: Competition) -> dict[str, str]:
    """Return the column of oof.csv with the groups that the metric goes by."""
    metric = competition.metric
    if metric.groups is None:
        return {}
    return {"metric_groups": f"groups of {metric.group_column}"}


def leaderboard(run: Run) -> list[Any]:
    """Return the members' results, best first."""
    sign = -1 if run.competition.metric.greater_is_better else 1
    return sorted(run.results, key=lambda result: (sign * result.score, result.name))


def column_roles(frame: pd.DataFrame) -> dict[str, int]:
    """Return how many columns of each role a frame has."""
    counts: dict[str, int] = {}
    for dtype in frame.dtypes:
        role = role_of(dtype)
        counts[role] = counts.get(role, 0) + 1
    return counts


def correlation(run: Run) -> dict[str, Any]:
    """Return the correlations of level-1 members' out-of-fold predictions.

    Errors that differ are what a blend lives on: the lower, the better.
    """
    names = [result.name for result in run.results if result.level == 1]
    oof = run.matrix.select(names).oof
    seen = np.isfinite(oof).all(axis=(1, 2))
    first = 0 if oof.shape[2] == 1 else 1
    columns = oof[seen][:, :, first:].transpose(0, 2, 1).reshape(-1, len(names))
    spread = columns.std(axis=0)
    values = np.eye(len(names))
    if len(columns) > 1 and (spread > 0).all():
        values = np.atleast_2d(np.corrcoef(columns, rowvar=False))
    return {"members": names, "values": np.round(values, 4).tolist()}


def environment() -> dict[str, str]:
    """Return the versions a reader needs to get the same bytes."""
    libraries = library_versions("pandas", "lightgbm", "xgboost", "catboost", "torch")
    return {"python": platform.python_version(), **libraries}


def member_facts(result: MemberResult) -> dict[str, Any]:
    """Return one member's line of the leaderboard, as JSON-ready data."""
    return {
        "name": result.name,
        "level": result.level,
        "model": result.model,
        "features": result.features,
        "score": result.score,
        "spread": result.spread,
        "fold_scores": list(result.fold_scores),
        "seconds": result.seconds,
        "peak_megabytes": result.peak_megabytes,
        "probed": dict(result.probed),
    }
