"""What each text featurizer is worth: a linear model and LightGBM on it alone.

    python benchmarks/text_scores.py FOLDER [--rows 2000] [--names tfidf lsa]

Every folder holds train.csv, test.csv, sample_submission.csv and solution.csv (the
true target of the test rows), and perhaps meta.json with the metric's name. Every
featurizer is a feature set of its own, of all text columns and of nothing else; both
models take it over the same folds: the linear one with a probed penalty, LightGBM
with the same 150 rounds for every featurizer. The solution is read at the end.
"""

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")


from folders import read_folder

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.competition import (
    score_submission,
    write_submission,
)
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.store.store import Store

MODELS = ("linear", "lightgbm")
BOOSTING = {"n_estimators": 150, "learning_rate": 0.1}


def pipeline_of(names: list[str], is_class: bool, n_splits: int) -> Any:
    """Return a pipeline with both models on every featurizer."""
    linear = "logistic_regression" if is_class else "ridge"
    return parse_pipeline(
        {
            "folds": {"n_splits": n_splits},
            "features": {f"only_{name}": {"text": name} for name in names},
            "level1": {
                f"{name}-{label}": {
                    "model": model,
                    "features": f"only_{name}",
                    "params": params,
                }
                for name in names
                for label, model, params in (
                    (MODELS[0], linear, {}),
                    (MODELS[1], "lightgbm", BOOSTING),
                )
            },
        },
        "the benchmark",
    )


def test_score(run: Run, member: str, folder: Path, scratch: Path) -> float:
    """Return a member's score on the test file."""
    competition, (oof, test) = run.competition, run.matrix.member(member)
    labels = None
    if competition.template.form == "label":
        codes = decide_labels(competition.metric, oof, competition.y, test)
        labels = competition.task.decode(codes)
    if not competition.task.is_classification:
        test = competition.task.restore(test)
    path, name = scratch / "submission.csv", competition.metric.name
    write_submission(competition, test, path, labels)
    return score_submission(path, folder / "solution.csv", name, competition)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Print the table of one folder."""
    competition = read_folder(folder, options.rows)
    names = options.names or [
        name
        for name, spec in FEATURIZERS.items()
        if spec.role == "text" and name != "pretrained" and spec.files is None
    ]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        run = run_pipeline(
            competition,
            pipeline_of(names, competition.task.is_classification, options.splits),
            Store(scratch / "store"),
            Resources(options.jobs, scratch / "work"),
        )
        say(f"{folder.name}, {len(competition.X):,} rows, {competition.metric.name}")
        say(f"{'':22}" + "".join(f"{m + ' oof':>14}{'test':>9}" for m in MODELS))
        for name in names:
            cells = [_cell(run, f"{name}-{m}", folder, scratch) for m in MODELS]
            say(f"{name:22}" + "".join(cells))


def _cell(run: Run, member: str, folder: Path, scratch: Path) -> str:
    if member in run.failures:
        return f"{'left out':>14}{'':9}"
    test = test_score(run, member, folder, scratch)
    return f"{run.result(member).score:14.4f}{test:9.4f}"


def say(line: str) -> None:
    """Write one line at once."""
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print a table for every folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--rows", type=int, default=2000, help="of training")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--names", nargs="+", help="featurizers; all without it")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for folder in options.folders:
        measure(folder, options)


if __name__ == "__main__":
    main()
