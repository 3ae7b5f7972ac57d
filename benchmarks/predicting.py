"""How long a finished run takes for one row that comes later.

    python benchmarks/predicting.py FOLDER [--pipeline quick] [--repeats 20]

The folder holds train.csv, test.csv and sample_submission.csv. The run is made by
`ensemble_kit.run` unless it is there already. Told are, in milliseconds: `load_run`
after imports, the first row, one row (the median of the repeats), all rows of the
test file, and the command ``ensemble-kit predict`` on one row, start of Python
included. Beside it stands a plain scikit-learn stack with members of the same kinds
and as many folds, loaded by joblib, on the same row.

The first number is what the clock says, the second what the processor was busy: on a
machine that does other things too, only the second tells.
"""

import argparse
import csv
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import ensemble_kit

Seconds = tuple[float, float]  # by the clock, and of a busy processor
COMMAND = "from ensemble_kit.cli import main; main()"


def main() -> None:
    """Print the times, a line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pipeline", default="quick")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--output", type=Path, help="Where runs/ goes.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        output = arguments.output or Path(scratch)
        run = ensemble_kit.run(arguments.folder, arguments.pipeline, output=output)
        measure_run(run.folder, arguments.folder, arguments.repeats)
        measure_command(run.folder, arguments.folder, Path(scratch))
        measure_stack(arguments.folder, Path(scratch), arguments.repeats)


def measure_run(run_folder: Path, folder: Path, repeats: int) -> None:
    """Time a run that is loaded again."""
    loaded, seconds = timed(lambda: ensemble_kit.load_run(run_folder))
    say("load_run", seconds)
    table = pd.read_csv(folder / "test.csv")
    row = table.iloc[0].to_dict()
    say("first row", timed(lambda: loaded.predict(row))[1])
    say("one row", middle(lambda: loaded.predict(row), repeats))
    say(f"{len(table)} rows", timed(lambda: loaded.predict(table))[1])


def measure_command(run_folder: Path, folder: Path, scratch: Path) -> None:
    """Time the command on one row."""
    with (folder / "test.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))[:2]
    with (scratch / "row.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    command = [sys.executable, "-c", COMMAND, "predict", str(run_folder)]
    command += [str(scratch / "row.csv"), "-o", str(scratch / "out.csv")]
    _, seconds = timed(lambda: subprocess.run(command, check=True, capture_output=True))
    say("the command predict", seconds)


def measure_stack(folder: Path, scratch: Path, repeats: int) -> None:
    """Time a scikit-learn stack on the numbers and categories of the same table."""
    competition = ensemble_kit.load_competition(folder)
    numbers, categories = (competition.columns(r) for r in ("number", "category"))
    X = competition.X[numbers + categories]
    stack = plain_stack(numbers, categories, competition.task.is_classification)
    joblib.dump(stack.fit(X, competition.y), scratch / "stack.joblib")
    loaded, seconds = timed(lambda: joblib.load(scratch / "stack.joblib"))
    say("scikit-learn stack: joblib.load", seconds)
    row = competition.X_test[numbers + categories][:1]
    say("scikit-learn stack: one row", middle(lambda: loaded.predict(row), repeats))


def plain_stack(numbers: list[str], categories: list[str], classifies: bool) -> Any:
    """Return an unfitted stack of a linear model, trees and boosting."""
    features = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=2), categories),
    )
    trees, boosted, linear, stack = (
        (ExtraTreesClassifier, LGBMClassifier, LogisticRegression, StackingClassifier)
        if classifies
        else (ExtraTreesRegressor, LGBMRegressor, Ridge, StackingRegressor)
    )
    members = [
        ("trees", make_pipeline(features, trees(n_estimators=150))),
        ("boosted", make_pipeline(features, boosted(verbosity=-1, n_jobs=1))),
        ("linear", make_pipeline(features, linear())),
    ]
    return stack(members, cv=5)


def timed(call: Callable[[], Any]) -> tuple[Any, Seconds]:
    """Return what a call returns, and its seconds by clock and processor."""
    begin, busy = time.perf_counter(), busy_seconds()
    value = call()
    return value, (time.perf_counter() - begin, busy_seconds() - busy)


def busy_seconds() -> float:
    """Return for how long this process and its ended children kept a core busy."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def middle(call: Callable[[], Any], repeats: int) -> Seconds:
    """Return the median seconds of repeated calls."""
    clock, busy = zip(*(timed(call)[1] for _ in range(repeats)), strict=True)
    return statistics.median(clock), statistics.median(busy)


def say(what: str, seconds: Seconds) -> None:
    """Print one time in milliseconds, by clock and processor."""
    clock, busy = (f"{1000 * each:10.1f} ms" for each in seconds)
    sys.stdout.write(f"{what:34}{clock}{busy}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
