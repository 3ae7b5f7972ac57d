"""Stackers that see the table, and a last blend over all levels, beside blends.

    python benchmarks/levels.py FOLDER [FOLDER ...] [--rows 6000] [--hidden 4000]
        [--splits 5] [--jobs 1]

Labels of some training rows are hidden. On the members of level 1 stand blends, and
stackers with the table's columns beside the predictions, trees and a linear model; on
all of them, of both levels, a last blend. ``gain`` is the error saved on the hidden
rows of what the best blend of level 2 has, in per cent, with a paired bootstrap
interval and how many standard errors it is. The best blend is the one with the best
out-of-fold score.
"""

import os
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from folders import cut
from hidden_rows import (
    fit_members,
    gain,
    parser_of,
    predictions,
    say,
    score,
    with_hidden_rows,
)

from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.preparing.metric_objectives import working_metric

MEMBERS = ("lightgbm", "catboost", "extra_trees", "ridge", "mlp")
BLENDS = ("convex_blend", "greedy_blend", "logit_blend", "linear_blend")
SHALLOW = {"max_depth": 3, "num_leaves": 7, "learning_rate": 0.03}
STACKERS = (
    Member("trees alone", "lightgbm", 2, SHALLOW),
    Member("trees", "lightgbm", 2, SHALLOW, original="trees"),
    Member("linear", "logistic_regression", 2, features="stack_logits"),
    Member("linear", "ridge", 2),
    Member("linear, table", "logistic_regression", 2, original="linear"),
    Member("linear, table", "ridge", 2, original="linear"),
    Member("per class", "per_class_blend", 2),
)
LAST = ("convex_blend", "greedy_blend")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the lines of every folder."""
    parser = parser_of(__doc__, rows=6000, splits=5)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    say(
        f"{'folder':20}{'metric':9}{'level 2 and 3':20}{'oof':>9}{'hidden':>9}"
        "  gain (95 %), standard errors"
    )
    for folder in chosen.folders:
        rows, y_hidden = with_hidden_rows(folder, chosen.hidden)
        run = fit(cut(rows, chosen.rows), chosen.splits, chosen.jobs)
        for line in lines(folder.name, run, y_hidden):
            say(line)


def fit(competition: Competition, n_splits: int, jobs: int) -> Any:
    """Return a run of three levels."""
    kind = competition.task.kind
    first = [Member(name, name) for name in MEMBERS]
    second = [
        member
        for member in (*(Member(n, n, 2) for n in BLENDS), *STACKERS)
        if member.spec.supports(kind)
        and (kind == "regression" or member.model != "ridge")
    ]
    inputs = tuple(member.name for member in (*first, *second))
    third = [Member(f"last {name}", name, 3, inputs=inputs) for name in LAST]
    members = (*first, *second, *third)
    return fit_members("levels", competition, members, n_splits, jobs)


def lines(folder: str, run: Any, y: Any) -> list[str]:
    """Return one folder's lines."""
    metric = working_metric(run.competition)
    sign = -1 if metric.greater_is_better else 1
    upper = [result for result in run.results if result.level > 1]
    blends = [result for result in upper if result.name in BLENDS]
    best = min(blends, key=lambda result: sign * result.score).name
    found = []
    for result in upper:
        values = [predictions(run, name) for name in (best, result.name)]
        is_best = result.name == best
        told = "best blend" if is_best else gain(metric, y, values).with_errors
        found.append(
            f"{folder[:19]:20}{metric.name[:8]:9}{result.name:20}{result.score:9.5g}"
            f"{score(metric, y, values[1]):9.5g}  {told}"
        )
    failed = [f"{folder[:19]:20}{name}: {why}" for name, why in run.failures.items()]
    return found + failed


if __name__ == "__main__":
    main()
