"""Why a run predicts what it does."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ensemble_kit.cli.options import Custom
from ensemble_kit.cli.text_submission import refuse_options
from ensemble_kit.visible_text import shown

MOST_WORDS = 8
MOST_TEXTS = 5


def explain(
    run: Annotated[Path, typer.Argument(help="A folder below runs/.", exists=True)],
    group: Annotated[
        list[str] | None,
        typer.Option(help="Columns to shuffle together, by commas; repeatable."),
    ] = None,
    row: Annotated[
        str | None, typer.Option(help="Tell what the prediction of this id is made of.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=20, help="Rows to measure on, at most.")
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(min=1, help="Shuffles of each column.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The competition's folder, if it has moved.")
    ] = None,
    custom: Custom = None,
) -> None:
    """Tell which columns a run's score needs, and the words that push most.

    Every column is shuffled in turn, on out-of-fold rows by models that have not seen
    them. Written to explain.json and into the run's report.html. It needs the models
    of single folds, which ensemble-kit submit keeps unless told --no-keep-models.
    Of a run of texts, --row ID shows what members would write, and their votes.
    """
    from ensemble_kit.exceptions import RunError
    from ensemble_kit.reporting.explaining import explain_into
    from ensemble_kit.running.finished.text_models import (
        is_text_run,
        load_text_predictor,
    )

    if is_text_run(run):
        if row is None:
            raise RunError(
                "a run of texts has no columns to shuffle; --row ID tells what "
                "members would write for one row, and their votes"
            )
        refuse_options({"--group": group, "--rows": rows, "--repeats": repeats})
        _show_votes(load_text_predictor(run).row(row))
        return
    from ensemble_kit.running.explaining.explained_run import ExplainedRun
    from ensemble_kit.running.finished.loaded_run import load_run

    explained = ExplainedRun(load_run(run, custom or ()), data)
    if row is not None:
        _show_row(explained.row(row))
        return
    groups = [one.split(",") for one in group or ()]
    _show(explain_into(explained, groups, rows, repeats), run)


def _show(facts: dict[str, Any], run: Path) -> None:
    typer.echo(
        f"{facts['metric']} {facts['score']:.5f} on {facts['n_rows']:,} out-of-fold "
        f"rows; what it loses when a column is shuffled ({facts['repeats']} times):"
    )
    width = max(len(shown(", ".join(c["columns"]), 30)) for c in facts["columns"])
    for one in facts["columns"]:
        name = shown(", ".join(one["columns"]), 30)
        line = f"{name:{width}}  {one['loss']:+.5f}"
        if one["low"] is not None:
            line += f"  95 % interval {one['low']:+.5f} to {one['high']:+.5f}"
            line += "  noise" if one["low"] <= 0 <= one["high"] else ""
        typer.echo(line)
    for one in facts["words"]:
        words = [
            f'"{shown(word["word"], 30)}" {word["share"]:.1%}'
            for word in one["words"][:MOST_WORDS]
        ]
        where = f"{one['member']}, {one['column']}, towards {one['towards']}"
        typer.echo(f"{shown(where)} (in so many rows): {', '.join(words)}")
    for note in facts["notes"]:
        typer.echo(f"note: {note}")
    typer.echo(str(run / "report.html"))


def _show_words(one: dict[str, Any]) -> None:
    """Print the words of a row that push a member most, either way."""
    words = [
        f'"{shown(word["word"], 30)}" {word["push"]:+.3f}'
        for word in one["words"][:MOST_WORDS]
    ]
    where = f"{one['member']}, words of {one['column']}"
    typer.echo(f"  {shown(where)}: {', '.join(words)}")


def _show_votes(facts: dict[str, Any]) -> None:
    """Print what members would write for a row of texts, and their votes."""
    unseen = " by models that have not seen it" if facts["part"] == "train" else ""
    typer.echo(f"{shown(facts['id'])}: {shown(facts['predicted'], 200)!r}{unseen}")
    for one in facts["options"][:MOST_TEXTS]:
        typer.echo(f"  {one['votes']:.3f} of the votes  {shown(one['text'], 200)!r}")
    for one in facts["members"]:
        texts = ", ".join(
            f"{shown(text, 60)!r} {chance:.3f}"
            for text, chance in one["texts"][:MOST_TEXTS]
        )
        name = shown(one["member"], 30)
        typer.echo(f"{name:20}  weight {one['weight']:.3f}  {texts}")


def _show_row(facts: dict[str, Any]) -> None:
    unseen = " by models that have not seen it" if facts["part"] == "train" else ""
    typer.echo(
        f"{shown(facts['id'])}: {shown(facts['of'])} {facts['predicted']:.5f}{unseen}"
    )
    for one in facts["members"]:
        weight = "" if one["weight"] is None else f"  weight {one['weight']:.3f}"
        typer.echo(f"  {shown(one['member'], 30):30}  {one['predicted']:.5f}{weight}")
    typer.echo("with the cell of another row in its place, on average:")
    for one in facts["columns"]:
        name, cell = shown(one["column"], 30), shown(one["cell"] or "nothing", 40)
        typer.echo(
            f"  {name} = {cell}: {one['without']:+.5f} (size {one['change']:.5f})"
        )
    if facts["words"]:
        typer.echo(f"words that push towards {shown(facts['of'])} (+) or away (-):")
    for one in facts["words"]:
        _show_words(one)
