"""A score that can be believed: hide labels, run as usual, score once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ensemble_kit.cli.options import Folder, RunOptions, spreading_options
from ensemble_kit.cli.terminal.watching import make_clock, run_watched, show_run
from ensemble_kit.cli.text_submission import hold_texts_out, refuse_options

if TYPE_CHECKING:
    from ensemble_kit.reporting.submitting import Request


@spreading_options
def holdout(
    context: typer.Context,
    folder: Folder,
    fraction: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of rows to hide.")
    ] = 0.2,
    repeats: Annotated[
        int, typer.Option(min=1, help="Do it again with the next seeds.")
    ] = 1,
    *,
    options: RunOptions,
) -> None:
    """Hide the labels of some training rows, make the ordinary run, score it once.

    The rows in question are treated as a test file: no fold, blend or threshold
    sees their labels. The same command gives the same figures. Where the sample asks
    for several targets, each is hidden, predicted and scored in turn.
    """
    from ensemble_kit.competition.text_competition import is_text_competition

    if is_text_competition(folder, options.metric):
        refuse_options(options.of_tables() | {"--time-limit": options.time_limit})
        scores = hold_texts_out(folder, options, fraction, repeats)
        if repeats > 1:
            _show_repeats(options.metric or "score", scores)
        return
    sections, waiting = options.sections(), options.workers_ahead(context)
    from ensemble_kit.reporting.targets import target_requests
    from ensemble_kit.store.store import Store

    competitions, recipe = options.targets(folder)
    requests = target_requests(
        recipe,
        competitions,
        Store(options.store_of(folder)),
        options.resources(waiting=waiting),
        lambda competition, own: options.place(folder) / "runs" / "holdout",
        sections,
    )
    n_runs = repeats * len(requests)
    seconds = None if options.seconds is None else options.seconds / n_runs
    draws = range(options.seed or 0, (options.seed or 0) + repeats)
    _hold_targets_out(requests, fraction, draws, seconds)


def _hold_targets_out(
    requests: Sequence["Request"],
    fraction: float,
    draws: Sequence[int],
    seconds: float | None,
) -> None:
    """Hold rows of each target out, once for each draw, and show what they scored."""
    scores: list[list[float]] = [[] for _ in requests]
    for draw in draws:
        for request, of_target in zip(requests, scores, strict=True):
            clock = make_clock(seconds, is_first=not scores[0])
            facts = _hold_out(replace(request, clock=clock), fraction, draw, seconds)
            of_target.append(facts["score"])
    for request, of_target in zip(requests, scores, strict=True):
        competition = request.competition
        of = f" of {competition.target}" if len(requests) > 1 else ""
        if len(draws) * len(requests) > 1:
            _show_repeats(f"{competition.metric.name}{of}", of_target)


def _hold_out(
    request: "Request", fraction: float, draw: int, seconds: float | None
) -> dict[str, Any]:
    """Make one holdout run and return its section of the report."""
    from ensemble_kit.quantities import format_score
    from ensemble_kit.reporting.submitting import with_holdout

    written, is_interrupted = run_watched(
        with_holdout(request, fraction, draw, seconds)
    )
    show_run(written)
    facts = written.report["holdout"]
    score = facts["score"]
    low, high = (format_score(end, score) for end in facts["interval"])
    typer.echo(
        f"{request.competition.metric.name} on {facts['n_rows']:,} hidden rows: "
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
