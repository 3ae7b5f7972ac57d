"""A score that can be believed: hide labels, run as usual, score once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ensemble_kit.cli.options import (
    Backend,
    Custom,
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
    TimeLimit,
    TimeLimitedPipeline,
    Trust,
    WordMaps,
    check_word_maps,
    make_resources,
    prepare_targets,
)
from ensemble_kit.cli.terminal.watching import (
    make_clock,
    run_watched,
    show_run,
    word_map_section,
)
from ensemble_kit.cli.text_submission import hold_texts_out, refuse_options
from ensemble_kit.quantities import parse_duration

if TYPE_CHECKING:
    from ensemble_kit.competition.competition import Competition
    from ensemble_kit.pipeline.spec import Pipeline
    from ensemble_kit.running.run_pipeline import Resources


def holdout(
    folder: Folder,
    fraction: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of rows to hide.")
    ] = 0.2,
    repeats: Annotated[
        int, typer.Option(min=1, help="Do it again with the next seeds.")
    ] = 1,
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
    output: Output = None,
    store: StoreFolder = None,
    custom: Custom = None,
    oof: Foreign = None,
    trust: Trust = False,
    word_maps: WordMaps = False,
) -> None:
    """Hide the labels of some training rows, make the ordinary run, score it once.

    The rows in question are treated as a test file: no fold, blend or threshold
    sees their labels. The same command gives the same figures. Where the sample asks
    for several targets, each is hidden, predicted and scored in turn.
    """
    from ensemble_kit.competition.text_competition import is_text_competition
    from ensemble_kit.reporting.targets import pipelines_of

    if is_text_competition(folder, metric):
        refuse_options(
            {
                "--time-limit": time_limit,
                "--memory-limit": memory_limit,
                "--fit-limit": fit_limit,
                "--backend": backend != "processes",
                "--folds": folds,
                "--custom": custom,
                "--oof": oof,
                "--word-maps": word_maps,
            }
        )
        scores_of_repeats = hold_texts_out(
            folder, fraction, repeats, pipeline, metric, seed, jobs, output, store
        )
        if repeats > 1:
            _show_repeats(metric or "score", scores_of_repeats)
        return
    seconds = parse_duration(time_limit) if time_limit is not None else None
    check_word_maps(word_maps, time_limit)
    name = pipeline or ("best" if seconds else "standard")
    competitions, recipe = prepare_targets(
        folder, name, metric, seed, custom, folds, oof, trust
    )
    pipelines = pipelines_of(recipe, competitions)
    base = output or folder
    n_runs = repeats * len(competitions)
    scores: list[list[float]] = [[] for _ in competitions]
    for number in range(n_runs):
        repeat, at = divmod(number, len(competitions))
        facts = _one(
            competitions[at],
            pipelines[at],
            fraction,
            (seed or 0) + repeat,
            base,
            store or base / "store",
            make_resources(jobs, memory_limit, fit_limit, custom, backend, scheduler),
            None if seconds is None else seconds / n_runs,
            number == 0,
            word_maps,
        )
        scores[at].append(facts["score"])
    for competition, scores_of_repeats in zip(competitions, scores, strict=True):
        of = f" of {competition.target}" if len(competitions) > 1 else ""
        if n_runs > 1:
            _show_repeats(f"{competition.metric.name}{of}", scores_of_repeats)


def _one(
    competition: "Competition",
    recipe: "Pipeline",
    fraction: float,
    seed: int,
    base: Path,
    store: Path,
    resources: "Resources",
    seconds: float | None,
    is_first: bool,
    word_maps: bool,
) -> dict[str, Any]:
    """Make one holdout run and return its section of the report."""
    from ensemble_kit.quantities import format_score
    from ensemble_kit.reporting.submitting import Request, with_holdout
    from ensemble_kit.store.store import Store

    request = Request(
        competition,
        recipe,
        Store(store),
        resources,
        base / "runs" / "holdout",
        make_clock(seconds, is_first),
        word_map_section if word_maps else lambda run, folder: {},
    )
    request = with_holdout(request, fraction, seed, seconds)
    written, is_interrupted = run_watched(request)
    show_run(written)
    facts = written.report["holdout"]
    score = facts["score"]
    low, high = (format_score(end, score) for end in facts["interval"])
    typer.echo(
        f"{competition.metric.name} on {facts['n_rows']:,} hidden rows: "
        f"{format_score(score)}  (95 % interval {low} to {high})"
    )
    if is_interrupted:
        raise KeyboardInterrupt
    return facts


def _show_repeats(metric: str, scores: list[float]) -> None:
    from statistics import mean, stdev

    from ensemble_kit.quantities import format_score

    center = mean(scores)
    if len(scores) == 1:
        typer.echo(f"{metric}: {format_score(center)}")
        return
    typer.echo(
        f"{metric} over {len(scores)} holdouts: mean {format_score(center)}, "
        f"standard deviation {format_score(stdev(scores), center)}"
    )
