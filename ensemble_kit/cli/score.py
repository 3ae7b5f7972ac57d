"""A submission scored against the true labels."""

from pathlib import Path
from typing import Annotated

import typer


def score(
    submission: Annotated[Path, typer.Argument(help="A submission.", exists=True)],
    solution: Annotated[Path, typer.Argument(help="The true labels.", exists=True)],
    metric: Annotated[str, typer.Option(help="See ensemble-kit metrics.")],
) -> None:
    """Score a submission against a file that holds the true labels.

    Rows are matched by id, whatever their order.
    """
    from ensemble_kit.competition.scoring import score_submission

    value = score_submission(submission, solution, metric)
    typer.echo(f"{metric} {value:.6f}")
