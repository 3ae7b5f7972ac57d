"""A submission scored against the true labels."""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Custom


def score(
    submission: Annotated[Path, typer.Argument(help="A submission.", exists=True)],
    solution: Annotated[Path, typer.Argument(help="The true labels.", exists=True)],
    metric: Annotated[str, typer.Option(help="See ensemble-kit metrics.")],
    custom: Custom = None,
) -> None:
    """Score a submission against a file that holds the true labels.

    Rows are matched by id, the column that both files share row by row, whatever
    the order of rows and columns.
    """
    from ensemble_kit.competition.scoring import score_submission
    from ensemble_kit.custom_files import load_custom_files

    load_custom_files(custom or ())
    value = score_submission(submission, solution, metric)
    typer.echo(f"{metric} {value:.6f}")
