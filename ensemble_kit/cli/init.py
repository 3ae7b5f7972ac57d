"""A competition's settings, guessed once and then the user's."""

import typer

from ensemble_kit.cli.options import Folder, MetricName


def init(folder: Folder, metric: MetricName = None) -> None:
    """Look at a folder's files and write competition.toml, with every reason.

    From then on the file is yours: what it says wins over any guess.
    """
    from ensemble_kit.competition.loading import init_folder, load_competition
    from ensemble_kit.reporting.languages import language_guesses

    typer.echo(init_folder(folder, metric=metric))
    for column, guess in language_guesses(load_competition(folder)).items():
        typer.echo(f"text {column}: {guess}")
