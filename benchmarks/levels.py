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

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from families import N_DRAWS, gain, predictions, say, score
from folders import cut, read_folder

from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--hidden", type=int, default=4000)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    say(
        f"{'folder':20}{'metric':9}{'level 2 and 3':20}{'oof':>9}{'hidden':>9}"
        "  gain (95 %), standard errors"
    )
    for folder in chosen.folders:
        competition = read_folder(folder)
        share = min(0.3, chosen.hidden / len(competition.X))
        rows, y_hidden = competition.hide(share, 0)
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
    pipeline = Pipeline(
        "levels",
        (*first, *second, *third),
        standard_recipes(),
        folds=FoldSpec(n_splits=n_splits),
        submit=Submit("best"),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store", durable=False)
        resources = Resources(jobs=jobs, scratch=Path(folder) / "scratch")
        return run_pipeline(competition, pipeline, store, resources)


def lines(folder: str, run: Any, y: Any) -> list[str]:
    """Return one folder's lines."""
    metric = working_metric(run.competition)
    sign = -1 if metric.greater_is_better else 1
    upper = [result for result in run.results if result.level > 1]
    blends = [result for result in upper if result.name in BLENDS]
    best = min(blends, key=lambda result: sign * result.score).name
    generator = np.random.default_rng(0)
    draws = [generator.integers(0, len(y), len(y)) for _ in range(N_DRAWS)]
    whole = np.arange(len(y))
    found = []
    for result in upper:
        values = [predictions(run, name) for name in (best, result.name)]
        drawn = [gain(metric, y, values, rows) for rows in draws]
        low, high = np.quantile(drawn, [0.025, 0.975])
        saved, error = gain(metric, y, values, whole), float(np.std(drawn, ddof=1))
        told = (
            "best blend"
            if result.name == best
            else f"{saved:+.1f} ({low:+.1f} to {high:+.1f}), "
            f"{saved / error if error else 0.0:+.1f}"
        )
        found.append(
            f"{folder[:19]:20}{metric.name[:8]:9}{result.name:20}{result.score:9.5g}"
            f"{score(metric, y, values[1], whole):9.5g}  {told}"
        )
    failed = [f"{folder[:19]:20}{name}: {why}" for name, why in run.failures.items()]
    return found + failed


if __name__ == "__main__":
    main()
