"""A search for better parameters of one model."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ensemble_kit.cli.options import (
    Custom,
    Folder,
    Jobs,
    MetricName,
    Output,
    PipelineName,
    Seed,
    StoreFolder,
    prepare,
)
from ensemble_kit.processes import count_cores
from ensemble_kit.quantities import parse_duration
from ensemble_kit.running.watched.interrupts import Interrupts

if TYPE_CHECKING:
    from ensemble_kit.running.tuning.tuning import Trial, Tuning


def tune(
    folder: Folder,
    model: Annotated[
        str,
        typer.Argument(
            help="A model (ensemble-kit models), or a member of the pipeline.",
            show_default=False,
        ),
    ],
    trials: Annotated[
        int, typer.Option(min=1, help="In all, earlier calls included.")
    ] = 30,
    time_limit: Annotated[
        str | None,
        typer.Option(help="No trial begins after 90, 30s, 10m or 1.5h."),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(help="The feature set; else the member's, or the model's own."),
    ] = None,
    pipeline: PipelineName = "standard",
    metric: MetricName = None,
    seed: Seed = None,
    jobs: Jobs = None,
    output: Output = None,
    store: StoreFolder = None,
    custom: Custom = None,
) -> None:
    """Search better parameters of a model, on the folds and store of submit.

    Trials are drawn by Optuna from the model's published ranges and scored on rows
    they were not fitted on. They are kept in the store: the same command goes on
    where an earlier one stopped. What is printed in the end can be pasted into a
    pipeline file; its fits are in the store already.
    """
    from ensemble_kit.exceptions import require
    from ensemble_kit.running.level_fitting import Progress
    from ensemble_kit.running.run_pipeline import Resources
    from ensemble_kit.running.tuning.tuning import tunable_member, tune_member
    from ensemble_kit.running.watched.progress import RunProgress
    from ensemble_kit.store.store import Store

    require("optuna", extra="tune")
    seconds = 1e9 if time_limit is None else parse_duration(time_limit)
    end = time.monotonic() + seconds
    competition, recipe = prepare(folder, pipeline, metric, seed, custom)
    member = tunable_member(recipe, model, features)
    base = output or folder
    fits = Store(store or base / "store")
    resources = Resources(
        jobs or count_cores(), fits.folder / "work", tuple(custom or ())
    )
    with RunProgress() as progress, Interrupts() as interrupts:
        tuning = tune_member(
            competition,
            recipe,
            member,
            fits,
            resources,
            trials,
            Progress(progress.on_plan, progress.on_event, interrupts.happened),
            on_trial=lambda trial: progress.say(trial_line(trial, trials)),
            should_stop=lambda: interrupts.happened() or time.monotonic() > end,
        )
    if tuning.trials:
        show_best(tuning, competition.metric.name)
    if interrupts.happened():
        raise KeyboardInterrupt


def trial_line(trial: "Trial", n_trials: int) -> str:
    """Return one line of progress."""
    name = f"{trial.name}/{n_trials}" if trial.name.isdigit() else trial.name
    if trial.result is None:
        return f"trial {name}: could not be fitted: {trial.failure}"
    score, seconds = trial.result.score, trial.result.seconds
    return f"trial {name}: {score:.6g} in {seconds:.1f} s"


def show_best(tuning: "Tuning", name: str) -> None:
    """Print the best trial's member as it would stand in a pipeline file."""
    from ensemble_kit.pipeline.dumping import dump_member

    best, first = tuning.best, tuning.trials[0]
    default = f"{first.result.score:.6g}" if first.result else "none"
    if best is first:
        typer.echo(f"# {name} {default}: nothing tried beats the defaults")
    else:
        won, folds = tuning.folds_won()
        typer.echo(
            f"# {name} {tuning.best_result.score:.6g}, default {default}; "
            f"better in {won} of {folds} folds.\n"
            "# Chosen on these folds: expect less on new rows."
        )
    typer.echo(dump_member(best.member), nl=False)
