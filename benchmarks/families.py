"""A stack of ten models of different kinds beside the best of them.

    python benchmarks/families.py FOLDER [FOLDER ...] [--rows 2000] [--hidden 4000]
        [--splits 5] [--jobs 1]

Labels of some training rows are hidden; the stack and its members are fitted on
--rows others, and scored on the hidden ones once. The best member and the stack's
blend are those with the best out-of-fold score. ``gain`` is the error the stack saves
of the best member's, in per cent, with a paired bootstrap interval over hidden rows:
above 0 the stack is better.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from folders import cut, read_folder

from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.store.store import Store

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
N_DRAWS = 400


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--hidden", type=int, default=4000)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    say(
        f"{'folder':18}{'metric':9}{'best member':13}{'score':>9} {'stack':13}"
        f"{'score':>9}  gain (95 %)"
    )
    for folder in chosen.folders:
        competition = read_folder(folder)
        share = min(0.3, chosen.hidden / len(competition.X))
        begin = time.monotonic()
        rows, y_hidden = competition.hide(share, 0)
        run = fit(cut(rows, chosen.rows), chosen.splits, chosen.jobs)
        say(f"{line(folder.name, run, y_hidden)}  {time.monotonic() - begin:.0f} s")


def fit(competition: Competition, n_splits: int, jobs: int) -> Any:
    """Return a run of the ten kinds and the blends."""
    kinds = [Member(name, model) for name, model in KINDS.items()]
    blends = [Member(name, name, level=2) for name in BLENDS]
    pipeline = Pipeline(
        "families",
        (*kinds, *blends),
        standard_recipes(),
        folds=FoldSpec(n_splits=n_splits),
        submit=Submit("best"),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store", durable=False)
        resources = Resources(jobs=jobs, scratch=Path(folder) / "scratch")
        return run_pipeline(competition, pipeline, store, resources)


def line(name: str, run: Any, y: Any) -> str:
    """Return one folder's line."""
    metric = working_metric(run.competition)
    best, stack = (first(run, metric, level) for level in (1, 2))
    values = [predictions(run, member) for member in (best, stack)]
    whole = np.arange(len(y))
    ours = [score(metric, y, v, whole) for v in values]
    generator = np.random.default_rng(0)
    draws = [generator.integers(0, len(y), len(y)) for _ in range(N_DRAWS)]
    gains = [gain(metric, y, values, rows) for rows in draws]
    low, high = np.quantile(gains, [0.025, 0.975])
    return (
        f"{name[:17]:18}{run.competition.metric.name[:8]:9}{best:13}{ours[0]:9.5g} "
        f"{stack:13}{ours[1]:9.5g}  "
        f"{gain(metric, y, values, whole):+.1f} ({low:+.1f} to {high:+.1f})"
    )


def first(run: Any, metric: Any, level: int) -> str:
    """Return the member of a level with the best out-of-fold score."""
    sign = -1 if metric.greater_is_better else 1
    there = [result for result in run.results if result.level == level]
    return min(there, key=lambda result: sign * result.score).name


def predictions(run: Any, name: str) -> Any:
    """Return a member's predictions of the hidden rows, or its labels."""
    oof, test = run.matrix.member(name)
    if run.competition.metric.consumes == "label":
        return decide_labels(run.competition.metric, oof, run.competition.y, test)
    return test


def score(metric: Any, y: Any, values: Any, rows: Any) -> float:
    """Return the score of some of the hidden rows."""
    if metric.consumes == "label":
        return metric.score_labels(y[rows], values[rows])
    return metric(y[rows], values[rows])


def gain(metric: Any, y: Any, values: Sequence[Any], rows: Any) -> float:
    """Return the per cent of the best member's error that the stack saves."""
    theirs, ours = (abs(metric.optimum - score(metric, y, v, rows)) for v in values)
    return 100 * (theirs - ours) / theirs if theirs else 0.0


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
