"""The main job: a competition folder in, a stacked submission out."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ensemble_kit.cli.durations import parse_duration
from ensemble_kit.cli.interrupts import Interrupts
from ensemble_kit.cli.options import (
    Backend,
    Custom,
    FitLimit,
    Folder,
    Jobs,
    MemoryLimit,
    MetricName,
    Output,
    Scheduler,
    Seed,
    StoreFolder,
    TimeLimit,
    TimeLimitedPipeline,
    WordMaps,
    check_word_maps,
    make_resources,
    prepare,
)
from ensemble_kit.cli.sizes import parse_size


def submit(
    folder: Folder,
    pipeline: TimeLimitedPipeline = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    fit_limit: FitLimit = None,
    backend: Backend = "processes",
    scheduler: Scheduler = None,
    metric: MetricName = None,
    seed: Seed = None,
    jobs: Jobs = None,
    output: Output = None,
    store: StoreFolder = None,
    custom: Custom = None,
    word_maps: WordMaps = False,
    keep_models: Annotated[
        bool,
        typer.Option(help="Keep what is fitted, for ensemble-kit predict."),
    ] = True,
) -> None:
    """Build a stacked submission from a competition folder.

    Fits every member of the pipeline on every fold, blends what they predict for
    rows they were not fitted on, and writes submission.csv, report.md and
    report.json into FOLDER/runs/. Finished fits are kept: the same command goes
    on where a crash or Ctrl-C stopped it.
    """
    from dataclasses import replace

    from ensemble_kit.cli.progress import RunProgress
    from ensemble_kit.reporting.run_folder import prepare_folder, run_id
    from ensemble_kit.running.run_pipeline import Progress, run_pipeline
    from ensemble_kit.store.store import Store

    seconds = parse_duration(time_limit) if time_limit else None
    check_word_maps(word_maps, time_limit)
    name = pipeline or ("best" if seconds else "standard")
    competition, recipe = prepare(folder, name, metric, seed, custom)
    base = output or folder
    # It may leave members out: then it is another run.
    limits = [parse_size(memory_limit)] if memory_limit else []
    target = prepare_folder(
        base / "runs" / run_id(competition, recipe, seconds, *limits)
    )
    kept = Store(store or base / "store")
    resources = replace(
        make_resources(jobs, memory_limit, fit_limit, custom, backend, scheduler),
        scratch=target / "work",
        keep="store" if keep_models else "nowhere",
    )
    with RunProgress() as progress, Interrupts() as interrupts:
        for line in competition.notes:
            progress.say(line)
        told = Progress(progress.on_plan, progress.on_event, interrupts.happened)
        if seconds:
            run = _run_within(
                competition, recipe, kept, resources, told, seconds, target
            )
        else:
            run = run_pipeline(competition, recipe, kept, resources, told)
        maps = word_maps and not interrupts.happened()
        _write(run, target, kept if keep_models else None, maps, progress.say)
    show_run(run, target)
    if interrupts.happened():
        raise KeyboardInterrupt


def _run_within(
    competition: Any,
    recipe: Any,
    store: Any,
    resources: Any,
    told: Any,
    seconds: float,
    target: Path,
) -> Any:
    """Run with a limit, keeping the best submission so far on disk."""
    from ensemble_kit import cli
    from ensemble_kit.reporting.run_folder import write_predictions
    from ensemble_kit.running.timed.clock import Clock
    from ensemble_kit.running.timed.timed_run import run_within

    now = time.monotonic()
    start = now if cli.STARTED is None else cli.STARTED
    return run_within(
        competition,
        recipe,
        store,
        resources,
        Clock(start, seconds, reading=now - start),
        told,
        on_better=lambda run: write_predictions(run, target),
    )


def _write(
    run: Any, target: Path, models: Any, word_maps: bool, say: Callable[[str], None]
) -> None:
    """Write the report, and beside it fitted models and maps that are wanted."""
    from ensemble_kit.reporting.run_folder import add_word_maps, write_run
    from ensemble_kit.running.exporting import export_models

    report = write_run(run, target)
    if models is not None:
        for reason in export_models(run, models, target):
            say(f"no prediction of later rows: {reason}")
    if word_maps:
        add_word_maps(run, report, target)


def show_run(run: Any, folder: Path) -> None:
    """Print the leaderboard, who is not on it, and where the files are."""
    from rich.console import Console

    from ensemble_kit.cli.leaderboard import leaderboard_table, left_out

    console = Console()
    console.print(leaderboard_table(run))
    if run.failures:
        console.print(left_out(run))
    for name in ("submission.csv", "report.md"):
        console.print(str(folder / name), markup=False, highlight=False, soft_wrap=True)
