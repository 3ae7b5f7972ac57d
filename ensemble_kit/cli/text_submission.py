"""``submit``, ``holdout`` and ``check`` for a folder whose target is a text."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ensemble_kit.competition.text_competition import TextCompetition
    from ensemble_kit.reporting.text_run import TextRun


def refuse_options(given: Mapping[str, object]) -> None:
    """Refuse options that a run of texts does not have, all at once.

    Raises
    ------
    PipelineError
    """
    from ensemble_kit.exceptions import PipelineError, problems

    mistakes = [
        f"{name}: not there where the target is a text" for name in given if given[name]
    ]
    if mistakes:
        raise PipelineError(problems("the call", mistakes))


def submit_texts(
    folder: Path,
    pipeline: str | None,
    metric: str | None,
    seed: int | None,
    jobs: int | None,
    output: Path | None,
    store: Path | None,
) -> None:
    """Write a submission of texts: members on every fold, and a vote over them."""
    from ensemble_kit.competition.text_competition import load_text_competition

    competition = load_text_competition(folder, metric)
    base = output or folder
    name = pipeline or "standard"
    run = _run(competition, name, name, seed or 0, jobs, base, store or base / "store")
    typer.echo(shown(f"wrote {run.folder / 'submission.csv'}", 1000))


def hold_texts_out(
    folder: Path,
    fraction: float,
    repeats: int,
    pipeline: str | None,
    metric: str | None,
    seed: int | None,
    jobs: int | None,
    output: Path | None,
    store: Path | None,
) -> list[float]:
    """Hide the texts of some training rows, make the run, and score it once.

    Returns
    -------
    list of float
        A score for each repeat.
    """
    from ensemble_kit.competition.text_competition import load_text_competition
    from ensemble_kit.quantities import format_score

    whole, base = load_text_competition(folder, metric), output or folder
    scores = []
    for repeat in range(repeats):
        draw = (seed or 0) + repeat
        competition, truth = whole.hide(fraction, draw)
        name = pipeline or "standard"
        run = _run(
            competition,
            name,
            f"holdout-{name}",
            seed or 0,
            jobs,
            base,
            store or base / "store",
            truth,
        )
        told = run.facts["holdout"]
        low, high = (format_score(end, told["score"]) for end in told["interval"])
        typer.echo(
            f"{competition.metric.name} on {told['n_rows']:,} hidden rows: "
            f"{format_score(told['score'])}  (95 % interval {low} to {high})"
        )
        scores.append(float(told["score"]))
    return scores


def check_texts(folder: Path, metric: str | None) -> None:
    """Tell what was understood of a folder whose target is a text."""
    from ensemble_kit.competition.text_competition import load_text_competition
    from ensemble_kit.competition.text_facts import describe_texts

    for line in describe_texts(load_text_competition(folder, metric)):
        typer.echo(shown(line, 1000))


def _run(
    competition: "TextCompetition",
    pipeline: str,
    name: str,
    seed: int,
    jobs: int | None,
    output: Path,
    store: Path,
    truth: "NDArray[np.object_] | None" = None,
) -> "TextRun":
    """Make a run and tell how it goes."""
    from ensemble_kit.processes import count_cores
    from ensemble_kit.quantities import format_score
    from ensemble_kit.reporting.text_run import run_texts
    from ensemble_kit.running.texts.text_folds import VOTE
    from ensemble_kit.running.texts.text_members import text_members
    from ensemble_kit.store.store import Store

    members = text_members(pipeline, seed)
    head = (
        f"{competition.name}: {len(competition.y)} training rows, "
        f"{len(competition.X_test)} test rows; {competition.metric.name} "
        f"{competition.metric.sign}; members {', '.join(members)}"
    )
    for line in (head, *competition.notes):
        typer.echo(shown(line, 1000))
    run = run_texts(
        competition,
        members,
        name=name,
        output=output,
        store=Store(store),
        seed=seed,
        n_jobs=jobs or count_cores(),
        truth=truth,
        on_note=typer.echo,
    )
    for member, score in run.blend.scores.items():
        weight = run.facts["weights"][VOTE].get(member)
        told = "" if weight is None else f", weight {weight:.2f}"
        typer.echo(f"  {member}: {format_score(score)}{told}")
    return run
