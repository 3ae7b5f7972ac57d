"""A score that can be believed: hide labels, run as usual, score once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
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
from ensemble_kit.cli.text_submission import hold_texts_out, refuse_options
from ensemble_kit.quantities import parse_duration

if TYPE_CHECKING:
    from ensemble_kit.competition.competition import Competition
    from ensemble_kit.pipeline.spec import Pipeline
    from ensemble_kit.running.run_pipeline import Resources


def holdout(
    context: typer.Context,
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
    device: Device = "auto",
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
    if is_text_competition(folder, metric):
        refuse_options(options.given() | {"--time-limit": time_limit})
        scores = hold_texts_out(
            folder, fraction, repeats, pipeline, metric, seed, jobs, output, store
        )
        if repeats > 1:
            _show_repeats(metric or "score", scores)
        return
    seconds = parse_duration(time_limit) if time_limit is not None else None
    check_word_maps(word_maps, time_limit)
    waiting = options.workers_ahead(context, jobs, seconds)
    name = pipeline or ("best" if seconds else "standard")
    competitions, recipe = options.targets(folder, name, metric, seed)
    base, n_runs = output or folder, repeats * len(competitions)
    share = None if seconds is None else seconds / n_runs
    sections = {"sections": word_map_section} if word_maps else {}
    hide = partial(
        _hold_out,
        fraction=fraction,
        base=base,
        store=store or base / "store",
        resources=replace(options.resources(jobs), waiting=waiting),
        seconds=share,
        sections=sections,
    )
    _hold_targets_out(competitions, recipe, (seed or 0, repeats), hide)


def _hold_targets_out(
    competitions: Sequence["Competition"],
    recipe: "Pipeline",
    draws: tuple[int, int],
    hide: Callable[..., dict[str, Any]],
) -> None:
    """Hold rows of each target out, once for each seed, and show what they scored."""
    from ensemble_kit.reporting.targets import pipelines_of

    pipelines, (seed, repeats) = pipelines_of(recipe, competitions), draws
    scores: list[list[float]] = [[] for _ in competitions]
    for repeat in range(repeats):
        for at, (competition, own) in enumerate(
            zip(competitions, pipelines, strict=True)
        ):
            is_first = repeat == at == 0
            facts = hide(competition, own, seed=seed + repeat, is_first=is_first)
            scores[at].append(facts["score"])
    for competition, of_target in zip(competitions, scores, strict=True):
        of = f" of {competition.target}" if len(competitions) > 1 else ""
        if repeats * len(competitions) > 1:
            _show_repeats(f"{competition.metric.name}{of}", of_target)


def _hold_out(
    competition: "Competition",
    recipe: "Pipeline",
    *,
    fraction: float,
    seed: int,
    base: Path,
    store: Path,
    resources: "Resources",
    seconds: float | None,
    is_first: bool,
    sections: dict[str, Any],
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
        **sections,
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
