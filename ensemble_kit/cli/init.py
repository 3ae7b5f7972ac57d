"""A competition's settings, guessed once and then the user's."""

from typing import Annotated

import typer

from ensemble_kit.cli.options import Folder, MetricName


def init(
    folder: Folder,
    metric: MetricName = None,
    folds: Annotated[
        bool,
        typer.Option(
            "--folds",
            help="Only write folds.csv, like the test, and name it in competition.toml "
            "as it stands.",
        ),
    ] = False,
) -> None:
    """Look at a folder's files and write competition.toml, with every reason.

    From then on the file is yours: what it says wins over any guess. Of a file that is
    there already every line stays; only what it leaves open is added.
    """
    from ensemble_kit.competition.loading import (
        add_folds,
        init_folder,
        load_competition,
    )
    from ensemble_kit.reporting.languages import language_guesses

    if folds:
        typer.echo(add_folds(folder))
        return
    typer.echo(init_folder(folder, metric=metric))
    for column, guess in language_guesses(load_competition(folder)).items():
        typer.echo(f"text {column}: {guess}")
