"""A submission scored against the true labels."""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Custom


def score(
    submission: Annotated[Path, typer.Argument(help="A submission.", exists=True)],
    solution: Annotated[Path, typer.Argument(help="The true labels.", exists=True)],
    metric: Annotated[
        str | None,
        typer.Option(help="See ensemble-kit metrics; that of --folder by default."),
    ] = None,
    custom: Custom = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="The competition: its metric, its classes and what they cost.",
            exists=True,
        ),
    ] = None,
) -> None:
    """Score a submission against a file that holds the true labels.

    Rows are matched by id, the column that both files share row by row, whatever
    the order of rows and columns.
    """
    from ensemble_kit.competition.loading import load_competition
    from ensemble_kit.competition.scoring import score_submission
    from ensemble_kit.custom_files import load_custom_files
    from ensemble_kit.exceptions import SubmissionError

    load_custom_files(custom or ())
    competition = None
    if folder is not None:
        competition = load_competition(folder, metric=metric)
        metric = competition.metric.name
    if metric is None:
        raise SubmissionError(
            "--metric NAME, or --folder FOLDER of the competition, is missing"
        )
    value = score_submission(submission, solution, metric, competition)
    typer.echo(f"{metric} {value:.6f}")
