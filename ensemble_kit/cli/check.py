"""A careful look at a competition's data before anything is fitted."""

import typer

from ensemble_kit.cli.options import Folder, MetricName
from ensemble_kit.cli.text_submission import check_texts
from ensemble_kit.visible_text import shown


def check(folder: Folder, metric: MetricName = None) -> None:
    """Look for leaks, repeated rows and drift between train and test.

    Says first what was understood of the folder. Exit code 1 when there is a
    warning.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ensemble_kit.competition.checks.checking import check_competition
    from ensemble_kit.competition.describing import describe
    from ensemble_kit.competition.loading import load_competition
    from ensemble_kit.competition.text_competition import is_text_competition

    if is_text_competition(folder, metric):
        check_texts(folder, metric)
        return
    competition = load_competition(folder, metric=metric)
    console = Console()
    for line in describe(competition):
        console.print(line, markup=False, highlight=False)
    findings = check_competition(competition)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "where", "what"):
        table.add_column(name)
    for finding in findings:
        cells = (finding.severity, finding.subject, finding.message)
        table.add_row(*(Text(shown(cell, 1000)) for cell in cells))
    console.print(table)
    if any(finding.severity == "warning" for finding in findings):
        raise typer.Exit(1)
