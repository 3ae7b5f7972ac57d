"""``submit``, ``holdout`` and ``check`` for a folder whose target is a text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ensemble_kit.exceptions import PipelineError, RunError, problems
from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ensemble_kit.cli.options import RunOptions
    from ensemble_kit.competition.text_competition import TextCompetition
    from ensemble_kit.reporting.text_run import TextRun
    from ensemble_kit.running.texts.text_fitting import TextWork


def refuse_options(given: Mapping[str, object]) -> None:
    """Refuse options that a run of texts does not have, all at once.

    Raises
    ------
    PipelineError
    """
    mistakes = [
        f"{name}: not there where the target is a text" for name in given if given[name]
    ]
    if mistakes:
        raise PipelineError(problems("the call", mistakes))


def submit_texts(folder: Path, options: "RunOptions", keep_models: bool = True) -> None:
    """Write a submission of texts: members on every fold, and a vote over them."""
    from ensemble_kit.competition.text_competition import load_text_competition
    from ensemble_kit.reporting.run_folder import PARTIAL

    competition = load_text_competition(folder, options.metric)
    run, is_interrupted = _run(competition, folder, options, keep_models)
    file = PARTIAL if is_interrupted else "submission.csv"
    typer.echo(shown(f"wrote {run.folder / file}", 1000))
    if is_interrupted:
        raise KeyboardInterrupt(run.facts["stopped"])


def hold_texts_out(
    folder: Path, options: "RunOptions", fraction: float, repeats: int
) -> list[float]:
    """Hide the texts of some training rows, make the run, and score it once.

    Returns
    -------
    list of float
        A score for each repeat.
    """
    from ensemble_kit.competition.text_competition import load_text_competition
    from ensemble_kit.quantities import format_score

    whole, seed = load_text_competition(folder, options.metric), options.seed or 0
    scores = []
    for draw in range(seed, seed + repeats):
        competition, truth = whole.hide(fraction, draw)
        run, is_interrupted = _run(
            competition, folder, options, keep_models=False, truth=truth
        )
        if is_interrupted:
            raise KeyboardInterrupt(run.facts["stopped"])
        facts = run.facts["holdout"]
        low, high = (format_score(end, facts["score"]) for end in facts["interval"])
        typer.echo(
            f"{competition.metric.name} on {facts['n_rows']:,} hidden rows: "
            f"{format_score(facts['score'])}  (95 % interval {low} to {high})"
        )
        scores.append(float(facts["score"]))
    return scores


def check_texts(folder: Path, metric: str | None) -> None:
    """Tell what was understood of a folder whose target is a text."""
    from ensemble_kit.competition.text_competition import load_text_competition
    from ensemble_kit.competition.text_facts import describe_texts

    for line in describe_texts(load_text_competition(folder, metric)):
        typer.echo(shown(line, 1000))


def _run(
    competition: "TextCompetition",
    folder: Path,
    options: "RunOptions",
    keep_models: bool,
    truth: "NDArray[np.object_] | None" = None,
) -> tuple["TextRun", bool]:
    """Make a run, tell how it goes, and return it with whether it was stopped."""
    from ensemble_kit.cli.terminal.watching import floor_line, make_clock
    from ensemble_kit.reporting.text_run import run_texts
    from ensemble_kit.running.texts.text_members import text_members

    pipeline, seed, seconds = options.pipeline_name, options.seed or 0, options.seconds
    members, clock = text_members(pipeline, seed), make_clock(seconds)
    for line in (_head(competition, members), *competition.notes):
        typer.echo(shown(line, 1000))
    if clock is not None and clock.limit < clock.floor:
        typer.echo(floor_line(clock))
    end = None if clock is None else clock.end - clock.reserve(0.0)
    with _text_work(folder, options, keep_models, end) as work:
        run = run_texts(
            competition,
            members,
            work,
            name=pipeline if truth is None else f"holdout-{pipeline}",
            output=options.place(folder),
            seed=seed,
            truth=truth,
            limit=seconds,
        )
    _tell_scores(run)
    return run, bool(run.facts["stopped"])


@contextmanager
def _text_work(
    folder: Path, options: "RunOptions", keep_models: bool, end: float | None
) -> Iterator["TextWork"]:
    """Yield how members are fitted, until Ctrl-C or the end of the time they have.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C came before there was anything to write.
    """
    from ensemble_kit.processes import count_cores
    from ensemble_kit.running.texts.text_fitting import TextWork
    from ensemble_kit.running.watched.interrupts import EARLY, Interrupts
    from ensemble_kit.store.store import Store

    with Interrupts(typer.echo) as interrupts:
        try:
            yield TextWork(
                options.jobs or count_cores(),
                Store(options.store_of(folder)),
                keep_models,
                end,
                interrupts.happened,
                typer.echo,
            )
        except RunError as error:
            if interrupts.happened():
                raise KeyboardInterrupt(EARLY) from error
            raise


def _head(competition: "TextCompetition", members: Mapping[str, object]) -> str:
    metric = competition.metric
    return (
        f"{competition.name}: {len(competition.y)} training rows, "
        f"{len(competition.X_test)} test rows; {metric.name} {metric.sign}; "
        f"members {', '.join(members)}"
    )


def _tell_scores(run: "TextRun") -> None:
    from ensemble_kit.quantities import format_score
    from ensemble_kit.running.texts.text_folds import VOTE

    for member, score in run.blend.scores.items():
        weight = run.facts["weights"][VOTE].get(member)
        weighed = "" if weight is None else f", weight {weight:.2f}"
        typer.echo(f"  {member}: {format_score(score)}{weighed}")
    for member, why in run.facts["failures"].items():
        typer.echo(shown(f"  {member}: left out, {why}", 1000))
