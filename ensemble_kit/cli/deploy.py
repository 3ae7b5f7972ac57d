"""A finished run made small and quick, for rows that come later."""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_kit.cli.options import Custom, Jobs
from ensemble_kit.processes import count_cores
from ensemble_kit.visible_text import shown


def deploy(
    run: Annotated[Path, typer.Argument(help="A folder below runs/.", exists=True)],
    within: Annotated[
        float,
        typer.Option(
            help="Members go while the out-of-fold score stays within so many standard "
            "errors of the submitted one's; 0: only what costs nothing.",
        ),
    ] = 1.0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where it goes; RUN/deployed by default."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The competition's folder, if it has moved.")
    ] = None,
    jobs: Jobs = None,
    custom: Custom = None,
) -> None:
    """Make a run small and quick: few members, each fitted once on all rows.

    A run predicts with the models of every fold of every member. This leaves out the
    members that the score can spare, fits each of the others once on all training
    rows, with the rounds that the run has found, and weighs them anew by their
    out-of-fold predictions. No fold is fitted again. The folder is read by
    ensemble-kit predict, pack and load_run as a run's is, away from the data too.

    Its score out of fold is that of models of the folds, and is told as that. Models
    of all rows have no rows left to be scored on: deploy a run of ensemble-kit
    holdout to see how they do on rows that nothing has seen.
    """
    from ensemble_kit.custom_files import load_custom_files
    from ensemble_kit.reporting.deploying import deploy_run
    from ensemble_kit.running.level_fitting import Progress
    from ensemble_kit.running.watched.interrupts import Interrupts
    from ensemble_kit.running.watched.progress import RunProgress

    load_custom_files(custom or ())
    with RunProgress() as progress, Interrupts(progress.say) as interrupts:
        listener = Progress(
            progress.on_plan, progress.on_event, interrupts.happened, None, progress.say
        )
        deployed = deploy_run(
            run,
            output,
            jobs=count_cores() if jobs is None else jobs,
            within=within,
            data=data,
            custom=tuple(custom or ()),
            progress=listener,
        )
    for line in deployed.lines():
        typer.echo(shown(line, 4000))
    typer.echo(str(deployed.folder))
