"""How often prediction intervals hold the value of a row that comes later.

    python benchmarks/intervals.py FOLDER [FOLDER ...] [--pipeline quick]

Folders of values to predict. A quarter of the rows are hidden, the ordinary run is
made on the others (at most 8,000 of them), and its intervals for the hidden rows are
counted: how many hold the value, and how wide they are beside the range that holds as
many of all values.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.running.finished.intervals import conformal_intervals
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

LEVELS = (0.5, 0.8, 0.9, 0.95)
HIDDEN, MOST_ROWS = 0.25, 8000


def main() -> None:
    """Print a line for each folder and level."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pipeline", default="quick")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        with tempfile.TemporaryDirectory() as scratch:
            measure(load_competition(folder), arguments.pipeline, Path(scratch))


def measure(competition: Competition, pipeline: str, scratch: Path) -> None:
    """Print what the intervals of one competition hold."""
    fraction = max(HIDDEN, 1 - MOST_ROWS / len(competition.y))
    hidden, y_hidden = competition.hide(fraction, 0)
    resources, store = Resources(0, scratch / "work"), Store(scratch / "store")
    run = run_pipeline(hidden, load_pipeline(pipeline), store, resources)
    oof, test = (part[:, 0] for part in run.matrix.member(run.chosen))
    for level in LEVELS:
        ends = conformal_intervals(hidden.y, oof, test, level)
        inside = np.mean((ends[:, 0] <= y_hidden) & (y_hidden <= ends[:, 1]))
        tails = [(1 - level) / 2, (1 + level) / 2]
        widest = np.diff(np.quantile(hidden.y, tails))[0]
        wide = np.mean(ends[:, 1] - ends[:, 0]) / widest
        sys.stdout.write(
            f"{competition.name:24}{len(y_hidden):7,} rows  asked {level:4.0%}  "
            f"held {inside:6.1%}  width {wide:5.2f}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
