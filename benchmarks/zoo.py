"""Score and seconds of every entry of the model registry on competition folders.

    python benchmarks/zoo.py FOLDER [FOLDER ...] [--models a,b] [--splits 3]
        [--rows 5000] [--jobs 1]

Every entry runs with its defaults, its own feature set and its probe, through the
ordinary engine. Scores are out of fold; seconds are the processor time of all fits
and predictions. With --rows each folder is cut to that many training rows.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import Competition, load_competition
from ensemble_kit.oof.member import Member
from ensemble_kit.oof.store import Store
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.running import Resources, run_pipeline
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table per folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--models", default="", help="names, comma-separated")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    for folder in chosen.folders:
        competition = cut(load_competition(folder), chosen.rows)
        names = chosen.models.split(",") if chosen.models else level1(competition)
        run = measure(competition, names, chosen.splits, chosen.jobs)
        sys.stdout.write("\n".join(table(folder.name, competition, run)) + "\n\n")
        sys.stdout.flush()


def level1(competition: Competition) -> list[str]:
    """Return the entries that have an estimator for the task and take features."""
    kind, n_rows = competition.task.kind, len(competition.X)
    return [
        name
        for name, spec in MODELS.items()
        if spec.supports(kind)
        and "tensor" not in spec.accepts
        and (spec.max_rows is None or n_rows <= spec.max_rows)
    ]


def measure(
    competition: Competition, names: Sequence[str], n_splits: int, jobs: int
) -> Any:
    """Return a run with one member per entry."""
    members = tuple(Member(n, n, features=MODELS[n].features) for n in names)
    pipeline = Pipeline(
        "zoo", members, standard_recipes(), folds=FoldSpec(n_splits=n_splits)
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        resources = Resources(jobs=jobs, scratch=Path(folder) / "scratch")
        return run_pipeline(competition, pipeline, store, resources)


def table(name: str, competition: Competition, run: Any) -> list[str]:
    """Return the lines of one folder's table, best first, 80 columns wide."""
    metric = run.competition.metric
    sign = -1 if metric.greater_is_better else 1
    results = sorted(run.results, key=lambda result: sign * result.score)
    lines = [
        f"{name}: {competition.task.kind}, {len(competition.X)} rows, {metric.name}",
        f"{'model':23}{'features':12}{'score':>11}{'seconds':>9}  probe found",
    ]
    for result in results:
        probed = " ".join(f"{key}={value}" for key, value in result.probed.items())
        lines.append(
            f"{result.model:23}{result.features:12}{result.score:11.5g}"
            f"{result.seconds:9.1f}  {probed}"[:80]
        )
    return lines + [f"{k:23}{why}"[:80] for k, why in run.failures.items()]


def cut(competition: Competition, n_rows: int | None) -> Competition:
    """Return a competition with fewer training rows, drawn with a fixed seed."""
    if n_rows is None or n_rows >= len(competition.X):
        return competition
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(len(competition.X), n_rows, replace=False))
    parts = {"X": competition.X.iloc[rows].reset_index(drop=True)}
    for part in ("y", "train_ids", "groups", "times", "weights", "folds"):
        values = getattr(competition, part, None)
        if values is not None:
            parts[part] = values[rows]
    facts = f"{competition.fingerprint}-{n_rows}"
    return replace(competition, **parts, fingerprint=facts)


if __name__ == "__main__":
    main()
