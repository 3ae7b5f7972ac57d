"""What a deployed run keeps of a run, and how much quicker it predicts.

    python benchmarks/deploying.py FOLDER ... [--pipeline quick] [--time-limit 4m]

Every folder holds train.csv, test.csv, sample_submission.csv and solution.csv (the
true target of the test rows), and perhaps meta.json with the metric's name. The run is
made by `ensemble_kit.run` and deployed by `ensemble_kit.deploy_run`; the solution is
read after both submissions have been written. A row of the table that it prints:
members of level 1 before and after, the score of both submissions on the hidden rows,
the correlation of both predictions (for labels, the share that is equal), and the
seconds that both take to read their models and predict up to 2,000 test rows.
"""

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from folders import metric_of

import ensemble_kit
from ensemble_kit.competition import score_submission

HEADER = (
    "| competition | metric | members | hidden rows: run | deployed | alike | seconds: "
    "run | deployed |\n|---|---|---|---|---|---|---|---|\n"
)


def measure(folder: Path, output: Path, pipeline: str, limit: str | None) -> list[str]:
    """Return one row of the table."""
    name = metric_of(folder)
    run = ensemble_kit.run(
        folder, pipeline, metric=name, time_limit=limit, output=output
    )
    deployed = ensemble_kit.deploy_run(run.folder, output / "deployed")
    competition = ensemble_kit.load_competition(folder, metric=name)
    paths = [place / "submission.csv" for place in (run.folder, deployed.folder)]
    solution, metric = folder / "solution.csv", competition.metric.name
    scores = [score_submission(p, solution, metric, competition) for p in paths]
    part = deployed.facts["deployed"]
    seconds = part["predicting"]
    return [
        folder.name,
        metric,
        f"{len(part['members_before'])} -> {len(part['members'])}",
        *(f"{score:.5g}" for score in scores),
        alike(*paths),
        f"{seconds['run']:.2f}",
        f"{seconds['deployed']:.2f}",
    ]


def alike(first: Path, second: Path) -> str:
    """Return how much two submissions agree."""
    one, other = (pd.read_csv(path).iloc[:, 1:].to_numpy() for path in (first, second))
    if one.dtype.kind != "f":
        return f"{np.mean(one == other):.1%} equal"
    return f"{np.corrcoef(one.ravel(), other.ravel())[0, 1]:.3f}"


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pipeline", default="quick")
    parser.add_argument("--time-limit")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.stdout.write(HEADER)
    for folder in arguments.folders:
        with tempfile.TemporaryDirectory() as scratch:
            asked = (arguments.pipeline, arguments.time_limit)
            cells = measure(folder, Path(scratch), *asked)
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
