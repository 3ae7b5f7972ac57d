"""A competition's folder as a notebook of a whole project."""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Folder, MetricName


def notebook(
    folder: Folder,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The notebook, a file that is new.")
    ],
    metric: MetricName = None,
) -> None:
    """Write a notebook that goes through a whole project on these data.

    Description, exploration with pictures, features, split, experiments, the final
    submission, and ideas for improvement from what was measured. It needs
    matplotlib (the extra "plot") and a Jupyter of your own to run in.
    """
    from ensemble_kit.competition.loading import load_competition
    from ensemble_kit.exceptions import CompetitionError
    from ensemble_kit.files import write_atomically
    from ensemble_kit.reporting.project_notebook import project_notebook

    competition = load_competition(folder, metric=metric)
    data = project_notebook(competition, folder.resolve(), metric).encode()
    if output.exists() and output.read_bytes() != data:
        raise CompetitionError(
            f"{output} is there already and may be your work: name a new file"
        )
    write_atomically(output, data)
    typer.echo(str(output))
