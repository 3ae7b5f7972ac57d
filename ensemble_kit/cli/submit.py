"""The main job: a competition folder in, a stacked submission out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ensemble_kit.cli.options import (
    Backend,
    Custom,
    Device,
    FitLimit,
    Folder,
    FoldsOption,
    Foreign,
    Jobs,
    MemoryLimit,
    MetricName,
    Output,
    Scheduler,
    Seed,
    StoreFolder,
    TableOptions,
    TimeLimit,
    TimeLimitedPipeline,
    Trust,
    WordMaps,
    check_word_maps,
)
from ensemble_kit.cli.terminal.watching import (
    make_clock,
    run_watched,
    show_run,
    word_map_section,
)
from ensemble_kit.cli.text_submission import refuse_options, submit_texts
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.quantities import parse_duration
from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    from ensemble_kit.competition.competition import Competition
    from ensemble_kit.pipeline.spec import Pipeline
    from ensemble_kit.reporting.submitting import Request, Written
    from ensemble_kit.running.run_pipeline import Resources
    from ensemble_kit.running.timed.clock import Clock


def submit(
    context: typer.Context,
    folder: Folder,
    pipeline: TimeLimitedPipeline = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    fit_limit: FitLimit = None,
    backend: Backend = "processes",
    scheduler: Scheduler = None,
    metric: MetricName = None,
    seed: Seed = None,
    folds: FoldsOption = None,
    jobs: Jobs = None,
    device: Device = "auto",
    output: Output = None,
    store: StoreFolder = None,
    custom: Custom = None,
    oof: Foreign = None,
    trust: Trust = False,
    word_maps: WordMaps = False,
    keep_models: Annotated[
        bool,
        typer.Option(help="Keep what is fitted, for ensemble-kit predict."),
    ] = True,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Measure what mattered too, as ensemble-kit explain does; a tenth of "
            "--time-limit is kept for it, 2 minutes at most.",
        ),
    ] = False,
    parquet: Annotated[
        bool,
        typer.Option(
            "--parquet",
            help="Write predictions and submission as Parquet, too: for large tables.",
        ),
    ] = False,
) -> None:
    """Build a stacked submission from a competition folder.

    Fits every member of the pipeline on every fold, blends what they predict for
    rows they were not fitted on, and writes submission.csv, oof.csv,
    test_predictions.csv, report.html, report.md and report.json into FOLDER/runs/.
    Finished fits are kept: the same command goes on where a crash or Ctrl-C stopped it.
    Where the sample asks for several targets, each gets a run, and one submission
    joins them. Where competition.toml says task = "text", members write texts, and
    the best of these is voted for (pipelines quick, standard and best).
    """
    options = TableOptions(
        memory_limit,
        fit_limit,
        backend,
        scheduler,
        folds,
        custom,
        oof,
        trust,
        word_maps,
        device,
    )
    seconds = parse_duration(time_limit) if time_limit is not None else None
    waiting = options.workers_ahead(context, jobs, seconds)
    from ensemble_kit.competition.text_competition import is_text_competition
    from ensemble_kit.tables.writing import require_parquet

    if is_text_competition(folder, metric):
        refuse_options(options.given() | {"--explain": explain, "--parquet": parquet})
        how = (seed, jobs, output, store, seconds, keep_models)
        submit_texts(folder, pipeline, metric, *how)
        return
    check_word_maps(word_maps, time_limit)
    if explain and not keep_models:
        raise PipelineError(
            "--explain needs the models that were fitted: leave --no-keep-models out"
        )
    if parquet:
        require_parquet()
    name = pipeline or ("best" if seconds else "standard")
    competitions, recipe = options.targets(folder, name, metric, seed)
    keep = "store" if keep_models else "nowhere"
    resources = replace(options.resources(jobs), keep=keep, waiting=waiting)
    base = output or folder
    more: dict[str, Any] = {"sections": word_map_section} if word_maps else {}
    _submit_targets(
        competitions, recipe, resources, base, store, seconds, more, explain, parquet
    )


def _submit_targets(
    competitions: Sequence["Competition"],
    recipe: "Pipeline",
    resources: "Resources",
    base: Path,
    store: Path | None,
    seconds: float | None,
    more: dict[str, Any],
    explain: bool,
    parquet: bool,
) -> None:
    """Make a run for each target, and write what joins them."""
    from ensemble_kit.reporting.prediction_files import write_parquet_files
    from ensemble_kit.reporting.submitting import Request, run_path
    from ensemble_kit.reporting.targets import (
        pipelines_of,
        shared_features,
        write_targets,
    )
    from ensemble_kit.store.store import Store

    share = None if seconds is None else seconds / len(competitions)
    pipelines = pipelines_of(recipe, competitions)
    requests = [
        Request(
            competition,
            own,
            Store(store or base / "store"),
            resources,
            run_path(base, competition, own, share, resources.megabytes),
            **more,
        )
        for competition, own in zip(competitions, pipelines, strict=True)
    ]
    with shared_features(base, competitions) as shared:
        written = _submit_each(requests, share, shared, explain)
    for each in written if parquet else ():
        write_parquet_files(each.run, each.folder, each.submission)
    if len(written) > 1:
        whole = shown(str(write_targets(written, base, recipe)), 4000)
        typer.echo(f"\n{len(written)} targets:\n{whole}")


def _explain(
    written: "Written", custom: Sequence[Path], clock: "Clock | None" = None
) -> None:
    """Measure what mattered, into the run's folder, before the clock's exit."""
    from ensemble_kit.reporting.explaining import explain_into
    from ensemble_kit.reporting.page.importance import explained_block
    from ensemble_kit.running.explaining.explained_run import ExplainedRun
    from ensemble_kit.running.finished.loaded_run import load_run

    run = load_run(written.folder, custom)
    explained = ExplainedRun(run, known=written.run.competition)
    end = None if clock is None else clock.leaving
    try:
        facts = explain_into(explained, end=end)
    except RunError as error:  # the run itself is whole
        typer.echo(f"not explained: {shown(error, 1000)}", err=True)
    else:
        typer.echo(f"\n{shown(explained_block(facts).sentence, 1000)}")


def _submit_each(
    requests: Sequence["Request"],
    seconds: float | None,
    shared: Path | None,
    explain: bool = False,
) -> list["Written"]:
    """Return what one run after the other has written, each within its seconds."""
    finished: list[Written] = []
    for request in requests:
        timed = replace(
            request,
            clock=make_clock(seconds, is_first=not finished, explain=explain),
            resources=replace(request.resources, shared=shared),
        )
        written, is_interrupted = run_watched(timed)
        show_run(written)
        if is_interrupted:
            raise KeyboardInterrupt
        if explain:
            _explain(written, request.resources.custom, timed.clock)
        finished.append(written)
    return finished
