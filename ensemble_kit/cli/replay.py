"""The recorded schedule of a run, done again."""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Jobs
from ensemble_kit.processes import count_cores


def replay(
    run: Annotated[Path, typer.Argument(help="A folder below runs/.", exists=True)],
    data: Annotated[
        Path | None, typer.Option(help="The competition's folder, if it has moved.")
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Fit exactly what a run recorded, and say whether the bytes agree.

    Nothing stored is used. Exit code 1 when the submissions differ.
    """
    from tempfile import TemporaryDirectory

    from ensemble_kit.reporting.replaying import replay_run
    from ensemble_kit.running.level_fitting import Progress
    from ensemble_kit.running.watched.progress import RunProgress

    with TemporaryDirectory() as scratch, RunProgress() as progress:
        listener = Progress(progress.on_plan, progress.on_event)
        result = replay_run(run, Path(scratch), jobs or count_cores(), data, listener)
    typer.echo(f"recorded {result.recorded}\nagain    {result.again}")
    typer.echo("the same bytes" if result.agrees else "the submissions differ")
    if not result.agrees:
        raise typer.Exit(1)
