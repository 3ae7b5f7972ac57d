"""Members fitted on some rows of a folder and scored on others, as benchmarks do it."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from folders import read_folder

from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.run_pipeline import Progress, Resources, run_pipeline
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.store.store import Store

N_DRAWS = 400


@dataclass(frozen=True)
class Gain:
    """The per cent of the first predictions' error that the second save.

    Parameters
    ----------
    saved : float
    low, high : float
        The 95 % interval over bootstrap draws of the rows, paired.
    error : float
        The standard deviation over the draws.
    """

    saved: float
    low: float
    high: float
    error: float

    def __str__(self) -> str:
        return f"{self.saved:+.1f} ({self.low:+.1f} to {self.high:+.1f})"

    @property
    def with_errors(self) -> str:
        """Return the gain, and behind it how many standard errors it is."""
        return f"{self}, {self.saved / self.error if self.error else 0.0:+.1f}"


def parser_of(page: str, rows: int, splits: int) -> argparse.ArgumentParser:
    """Return a parser of what these benchmarks are asked, with their own defaults."""
    parser = argparse.ArgumentParser(description=page.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--hidden", type=int, default=4000)
    parser.add_argument("--splits", type=int, default=splits)
    return parser


def with_hidden_rows(
    folder: Path, n_hidden: int, most: float = 0.3
) -> tuple[Competition, Any]:
    """Return a folder's competition whose test rows are training rows, and their y.

    Hidden is a share ``most`` of the training rows at most.
    """
    competition = read_folder(folder)
    return competition.hide(min(most, n_hidden / len(competition.X)), 0)


def fit_members(
    name: str,
    competition: Competition,
    members: Sequence[Member],
    n_splits: int,
    jobs: int,
    progress: Progress | None = None,
) -> Any:
    """Return a run of members on the kit's feature sets, kept nowhere."""
    pipeline = Pipeline(
        name,
        tuple(members),
        standard_recipes(),
        folds=FoldSpec(n_splits=n_splits),
        submit=Submit("best"),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store", durable=False)
        resources = Resources(jobs=jobs, scratch=Path(folder) / "scratch")
        return run_pipeline(competition, pipeline, store, resources, progress)


def predictions(run: Any, name: str) -> Any:
    """Return a member's predictions of the hidden rows, or its labels."""
    oof, test = run.matrix.member(name)
    if run.competition.metric.consumes == "label":
        return decide_labels(run.competition.metric, oof, run.competition.y, test)
    return test


def score(metric: Any, y: Any, values: Any, rows: Any = slice(None)) -> float:
    """Return the score of some rows, or of all."""
    if metric.consumes == "label":
        return metric.score_labels(y[rows], values[rows])
    return metric(y[rows], values[rows])


def saved(metric: Any, y: Any, both: Sequence[Any], rows: Any = slice(None)) -> float:
    """Return the per cent of the first one's error that the second saves."""
    first, second = (abs(metric.optimum - score(metric, y, v, rows)) for v in both)
    return 100 * (first - second) / first if first else 0.0


def gain(metric: Any, y: Any, both: Sequence[Any]) -> Gain:
    """Return what the second predictions save of the first ones' error."""
    generator = np.random.default_rng(0)
    draws = [generator.integers(0, len(y), len(y)) for _ in range(N_DRAWS)]
    drawn = [saved(metric, y, both, rows) for rows in draws]
    low, high = np.quantile(drawn, [0.025, 0.975])
    error = float(np.std(drawn, ddof=1))
    return Gain(saved(metric, y, both), float(low), float(high), error)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line.rstrip()}\n")
    sys.stdout.flush()
