"""The second block: columns, train beside test, and what the checks found."""

import numpy as np

from ensemble_kit.competition.checks.checking import check_competition
from ensemble_kit.competition.checks.drift import MIN_AUC, MIN_ROWS, Drift
from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.checks.measuring import Measured
from ensemble_kit.competition.competition import Competition
from ensemble_kit.reporting.page.columns import (
    MOST_PICTURES,
    ColumnFacts,
    column_facts,
    column_pictures,
)
from ensemble_kit.reporting.page.parts import (
    Block,
    Bullets,
    Facts,
    Gallery,
    Paragraph,
    Part,
    Table,
)

MOST_FINDINGS = 40
LEGEND = (
    "Strength says how well a column alone orders or names the target, from 0 to 1; "
    "shares that are missing are out of 1. In the pictures bars are train's rows, "
    "lines the test's, and dots above them the target along the column, between the "
    "two numbers at the right."
)


def data_block(competition: Competition) -> Block:
    """Return what the data are and what may make scores wrong."""
    measured = Measured.of(competition)
    facts = column_facts(competition, measured.strengths)
    findings = check_competition(competition, measured)
    warnings = [f for f in findings if f.severity == "warning"]
    parts: list[Part] = [
        Facts(_sizes(competition, measured.drift)),
        Bullets("What the checks found", _listed(findings)),
        Table(
            "Columns",
            ("column", "role", "missing in train", "in test", "values", "strength"),
            [_row(one) for one in facts],
            is_folded=len(facts) > MOST_PICTURES,
        ),
        Paragraph(LEGEND),
        Gallery(column_pictures(competition, _pictured(facts))),
    ]
    return Block("data", "The data", _sentence(competition, warnings), parts)


def _sizes(competition: Competition, drift: Drift | None) -> list[tuple[str, str]]:
    roles: dict[str, int] = {}
    for role in competition.roles.values():
        roles[role] = roles.get(role, 0) + 1
    by_role = ", ".join(f"{number} {role}" for role, number in roles.items())
    return [
        (
            "rows",
            f"{len(competition.X):,} to learn from, "
            f"{len(competition.X_test):,} to predict",
        ),
        ("columns by role", by_role),
        ("target", _target(competition)),
        ("train against test", _drift(drift)),
    ]


def _target(competition: Competition) -> str:
    task, y = competition.task, competition.y
    if not task.is_classification:
        values = task.restore(y)
        low, middle, high = np.quantile(values, [0, 0.5, 1])
        fitted = "" if task.transform == "identity" else f", fitted as {task.transform}"
        return (
            f"{competition.target}: {low:,.6g} to {high:,.6g}, median {middle:,.6g}"
            f"{fitted}"
        )
    counts = np.bincount(y, minlength=task.n_outputs)
    order = np.argsort(-counts, kind="stable")
    some = ", ".join(f"{task.classes[k]} {counts[k] / len(y):.1%}" for k in order[:6])
    more = f" and {len(order) - 6} more classes" * (len(order) > 6)
    return f"{competition.target}: {some}{more}"


def _drift(drift: Drift | None) -> str:
    """Return how well test is told from train, with its interval."""
    if drift is None:
        return f"not measured: it takes {MIN_ROWS} rows of each"
    low, high = drift.interval
    sentence = (
        f"a small model tells them apart with AUC {drift.auc:.3f} (95 % interval "
        f"{low:.3f} to {high:.3f}; 0.5 is not at all)"
    )
    if drift.auc < MIN_AUC:
        return sentence
    return f"{sentence}, mostly by {', '.join(drift.names)}"


def _listed(findings: list[Finding]) -> list[str]:
    lines = [str(finding) for finding in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        lines.append(f"and {len(findings) - MOST_FINDINGS} more: ensemble-kit check")
    return lines or ["nothing that would make a score wrong"]


def _row(one: ColumnFacts) -> tuple[str | float | None, ...]:
    strength = None if np.isnan(one.strength) else round(one.strength, 4)
    return (
        one.name,
        one.role,
        round(one.missing_train, 4),
        round(one.missing_test, 4),
        one.distinct,
        strength,
    )


def _pictured(facts: list[ColumnFacts]) -> list[str]:
    """Return the columns to draw, in order: all, or those that tell most."""
    if len(facts) <= MOST_PICTURES:
        return [one.name for one in facts]
    # A text's strength is not known: texts are few and come first.
    ranked = sorted(facts, key=lambda one: -np.nan_to_num(one.strength, nan=1.0))
    names = {one.name for one in ranked[:MOST_PICTURES]}
    return [one.name for one in facts if one.name in names]


def _sentence(competition: Competition, warnings: list[Finding]) -> str:
    if not warnings:
        return "Nothing was found here that would make the scores wrong."
    subjects = list(dict.fromkeys(warning.subject for warning in warnings))
    more = f" and {len(subjects) - 3} more" * (len(subjects) > 3)
    return f"Look at this before a score is believed: {', '.join(subjects[:3])}{more}."
