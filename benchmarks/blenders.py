"""Every blender, and the stack guard's choice, on rows that nothing was fitted on.

    python benchmarks/blenders.py FOLDER ... [--pipeline quick] [--rows 3000]

Of every competition folder up to ROWS training rows are kept and as many hidden.
Level 1 of the pipeline is fitted on the rows kept; each blender is fitted on their
out-of-fold matrix and scored on the hidden rows, and so is what the guard chose. Two
scores are within noise of each other when they differ by less than two standard
errors of the difference, from bootstrap samples of the hidden rows. A meta.json in
the folder may name the metric.
"""

import argparse
import os
import sys
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from folders import read_folder
from numpy.typing import NDArray

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import AUTO, BEST, Pipeline, Submit
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.store.store import Store

GUARD, SINGLE, HIGHEST = "the guard's choice", "best single", "best out of fold"
N_DRAWS = 200


@dataclass(frozen=True)
class Judged:
    """A folder's hidden rows and what was predicted for them, by blender."""

    run: Run
    y: NDArray[Any]
    predictions: dict[str, NDArray[Any]]

    def errors(self, rows: Any = slice(None)) -> dict[str, float]:
        """Return the error of every blender on some of the rows."""
        metric, y = working_metric(self.run.competition), self.y[rows]
        score = metric.score_labels if metric.consumes == "label" else metric
        sign = -1 if metric.greater_is_better else 1
        return {n: sign * score(y, p[rows]) for n, p in self.predictions.items()}

    def noise(self) -> dict[str, float]:
        """Return the standard error of each difference to the best blender."""
        errors, rng = self.errors(), np.random.default_rng(0)
        best, n_rows = min(errors, key=errors.__getitem__), len(self.y)
        draws = [self.errors(rng.integers(0, n_rows, n_rows)) for _ in range(N_DRAWS)]
        return {
            name: float(np.std([draw[name] - draw[best] for draw in draws]))
            for name in errors
        }


def judge(folder: Path, name: str, n_rows: int, jobs: int) -> Judged:
    """Return what every blender predicts for the hidden rows of a folder."""
    competition = read_folder(folder)
    rows = np.random.default_rng(0).permutation(len(competition.y))[: 2 * n_rows]
    hidden, y = competition.take(np.sort(rows)).hide(0.5, 0)
    members = tuple(load_pipeline(name).at_level(1))
    pipeline = replace(load_pipeline(name), members=members, submit=Submit(AUTO))
    every = replace(
        pipeline, members=(*members, *blenders(hidden)), submit=Submit(BEST)
    )
    with tempfile.TemporaryDirectory() as scratch:
        guarded = fit(hidden, pipeline, Path(scratch), jobs)
        run = fit(hidden, every, Path(scratch), jobs)
    found = {SINGLE: of_member(run, best_of(run, level=1))}
    found |= {r.name: of_member(run, r.name) for r in run.results if r.level > 1}
    found[HIGHEST] = of_member(run, run.chosen)
    found[GUARD] = of_member(guarded, guarded.chosen)
    return Judged(guarded, y, found)


def blenders(competition: Competition) -> list[Member]:
    """Return a member of level 2 for every blender that suits a competition."""
    kind, metric = competition.task.kind, competition.metric.name
    specs = [s for s in MODELS.values() if s.family == "blend" and s.supports(kind)]
    ordered = ("auc", "gini")
    return [
        Member(spec.name, spec.name, level=2)
        for spec in specs
        if spec.name != "rank_mean" or metric in ordered
    ]


def fit(competition: Competition, pipeline: Pipeline, scratch: Path, jobs: int) -> Run:
    """Return a run; what the other has fitted is taken from the store."""
    store, resources = Store(scratch / "store"), Resources(jobs, scratch / "work")
    return run_pipeline(competition, pipeline, store, resources)


def best_of(run: Run, level: int) -> str:
    """Return the member of a level with the best score out of fold."""
    sign = -1 if run.competition.metric.greater_is_better else 1
    results = [result for result in run.results if result.level == level]
    return min(results, key=lambda result: sign * result.score).name


def of_member(run: Run, name: str) -> NDArray[Any]:
    """Return a member's predictions of the hidden rows, or its labels."""
    oof, test = run.matrix.member(name)
    metric = run.competition.metric
    if metric.consumes != "label":
        return test
    return decide_labels(metric, oof, run.competition.y, test)


def lines_of(folder: Path, judged: Judged) -> list[str]:
    """Return the table of one folder, best first."""
    errors, noise = judged.errors(), judged.noise()
    best, sign = min(errors.values()), working_metric(judged.run.competition)
    sign = -1 if sign.greater_is_better else 1
    metric, chosen = judged.run.competition.metric.name, judged.run.chosen
    lines = ["", f"{folder.name}: {metric}, {len(judged.y):,} rows; guard: {chosen}"]
    for name in sorted(errors, key=errors.__getitem__):
        gap = errors[name] - best
        lines.append(
            f"  {name:<20}{sign * errors[name]:>12.5g}{gap:>11.5f} ± {noise[name]:.5f}"
        )
    return lines


def summary(judged: list[Judged]) -> list[str]:
    """Return how often each was the best, or within noise of it."""
    best, near, seen = {}, {}, {}
    for one in judged:
        errors, noise = one.errors(), one.noise()
        lowest = min(errors.values())
        for name, error in errors.items():
            seen[name] = seen.get(name, 0) + 1
            best[name] = best.get(name, 0) + (error == lowest)
            is_near = error - lowest <= 2 * noise[name]
            near[name] = near.get(name, 0) + is_near
    order = sorted(seen, key=lambda name: (-near[name] / seen[name], -best[name]))
    head = f"{'':<22}{'folders':>8}{'best':>6}{'best or within noise':>22}"
    rows = [f"  {n:<20}{seen[n]:>8}{best[n]:>6}{near[n]:>22}" for n in order]
    return ["", head, *rows]


def main() -> None:
    """Print a table per folder as soon as it is known, and the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pipeline", default="quick")
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    judged = []
    for folder in options.folders:
        judged.append(judge(folder, options.pipeline, options.rows, options.jobs))
        sys.stdout.write("\n".join(lines_of(folder, judged[-1])) + "\n")
        sys.stdout.flush()
    sys.stdout.write("\n".join(summary(judged)) + "\n")


if __name__ == "__main__":
    main()
