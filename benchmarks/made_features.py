"""Members with columns made of others beside the same members without them.

    python benchmarks/made_features.py FOLDER [FOLDER ...] [--rows 8000]
        [--hidden 4000] [--splits 5] [--jobs 1]

Labels of some training rows are hidden; every family is fitted on --rows others with
its own feature set and with ``made``, and a greedy blend on the families without and
with the made ones. ``gain`` is the error that the made columns save on the hidden rows,
in per cent, with a paired bootstrap interval over them and, behind it, how many
standard errors it is: above 0 they help.
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

FAMILIES = ("lightgbm", "xgboost", "catboost")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per folder and family, and one for the blends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=8000)
    parser.add_argument("--hidden", type=int, default=4000)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    head = f"{'folder':23}{'metric':9}{'member':10}{'without':>10}{'with':>10}"
    say(f"{head}  gain (95 %), standard errors")
    for folder in chosen.folders:
        competition = read_folder(folder)
        share = min(0.3, chosen.hidden / len(competition.X))
        rows, y_hidden = competition.hide(share, 0)
        run = fit(cut(rows, chosen.rows), chosen.splits, chosen.jobs)
        for name, first, second in pairs():
            say(line(folder.name, name, (first, second), run, y_hidden))


def pairs() -> list[tuple[str, str, str]]:
    """Return a name, the member without and the one with made columns."""
    return [(n, n, f"{n}_made") for n in (*FAMILIES, "blend")]


def fit(competition: Competition, n_splits: int, jobs: int) -> Any:
    """Return a run of every family without and with made columns, and both blends."""
    plain = [Member(name, name) for name in FAMILIES]
    made = [Member(f"{name}_made", name, features="made") for name in FAMILIES]
    blends = [
        Member("blend", "greedy_blend", level=2, inputs=FAMILIES),
        Member("blend_made", "greedy_blend", level=2),
    ]
    pipeline = Pipeline(
        "made",
        (*plain, *made, *blends),
        standard_recipes(),
        folds=FoldSpec(n_splits=n_splits),
        submit=Submit("best"),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store", durable=False)
        resources = Resources(jobs=jobs, scratch=Path(folder) / "scratch")
        return run_pipeline(competition, pipeline, store, resources)


def line(folder: str, name: str, both: tuple[str, str], run: Any, y: Any) -> str:
    """Return the line of one pair."""
    metric = working_metric(run.competition)
    values = [predictions(run, member) for member in both]
    whole = np.arange(len(y))
    scores = [score(metric, y, v, whole) for v in values]
    generator = np.random.default_rng(0)
    draws = [generator.integers(0, len(y), len(y)) for _ in range(N_DRAWS)]
    drawn = [gain(metric, y, values, d) for d in draws]
    low, high = np.quantile(drawn, [0.025, 0.975])
    saved, error = gain(metric, y, values, whole), float(np.std(drawn, ddof=1))
    return (
        f"{folder[:22]:23}{run.competition.metric.name[:8]:9}{name:10}"
        f"{scores[0]:10.5g}{scores[1]:10.5g}  {saved:+.1f} "
        f"({low:+.1f} to {high:+.1f}), {saved / error if error else 0.0:+.1f}"
    )


if __name__ == "__main__":
    main()
