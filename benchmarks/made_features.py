"""Members with columns made of others beside the same members without them.

    python benchmarks/made_features.py FOLDER [FOLDER ...] [--rows 8000]
        [--hidden 4000] [--splits 5] [--jobs 1]

Labels of some training rows are hidden; every family is fitted on --rows others with
its own feature set and with ``made``, and a greedy blend on the families without and
with the made ones. ``gain`` is the error that the made columns save on the hidden rows,
in per cent, with a paired bootstrap interval over them and, behind it, how many
standard errors it is: above 0 they help.
"""

import os
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from folders import cut
from hidden_rows import (
    fit_members,
    gain,
    parser_of,
    predictions,
    say,
    score,
    with_hidden_rows,
)

from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.preparing.metric_objectives import working_metric

FAMILIES = ("lightgbm", "xgboost", "catboost")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per folder and family, and one for the blends."""
    parser = parser_of(__doc__, rows=8000, splits=5)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    head = f"{'folder':23}{'metric':9}{'member':10}{'without':>10}{'with':>10}"
    say(f"{head}  gain (95 %), standard errors")
    for folder in chosen.folders:
        rows, y_hidden = with_hidden_rows(folder, chosen.hidden)
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
    members = (*plain, *made, *blends)
    return fit_members("made", competition, members, n_splits, jobs)


def line(folder: str, name: str, both: tuple[str, str], run: Any, y: Any) -> str:
    """Return the line of one pair."""
    metric = working_metric(run.competition)
    values = [predictions(run, member) for member in both]
    scores = [score(metric, y, each) for each in values]
    return (
        f"{folder[:22]:23}{run.competition.metric.name[:8]:9}{name:10}"
        f"{scores[0]:10.5g}{scores[1]:10.5g}  {gain(metric, y, values).with_errors}"
    )


if __name__ == "__main__":
    main()
