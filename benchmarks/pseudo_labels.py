"""Members that learn from labelled test rows beside the same members without them.

    python benchmarks/pseudo_labels.py FOLDER [FOLDER ...] [--rows 300] [--hidden 4000]
        [--draws 10] [--confidence 0.9] [--splits 5] [--jobs 1]

Labels of some training rows are hidden: the test rows of what is measured. --rows of
the others are drawn anew --draws times, as where labels are few and test rows many. A
linear model and LightGBM are fitted as they are and once more as ``[pseudo]`` fits
them, on test rows that both together are sure of, and a greedy blend on the members
without and with the taught ones. ``gain`` is the error that the labels save on the
hidden rows, in per cent: the mean over draws, its standard error over them, and in how
many draws it is above 0.
"""

import os
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from hidden_rows import (
    fit_members,
    parser_of,
    predictions,
    saved,
    say,
    score,
    with_hidden_rows,
)

from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.pseudo_labels import PseudoLabels, pseudo_members
from ensemble_kit.running.preparing.metric_objectives import working_metric


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per folder and member, and one for the blends."""
    parser = parser_of(__doc__, rows=300, splits=5)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--confidence", type=float, default=0.9)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    head = f"{'folder':23}{'metric':9}{'member':10}{'without':>10}{'with':>10}"
    say(f"{head}  gain (standard error), draws above 0")
    for folder in chosen.folders:
        rows, y_hidden = with_hidden_rows(folder, chosen.hidden, most=0.7)
        asked = PseudoLabels(("linear", "lightgbm"), confidence=chosen.confidence)
        measured: dict[str, list[tuple[float, float, float]]] = {}
        for seed in range(chosen.draws):
            drawn = few(rows, chosen.rows, seed)
            run = fit(drawn, asked, chosen.splits, chosen.jobs)
            for name in (*asked.members, "blend"):
                measured.setdefault(name, []).append(both(run, name, y_hidden))
        for name, found in measured.items():
            say(line(folder.name, rows.metric.name, name, np.array(found)))


def few(competition: Competition, n_rows: int, seed: int) -> Competition:
    """Return the competition with that many of its training rows."""
    rng = np.random.default_rng(seed)
    return competition.take(
        np.sort(rng.choice(len(competition.X), n_rows, replace=False))
    )


def fit(competition: Competition, asked: PseudoLabels, n_splits: int, jobs: int) -> Any:
    """Return a run of both members as they are and taught, and both blends."""
    linear = "logistic_regression" if competition.task.is_classification else "ridge"
    plain = (Member("linear", linear), Member("lightgbm", "lightgbm"))
    blends = (
        Member("blend", "greedy_blend", level=2, inputs=asked.members),
        Member("blend_pseudo", "greedy_blend", level=2),
    )
    members = (*plain, *pseudo_members(plain, asked), *blends)
    return fit_members("pseudo", competition, members, n_splits, jobs)


def both(run: Any, name: str, y: Any) -> tuple[float, float, float]:
    """Return a member's score without and with test rows, and the gain."""
    metric = working_metric(run.competition)
    if f"{name}_pseudo" not in run.matrix.members:  # nothing was sure enough
        own = score(metric, y, predictions(run, name))
        return own, own, 0.0
    values = [predictions(run, member) for member in (name, f"{name}_pseudo")]
    scores = [score(metric, y, each) for each in values]
    return scores[0], scores[1], saved(metric, y, values)


def line(folder: str, metric: str, name: str, found: Any) -> str:
    """Return the line of one member: means over draws."""
    without, taught, gained = found.mean(axis=0)
    error = found[:, 2].std(ddof=1) / len(found) ** 0.5
    return (
        f"{folder[:22]:23}{metric[:8]:9}{name:10}{without:10.5g}{taught:10.5g}  "
        f"{gained:+.1f} ({error:.1f}), {int((found[:, 2] > 0).sum())} of {len(found)}"
    )


if __name__ == "__main__":
    main()
