"""A score that can be believed: hide labels, run as usual, score once."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ensemble_kit.cli.options import (
    Backend,
    Custom,
    FitLimit,
    Folder,
    Jobs,
    MemoryLimit,
    MetricName,
    Output,
    PipelineName,
    Scheduler,
    Seed,
    StoreFolder,
    WordMaps,
    check_word_maps,
    make_resources,
    prepare,
)


def holdout(
    folder: Folder,
    fraction: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of rows to hide.")
    ] = 0.2,
    repeats: Annotated[
        int, typer.Option(min=1, help="Do it again with the next seeds.")
    ] = 1,
    pipeline: PipelineName = "standard",
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
) -> None:
    """Hide the labels of some training rows, make the ordinary run, score it once.

    The rows in question are treated as a test file: no fold, blend or threshold
    sees their labels. The same command gives the same figures.
    """
    check_word_maps(word_maps)
    competition, recipe = prepare(folder, pipeline, metric, seed, custom)
    base = output or folder
    scores = []
    for number in range(repeats):
        facts = _one(
            competition,
            recipe,
            fraction,
            (seed or 0) + number,
            base,
            store or base / "store",
            make_resources(jobs, memory_limit, fit_limit, custom, backend, scheduler),
            word_maps,
        )
        scores.append(facts["score"])
    if repeats > 1:
        _show_repeats(competition.metric.name, scores)


def _one(
    competition: Any,
    recipe: Any,
    fraction: float,
    seed: int,
    base: Path,
    store: Path,
    resources: Any,
    word_maps: bool,
) -> dict[str, Any]:
    """Make one holdout run and return its section of the report."""
    from dataclasses import replace

    from ensemble_kit.cli.progress import RunProgress
    from ensemble_kit.cli.submit import show_run
    from ensemble_kit.reporting.holdout import holdout_facts
    from ensemble_kit.reporting.run_folder import (
        add_word_maps,
        prepare_folder,
        run_id,
        write_run,
    )
    from ensemble_kit.running.run_pipeline import Progress, run_pipeline
    from ensemble_kit.store.store import Store

    hidden, y_hidden = competition.hide(fraction, seed)
    target = prepare_folder(base / "runs" / f"holdout-{run_id(hidden, recipe)}")
    with RunProgress() as progress:
        run = run_pipeline(
            hidden,
            recipe,
            Store(store),
            replace(resources, scratch=target / "work"),
            Progress(progress.on_plan, progress.on_event),
        )
    facts = holdout_facts(run, y_hidden, fraction, seed)
    report = write_run(run, target, holdout=facts)
    if word_maps:
        add_word_maps(run, report, target)
    show_run(run, target)
    low, high = facts["interval"]
    typer.echo(
        f"{competition.metric.name} on {facts['n_rows']:,} hidden rows: "
        f"{facts['score']:.5f}  (95 % interval {low:.5f} to {high:.5f})"
    )
    return facts


def _show_repeats(metric: str, scores: list[float]) -> None:
    from statistics import mean, stdev

    typer.echo(
        f"{metric} over {len(scores)} holdouts: mean {mean(scores):.5f}, "
        f"standard deviation {stdev(scores):.5f}"
    )
