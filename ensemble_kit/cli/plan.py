"""What a run would fit, what is stored already, and why a key differs."""

from typing import Any

import typer

from ensemble_kit.cli.options import (
    Custom,
    Folder,
    MetricName,
    Output,
    PipelineName,
    Seed,
    StoreFolder,
    prepare,
)


def plan(
    folder: Folder,
    pipeline: PipelineName = "standard",
    metric: MetricName = None,
    seed: Seed = None,
    output: Output = None,
    store: StoreFolder = None,
    custom: Custom = None,
) -> None:
    """Show what submit would fit, what is stored, and what has changed since.

    Nothing is fitted. Levels above the first are counted as they would be if every
    member below them lived.
    """
    from rich.console import Console
    from rich.table import Table

    from ensemble_kit.oof.store import Store
    from ensemble_kit.pipeline.planning import plan_notes, plan_pipeline

    competition, recipe = prepare(folder, pipeline, metric, seed, custom)
    rows = plan_pipeline(
        competition, recipe, Store(store or (output or folder) / "store")
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("member", "level", "fits", "stored", "why not"):
        table.add_column(
            name, justify="right" if name in ("fits", "stored") else "left"
        )
    for row in rows:
        table.add_row(*(str(value) for value in _cells(row)))
    Console().print(table)
    for line in plan_notes(competition, recipe):
        typer.echo(line)
    missing = sum(row.n_fits - row.n_stored for row in rows)
    typer.echo(f"{missing} fits to do")


def _cells(row: Any) -> tuple[Any, ...]:
    return row.member, row.level, row.n_fits, row.n_stored, row.reason
