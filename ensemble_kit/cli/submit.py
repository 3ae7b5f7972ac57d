"""The main job: a competition folder in, a stacked submission out."""

from pathlib import Path

from ensemble_kit.cli.options import (
    Custom,
    Folder,
    Jobs,
    MetricName,
    Output,
    PipelineName,
    Seed,
    StoreFolder,
    count_cores,
    prepare,
)


def submit(
    folder: Folder,
    pipeline: PipelineName = "standard",
    metric: MetricName = None,
    seed: Seed = None,
    jobs: Jobs = None,
    output: Output = None,
    store: StoreFolder = None,
    custom: Custom = None,
) -> None:
    """Build a stacked submission from a competition folder.

    Fits every member of the pipeline on every fold, blends what they predict for
    rows they were not fitted on, and writes submission.csv, report.md and
    report.json into FOLDER/runs/. Finished fits are kept: the same command goes
    on where a crash or Ctrl-C stopped it.
    """
    from ensemble_kit.cli.progress import RunProgress
    from ensemble_kit.pipeline.running import Progress, Resources, run_pipeline
    from ensemble_kit.reporting.run_folder import prepare_folder, run_id, write_run

    competition, recipe = prepare(folder, pipeline, metric, seed, custom)
    base = output or folder
    target = prepare_folder(base / "runs" / run_id(competition, recipe))
    with RunProgress() as progress:
        for line in competition.notes:
            progress.say(line)
        run = run_pipeline(
            competition,
            recipe,
            _store(store or base / "store"),
            Resources(jobs or count_cores(), target / "work", tuple(custom or ())),
            Progress(progress.on_plan, progress.on_event),
        )
    write_run(run, target)
    show_run(run, target)


def show_run(run: object, folder: Path) -> None:
    """Print the leaderboard and where the files are."""
    from rich.console import Console

    from ensemble_kit.cli.leaderboard import leaderboard_table

    console = Console()
    console.print(leaderboard_table(run))
    for name in ("submission.csv", "report.md"):
        console.print(str(folder / name), markup=False, highlight=False, soft_wrap=True)


def _store(folder: Path) -> object:
    from ensemble_kit.oof.store import Store

    return Store(folder)
