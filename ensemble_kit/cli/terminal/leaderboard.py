"""The leaderboard of a run as a table in 80 columns."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ensemble_kit.quantities import format_score
from ensemble_kit.reporting.facts import leaderboard
from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    from ensemble_kit.running.run import Run

UNMEASURED = "?"


def leaderboard_table(run: "Run") -> Table:
    """Return members by score, the submitted one marked."""
    metric = run.competition.metric
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("member", no_wrap=True, max_width=28)
    table.add_column("level", justify="right")
    table.add_column(f"{metric.name} {metric.sign}", justify="right")
    table.add_column("± folds", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("")
    is_unknown = bool(run.competition.unmeasured)
    for result in leaderboard(run):
        is_chosen = result.name == run.chosen
        table.add_row(
            Text(shown(result.name, 60)),
            str(result.level),
            UNMEASURED if is_unknown else format_score(result.score),
            UNMEASURED if is_unknown else format_score(result.spread, result.score),
            f"{result.seconds:.1f}",
            _mark(run) if is_chosen else "",
            style="bold" if is_chosen else None,
        )
    return table


def _mark(run: "Run") -> str:
    return "← partial" if run.stopped else "← submitted"


def left_out(run: "Run") -> Text:
    """Return the members that were left out, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in run.failures.items():
        by_reason.setdefault(reason, []).append(name)
    lines = [f"{', '.join(names)}: {reason}" for reason, names in by_reason.items()]
    return Text("\n".join(shown(f"left out: {line}", 1000) for line in lines))
