"""Finished runs beside each other."""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Folder
from ensemble_kit.visible_text import shown


def runs(
    folder: Folder,
    mlflow: Annotated[
        str | None,
        typer.Option(
            metavar="URI",
            help="Log them to MLflow too: http://HOST:5000 or sqlite:///mlflow.db "
            "(extra mlflow).",
        ),
    ] = None,
) -> None:
    """List the runs of a folder, the newest first, with their scores."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ensemble_kit.quantities import format_score
    from ensemble_kit.reporting.comparing import list_runs

    runs_of_folder = list_runs(folder)
    if runs_of_folder.empty:
        typer.echo(f"no runs in {shown(folder / 'runs')}")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "out of fold", "holdout", "submitted", "when (UTC)"):
        table.add_column(name, no_wrap=name in ("run", "when (UTC)"))
    for row in runs_of_folder.itertuples(index=False):
        holdout = "" if row.holdout != row.holdout else format_score(row.holdout)
        is_known = row.score == row.score
        score = f"{row.metric} {format_score(row.score) if is_known else 'unknown'}"
        partial = " (partial)" if row.state == "stopped" else ""
        cells = row.run, score + partial, holdout, row.submitted, row.when
        table.add_row(*(Text(shown(cell, 60)) for cell in cells))
    Console().print(table)
    if mlflow is not None:
        _export(folder, mlflow)


def _export(folder: Path, uri: str) -> None:
    """Log runs to MLflow, and tell of each."""
    from ensemble_kit.reporting.mlflow_export import export_runs

    for name, is_new in export_runs(folder, uri):
        typer.echo(f"{shown(name)}: {'logged' if is_new else 'there already'}")


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", exists=True)],
    second: Annotated[Path, typer.Argument(metavar="RUN", exists=True)],
) -> None:
    """Tell how sure it is that one run scores better than another, and what differs.

    The difference of their out-of-fold scores, with a 95 % interval from a paired
    bootstrap over the rows that both have validated.
    """
    from ensemble_kit.reporting.comparing import compare_runs

    for line in compare_runs(first, second).lines():
        typer.echo(shown(line, 1000))
