"""A look at a competition's data: what may make its scores wrong."""

from typing import Literal

import numpy as np
import pandas as pd

from ensemble_kit.competition.checks.drift import find_drift
from ensemble_kit.competition.checks.duplicates import find_duplicates
from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.checks.leaks import find_leaks
from ensemble_kit.competition.checks.measuring import Measured
from ensemble_kit.competition.checks.near_duplicates import (
    find_near_duplicates,
    find_twins,
)
from ensemble_kit.competition.checks.series import find_series
from ensemble_kit.competition.competition import LOUD, Competition

FEW_ROWS = 5
SAME_SHARE = 0.999
FEW_TO_LOOK_AT = 1000  # rows
UNSEEN_SHARE = 0.2


def check_competition(
    competition: Competition, measured: Measured | None = None
) -> list[Finding]:
    """Return what a careful reader would find in the data, warnings first.

    Looked at: features that give the target away, ids or row order that do, rows and
    texts that repeat, or nearly, within train or stand in test too, differences between
    train and test, rare classes, unseen categories, and columns that are the same.

    Parameters
    ----------
    competition : Competition
    measured : Measured, optional
        Where it is known already.

    Returns
    -------
    list of Finding
        Empty when nothing was found.
    """
    measured = measured or Measured.of(competition)
    findings = [
        *find_leaks(competition, measured.strengths),
        *find_duplicates(competition),
        *find_near_duplicates(competition, find_twins(competition)),
        *find_drift(measured.drift),
        *_rare_classes(competition),
        *_unseen_categories(competition),
        *_empty_looking(competition),
        *find_series(competition),
        *(_of_note(note) for note in competition.notes),
    ]
    return sorted(findings, key=lambda finding: finding.severity != "warning")


def _of_note(note: str) -> Finding:
    """Return what reading the files brought up."""
    severity: Literal["warning", "info"] = (
        "warning" if note.startswith(LOUD) else "info"
    )
    return Finding(severity, "reading", note.removeprefix(LOUD))


def _rare_classes(competition: Competition) -> list[Finding]:
    """Return classes with fewer rows than folds usually are."""
    if not competition.task.is_classification:
        return []
    counts = np.bincount(competition.y, minlength=competition.task.n_outputs)
    return [
        Finding(
            "warning",
            f"class {label}",
            f"{count} training rows; some folds will have none to learn from or to "
            "score",
        )
        for label, count in zip(competition.task.classes, counts, strict=True)
        if count < FEW_ROWS
    ]


def _unseen_categories(competition: Competition) -> list[Finding]:
    """Return columns whose test rows often hold categories that train has not."""
    findings = []
    for name in competition.columns("category"):
        known = competition.X[name].dropna().unique()
        test = competition.X_test[name].dropna()
        share = float((~test.isin(known)).mean()) if len(test) else 0.0
        if share > UNSEEN_SHARE:
            message = f"{share:.0%} of test rows hold a category that train has not"
            findings.append(Finding("info", f"column {name}", message))
    return findings


def _share_of_one_value(column: pd.Series) -> float:
    """Return the share of rows with the commonest value, where it is nearly all.

    Such a value is the commonest among any fiftieth of the rows, too.
    """
    few = column.iloc[: max(FEW_TO_LOOK_AT, len(column) // 50)]
    value = few.value_counts(dropna=False).index[0]
    same = column.isna() if pd.isna(value) else column == value
    return float(same.sum() / len(column))


def _empty_looking(competition: Competition) -> list[Finding]:
    """Return columns that are all but constant."""
    findings = []
    for name in competition.X:
        share = _share_of_one_value(competition.X[name])
        if share > SAME_SHARE:
            message = f"one value in {share:.2%} of the training rows"
            findings.append(Finding("info", f"column {name}", message))
    return findings
