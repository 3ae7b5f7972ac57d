"""The leaderboard of a run as a table in 80 columns."""

from typing import Any

from rich.table import Table
from rich.text import Text

from ensemble_kit.reporting.facts import leaderboard


def leaderboard_table(run: Any) -> Table:
    """Return members by score, the submitted one marked."""
    metric = run.competition.metric
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("member", no_wrap=True, max_width=28)
    table.add_column("level", justify="right")
    table.add_column(f"{metric.name} {metric.sign}", justify="right")
    table.add_column("± folds", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("")
    for result in leaderboard(run):
        is_chosen = result.name == run.chosen
        table.add_row(
            Text(result.name),
            str(result.level),
            f"{result.score:.5f}",
            f"{result.spread:.5f}",
            f"{result.seconds:.1f}",
            "← submitted" if is_chosen else "",
            style="bold" if is_chosen else None,
        )
    for name, reason in run.failures.items():
        table.add_row(Text(name), "", "left out", "", "", Text(reason[:60]))
    return table
