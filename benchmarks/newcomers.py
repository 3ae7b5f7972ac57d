"""What one more member adds to a blend of others.

    python benchmarks/newcomers.py FOLDER [FOLDER ...] --new tabm [--new ridge:items]
        [--base lightgbm,catboost,mlp] [--rows 6000] [--hidden 4000] [--splits 3]

A member is a model, with a feature set behind a colon where it is not the model's own.
Labels of some training rows are hidden; all members are fitted on --rows others, and a
convex blend on the base, on the base with each newcomer, and on all. First come the
scores of every member, out of fold and on the hidden rows, and the seconds of a
processor that its probe, its features and its fits took, all in one process and thread;
features that members share count for the first. Then the blends, without and with: the
gain is the error that the newcomer saves on the hidden rows, in per cent, with a paired
bootstrap interval over them and, behind it, how many standard errors it is.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
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
from ensemble_kit.running.run_pipeline import Progress, Resources, run_pipeline
from ensemble_kit.store.store import Store

BASE, ALL = "base", "all"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line per folder and member, and one per blend."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--new", action="append", required=True)
    parser.add_argument("--base", default="lightgbm,catboost,mlp")
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--hidden", type=int, default=4000)
    parser.add_argument("--splits", type=int, default=3)
    chosen = parser.parse_args(arguments)
    say(f"{'folder':20}{'metric':9}{'member':26}{'oof':>9}{'hidden':>9}{'s':>7}")
    for folder in chosen.folders:
        competition = read_folder(folder)
        share = min(0.3, chosen.hidden / len(competition.X))
        rows, y_hidden = competition.hide(share, 0)
        base, new = chosen.base.split(","), chosen.new
        run, seconds = fit(cut(rows, chosen.rows), base, new, chosen)
        for name in (*base, *new):
            say(member_line(folder.name, name, run, y_hidden, seconds))
        for name in (*new, ALL) if len(new) > 1 else new:
            say(blend_line(folder.name, name, run, y_hidden))


def fit(
    competition: Competition, base: Sequence[str], new: Sequence[str], chosen: Any
) -> tuple[Any, Counter[str]]:
    """Return a run of all members and the blends, and the seconds of each member."""
    blends = {BASE: base, ALL: [*base, *new]}
    blends |= {f"with {name}": [*base, name] for name in new}
    pipeline = Pipeline(
        "newcomers",
        (
            *(member(name) for name in (*base, *new)),
            *(
                Member(name, "convex_blend", level=2, inputs=tuple(inputs))
                for name, inputs in blends.items()
            ),
        ),
        standard_recipes(),
        folds=FoldSpec(n_splits=chosen.splits),
        submit=Submit("best"),
    )
    seconds: Counter[str] = Counter()
    begun = [time.process_time()]

    def listen(event: str, node: Any, cost: dict[str, Any]) -> None:
        now = time.process_time()
        seconds[node.member] += now - begun[0] if event == "done" else 0.0
        begun[0] = now

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store", durable=False)
        resources = Resources(jobs=0, scratch=Path(folder) / "scratch")
        progress = Progress(on_event=listen)
        return run_pipeline(competition, pipeline, store, resources, progress), seconds


def member(name: str) -> Member:
    """Return a member from "model" or "model:features"."""
    model, _, features = name.partition(":")
    return Member(name, model, features=features or None)


def member_line(folder: str, name: str, run: Any, y: Any, seconds: Counter[str]) -> str:
    """Return the line of one member."""
    metric = working_metric(run.competition)
    found = {result.name: result for result in run.results}
    if name not in found:
        return f"{folder[:19]:20}{'':9}{name:26} {run.failures.get(name, 'left out')}"
    hidden = score(metric, y, predictions(run, name), np.arange(len(y)))
    return (
        f"{folder[:19]:20}{metric.name[:8]:9}{name:26}{found[name].score:9.5g}"
        f"{hidden:9.5g}{seconds[name]:7.1f}"
    )


def blend_line(folder: str, name: str, run: Any, y: Any) -> str:
    """Return the line of the blend with a newcomer, beside the one without."""
    metric = working_metric(run.competition)
    blend = name if name == ALL else f"with {name}"
    values = [predictions(run, member) for member in (BASE, blend)]
    whole = np.arange(len(y))
    scores = [score(metric, y, v, whole) for v in values]
    generator = np.random.default_rng(0)
    draws = [generator.integers(0, len(y), len(y)) for _ in range(N_DRAWS)]
    drawn = [gain(metric, y, values, rows) for rows in draws]
    low, high = np.quantile(drawn, [0.025, 0.975])
    saved, error = gain(metric, y, values, whole), float(np.std(drawn, ddof=1))
    return (
        f"{folder[:19]:20}{'blend':9}{blend:26}{scores[0]:9.5g}{scores[1]:9.5g}  "
        f"{saved:+.1f} ({low:+.1f} to {high:+.1f}), "
        f"{saved / error if error else 0.0:+.1f}"
    )


if __name__ == "__main__":
    main()
