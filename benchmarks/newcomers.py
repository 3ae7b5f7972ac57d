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

import os
import time
from collections import Counter
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
from ensemble_kit.running.run_pipeline import Progress

BASE, ALL = "base", "all"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line per folder and member, and one per blend."""
    parser = parser_of(__doc__, rows=6000, splits=3)
    parser.add_argument("--new", action="append", required=True)
    parser.add_argument("--base", default="lightgbm,catboost,mlp")
    chosen = parser.parse_args(arguments)
    say(f"{'folder':20}{'metric':9}{'member':26}{'oof':>9}{'hidden':>9}{'s':>7}")
    for folder in chosen.folders:
        rows, y_hidden = with_hidden_rows(folder, chosen.hidden)
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
    members = [
        *(member(name) for name in (*base, *new)),
        *(
            Member(name, "convex_blend", level=2, inputs=tuple(inputs))
            for name, inputs in blends.items()
        ),
    ]
    seconds: Counter[str] = Counter()
    begun = [time.process_time()]

    def listen(event: str, node: Any, cost: dict[str, Any]) -> None:
        now = time.process_time()
        seconds[node.member] += now - begun[0] if event == "done" else 0.0
        begun[0] = now

    progress = Progress(on_event=listen)
    run = fit_members("newcomers", competition, members, chosen.splits, 0, progress)
    return run, seconds


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
    hidden = score(metric, y, predictions(run, name))
    return (
        f"{folder[:19]:20}{metric.name[:8]:9}{name:26}{found[name].score:9.5g}"
        f"{hidden:9.5g}{seconds[name]:7.1f}"
    )


def blend_line(folder: str, name: str, run: Any, y: Any) -> str:
    """Return the line of the blend with a newcomer, beside the one without."""
    metric = working_metric(run.competition)
    blend = name if name == ALL else f"with {name}"
    values = [predictions(run, member) for member in (BASE, blend)]
    scores = [score(metric, y, each) for each in values]
    return (
        f"{folder[:19]:20}{'blend':9}{blend:26}{scores[0]:9.5g}{scores[1]:9.5g}  "
        f"{gain(metric, y, values).with_errors}"
    )


if __name__ == "__main__":
    main()
