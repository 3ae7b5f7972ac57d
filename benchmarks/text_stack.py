"""What networks on texts add to a stack of classical models.

    python benchmarks/text_stack.py FOLDER [FOLDER ...] [--network text_lstm] [--jobs 2]

Every folder holds train.csv, test.csv, sample_submission.csv and solution.csv (the
true target of the test rows), and perhaps meta.json with the metric's name. The level-1
members of the pipeline deep_text are fitted once, its text filter off; blends of the
classical ones, of those and one network, and of all are fitted on the same out-of-fold
predictions, and the kind of blend is the one with the best out-of-fold score. ``gain``
is the error that networks save of the classical stack's, in per cent, with a paired
bootstrap interval over rows: of the training rows (out of fold), then of the test rows,
whose solution is read at the end.
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd
from families import BLENDS
from folders import read_folder
from hidden_rows import gain, say, score

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.store.store import Store


def main() -> None:
    """Print a few lines for every folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--network", default="text_lstm")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for folder in arguments.folders:
        begin = time.monotonic()
        competition = read_folder(folder)
        stacks = stacks_of(load_pipeline("deep_text"), arguments.network)
        run = fit(competition, pipeline_of(stacks), arguments.jobs)
        seconds = time.monotonic() - begin
        say(f"{folder.name}, {competition.metric.name}, {seconds:.0f} s")
        for line in lines(run, list(stacks), targets(competition, folder)):
            say(line)


def stacks_of(pipeline: Pipeline, network: str) -> dict[str, list[Member]]:
    """Return the members of every stack, the classical one first."""
    members = pipeline.at_level(1)
    networks = [m for m in members if MODELS[m.model].family == "neural_text"]
    classical = [member for member in members if member not in networks]
    one = [member for member in networks if member.name == network]
    return {
        "classical": classical,
        f"and {network}": classical + one,
        "and all networks": members,
    }


def pipeline_of(stacks: dict[str, list[Member]]) -> Pipeline:
    """Return a pipeline with every kind of blend of every stack."""
    blends = tuple(
        Member(f"{kind} {name}", kind, 2, inputs=tuple(m.name for m in members))
        for name, members in stacks.items()
        for kind in BLENDS
    )
    whole = max(stacks.values(), key=len)
    pipeline = load_pipeline("deep_text")
    return replace(pipeline, members=(*whole, *blends), text_filter=False)


def fit(competition: Competition, pipeline: Pipeline, jobs: int) -> Run:
    """Return the run."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store", durable=False)
        resources = Resources(jobs, Path(folder) / "work")
        return run_pipeline(competition, pipeline, store, resources)


def targets(competition: Competition, folder: Path) -> Any:
    """Return the true target of the test rows, in their order."""
    table = pd.read_csv(folder / "solution.csv", dtype=str).set_index(
        competition.template.id_column
    )
    cells = table.loc[competition.ids].iloc[:, 0]
    is_class = competition.task.is_classification
    return competition.task.encode(cells if is_class else cells.astype(float))


def lines(run: Run, names: list[str], y_test: Any) -> Iterator[str]:
    """Yield a line for every stack."""
    metric = working_metric(run.competition)
    chosen = {name: best_blend(run, metric, name) for name in names}
    parts = [(run.competition.y, 0), (y_test, 1)]
    for name, blend in chosen.items():
        cells = [f"  {name:18}{blend.split()[0]:13}"]
        for y, part in parts:
            values = [of(run, member)[part] for member in (chosen[names[0]], blend)]
            cells.append(f"{score(metric, y, values[1]):9.5g}")
            if name != names[0]:
                cells.append(f" {gain(metric, y, values)}")
        yield "".join(cells)


def best_blend(run: Run, metric: Any, stack: str) -> str:
    """Return the stack's blend with the best out-of-fold score."""
    found = [r for r in run.results if r.name.endswith(f" {stack}")]
    sign = -1 if metric.greater_is_better else 1
    return min(found, key=lambda result: sign * result.score).name


def of(run: Run, member: str) -> tuple[Any, Any]:
    """Return a member's out-of-fold and test predictions, or their labels."""
    metric, y = run.competition.metric, run.competition.y
    oof, test = run.matrix.member(member)
    if metric.consumes == "label":
        return tuple(decide_labels(metric, oof, y, part) for part in (oof, test))
    return oof, test


if __name__ == "__main__":
    main()
