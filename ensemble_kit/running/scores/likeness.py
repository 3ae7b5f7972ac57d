"""Whether the folds of a run look like its test, told in facts and in a sentence."""

from typing import Any

import numpy as np
import pandas as pd

from ensemble_kit.column_roles import role_of
from ensemble_kit.competition.checks.drift import rows_as_numbers
from ensemble_kit.competition.checks.near_duplicates import (
    DUPLICATES,
    Twins,
    find_twins,
)
from ensemble_kit.competition.competition import LOUD, Competition
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.likeness import (
    Likeness,
    alarms,
    compare_likeness,
    compare_told_apart,
)

APART = f"{LOUD}validation rows do not look like test rows"
ORDER = "order of the rows"
TOGETHER = "all columns"
COMPARED = ("number", "category", "datetime")
MOST_COLUMNS = 100
MOST_NAMED = 3


def likeness_of(
    competition: Competition, folds: Folds, twins: Twins | None = None
) -> list[Likeness]:
    """Return how validation rows and test rows stand to training rows, by column.

    None where the test file has no row.

    Parameters
    ----------
    competition, folds
    twins : Twins, optional
        Where they are known already.
    """
    if not len(competition.X_test) or not len(folds):
        return []
    names = [
        name for name in competition.X if role_of(competition.X[name].dtype) in COMPARED
    ]
    columns = {
        str(name): (competition.X[name], competition.X_test[name])
        for name in names[:MOST_COLUMNS]
    }
    drawing = competition.drawing
    order = getattr(drawing, "order", None)
    test_order = getattr(drawing, "test_order", None)
    if order is not None and test_order is not None and len(test_order):
        columns[ORDER] = (pd.Series(order), pd.Series(test_order))
    groups = None
    # Near-duplicates have a line of their own.
    known = {*columns, DUPLICATES}
    if competition.groups is not None and competition.settings.groups not in known:
        groups = pd.factorize(np.asarray(competition.groups))[0]
    twins = twins or find_twins(competition)
    pair = twins.of_train, twins.of_test
    likeness = compare_likeness(columns, folds, drawing, groups, pair)
    compared = {(one.test, one.valid) for one in likeness if one.name != ORDER}
    # A column that is the order itself says it already.
    likeness = [
        one
        for one in likeness
        if one.name != ORDER or (one.test, one.valid) not in compared
    ]
    together = compare_told_apart(*rows_as_numbers(competition), folds, TOGETHER)
    return likeness if together is None else [*likeness, together]


def likeness_facts(likeness: list[Likeness]) -> list[dict[str, Any]]:
    """Return likeness as plain data, for the report."""
    return [
        {
            "name": one.name,
            "what": one.what,
            "test": round(one.test, 6),
            "valid": round(one.valid, 6),
            "is_alarm": one.is_alarm,
            "by_fold": [round(value, 6) for value in one.by_fold],
            "interval": one.interval,
        }
        for one in likeness
    ]


def likeness_notes(likeness: list[Likeness]) -> tuple[str, ...]:
    """Return an alarm where validation rows do not stand to train as test rows do."""
    apart = alarms(likeness)
    if not apart:
        return ()
    listed = "; ".join(str(one) for one in apart[:MOST_NAMED])
    more = f" and {len(apart) - MOST_NAMED} more" if len(apart) > MOST_NAMED else ""
    return (
        f"{APART}, so that scores may not hold: {listed}{more}{_what_to_do(apart)}",
    )


def _what_to_do(apart: list[Likeness]) -> str:
    """Return what helps where nothing but all columns together is apart."""
    if [one.name for one in apart] != [TOGETHER] or apart[0].test < apart[0].valid:
        return ""
    return (
        '; weights = "adversarial" in competition.toml counts training rows by how '
        "alike they are to the test, --folds adversarial validates the most alike"
    )
