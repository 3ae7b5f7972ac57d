"""``submit`` for a folder whose competition.toml says ``task = "text"``."""

from collections.abc import Mapping
from pathlib import Path

import typer

from ensemble_kit.visible_text import shown


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
    from ensemble_kit.processes import count_cores
    from ensemble_kit.quantities import format_score
    from ensemble_kit.reporting.text_run import run_texts
    from ensemble_kit.running.text_members import text_members
    from ensemble_kit.store.store import Store

    name, base = pipeline or "standard", output or folder
    members = text_members(name, seed or 0)
    competition = load_text_competition(folder, metric)
    typer.echo(
        shown(
            f"{competition.name}: {len(competition.y)} training rows, "
            f"{len(competition.X_test)} test rows; {competition.metric.name} "
            f"{competition.metric.sign}; members {', '.join(members)}",
            1000,
        )
    )
    for note in competition.notes:
        typer.echo(shown(note, 1000))
    run = run_texts(
        competition,
        members,
        name=name,
        output=base,
        store=Store(store or base / "store"),
        seed=seed or 0,
        n_jobs=jobs or count_cores(),
        on_note=typer.echo,
    )
    for member, score in run.blend.scores.items():
        weight = run.facts["weights"].get(member)
        told = "" if weight is None else f", weight {weight:.2f}"
        typer.echo(f"  {member}: {format_score(score)}{told}")
    typer.echo(shown(f"wrote {run.folder / 'submission.csv'}", 1000))
