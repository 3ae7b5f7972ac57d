"""A stack of ten models of different kinds beside the best of them.

    python benchmarks/families.py FOLDER [FOLDER ...] [--rows 2000] [--hidden 4000]
        [--splits 5] [--jobs 1]

Labels of some training rows are hidden; the stack and its members are fitted on
--rows others, and scored on the hidden ones once. The best member and the stack's
blend are those with the best out-of-fold score. ``gain`` is the error the stack saves
of the best member's, in per cent, with a paired bootstrap interval over hidden rows:
above 0 the stack is better.
"""

import os
import time
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

KINDS = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "catboost": "catboost",
    "extra_trees": "extra_trees",
    "linear": "ridge",
    "machine": "linear_svm",
    "kernel": "kernel_svm",
    "neighbors": "knn",
    "factors": "factorization_machine",
    "network": "mlp",
}
BLENDS = ("convex_blend", "greedy_blend", "logit_blend", "linear_blend")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per folder."""
    parser = parser_of(__doc__, rows=2000, splits=5)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    say(
        f"{'folder':18}{'metric':9}{'best member':13}{'score':>9} {'stack':13}"
        f"{'score':>9}  gain (95 %)"
    )
    for folder in chosen.folders:
        begin = time.monotonic()
        rows, y_hidden = with_hidden_rows(folder, chosen.hidden)
        run = fit(cut(rows, chosen.rows), chosen.splits, chosen.jobs)
        say(f"{line(folder.name, run, y_hidden)}  {time.monotonic() - begin:.0f} s")


def fit(competition: Competition, n_splits: int, jobs: int) -> Any:
    """Return a run of the ten kinds and the blends."""
    kinds = [Member(name, model) for name, model in KINDS.items()]
    blends = [Member(name, name, level=2) for name in BLENDS]
    members = (*kinds, *blends)
    return fit_members("families", competition, members, n_splits, jobs)


def line(name: str, run: Any, y: Any) -> str:
    """Return one folder's line."""
    metric = working_metric(run.competition)
    best, stack = (first(run, metric, level) for level in (1, 2))
    values = [predictions(run, member) for member in (best, stack)]
    ours = [score(metric, y, each) for each in values]
    return (
        f"{name[:17]:18}{run.competition.metric.name[:8]:9}{best:13}{ours[0]:9.5g} "
        f"{stack:13}{ours[1]:9.5g}  {gain(metric, y, values)}"
    )


def first(run: Any, metric: Any, level: int) -> str:
    """Return the member of a level with the best out-of-fold score."""
    sign = -1 if metric.greater_is_better else 1
    there = [result for result in run.results if result.level == level]
    return min(there, key=lambda result: sign * result.score).name


if __name__ == "__main__":
    main()
