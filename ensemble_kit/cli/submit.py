"""The main job: a competition folder in, a stacked submission out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ensemble_kit.cli.options import Folder, RunOptions, spreading_options
from ensemble_kit.cli.terminal.watching import make_clock, run_watched, show_run
from ensemble_kit.cli.text_submission import refuse_options, submit_texts
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    from ensemble_kit.pipeline.spec import Pipeline
    from ensemble_kit.reporting.submitting import Request, Written
    from ensemble_kit.running.timed.clock import Clock


@spreading_options
def submit(
    context: typer.Context,
    folder: Folder,
    options: RunOptions,
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
    waiting = options.workers_ahead(context)  # before what takes a while to import
    from ensemble_kit.competition.text_competition import is_text_competition
    from ensemble_kit.reporting.submitting import run_path
    from ensemble_kit.reporting.targets import shared_features, target_requests
    from ensemble_kit.store.store import Store

    if is_text_competition(folder, options.metric):
        absent = {"--explain": explain, "--parquet": parquet}
        refuse_options(options.of_tables() | absent)
        submit_texts(folder, options, keep_models)
        return
    sections = options.sections()
    _refuse_what_cannot_end(keep_models, explain, parquet)
    base, (competitions, recipe) = options.place(folder), options.targets(folder)
    resources = options.resources("store" if keep_models else "nowhere", waiting)
    share = None if options.seconds is None else options.seconds / len(competitions)
    requests = target_requests(
        recipe,
        competitions,
        Store(options.store_of(folder)),
        resources,
        lambda competition, own: run_path(
            base, competition, own, share, resources.megabytes
        ),
        sections,
    )
    with shared_features(base, competitions) as shared:
        written = _submit_each(requests, share, shared, explain)
    _write_beside(written, base, recipe, parquet)


def _refuse_what_cannot_end(keep_models: bool, explain: bool, parquet: bool) -> None:
    """Refuse before any fit what could not be done after all of them."""
    from ensemble_kit.tables.writing import require_parquet

    if explain and not keep_models:
        raise PipelineError(
            "--explain needs the models that were fitted: leave --no-keep-models out"
        )
    if parquet:
        require_parquet()


def _write_beside(
    written: Sequence["Written"], base: Path, recipe: "Pipeline", parquet: bool
) -> None:
    """Write what stands beside the files of the runs: Parquet, and targets joined."""
    from ensemble_kit.reporting.prediction_files import write_parquet_files
    from ensemble_kit.reporting.targets import write_targets

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
