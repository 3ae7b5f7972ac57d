"""What a run would fit, what is stored already, and why a key differs."""

from typing import TYPE_CHECKING

import typer

from ensemble_kit.cli.options import (
    Custom,
    Device,
    Folder,
    FoldsOption,
    Foreign,
    Jobs,
    MemoryLimit,
    MetricName,
    Output,
    Seed,
    StoreFolder,
    TimeLimit,
    TimeLimitedPipeline,
    Trust,
    prepare,
)
from ensemble_kit.processes import count_cores
from ensemble_kit.quantities import parse_duration, parse_size

if TYPE_CHECKING:
    from ensemble_kit.running.preparing.prepare import PreparedRun
    from ensemble_kit.running.timed.preview import PlannedMember
    from ensemble_kit.store.store import Store


def plan(
    folder: Folder,
    pipeline: TimeLimitedPipeline = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    jobs: Jobs = None,
    metric: MetricName = None,
    seed: Seed = None,
    folds: FoldsOption = None,
    output: Output = None,
    store: StoreFolder = None,
    custom: Custom = None,
    oof: Foreign = None,
    trust: Trust = False,
    device: Device = "auto",
) -> None:
    """Show what submit would fit, what is stored, and what has changed since.

    Nothing is fitted. Levels above the first are counted as they would be if every
    member below them lived. With --time-limit or --memory-limit: the schedule as it
    is predicted, from shipped rates corrected by what the store has measured.
    """
    from rich.console import Console
    from rich.table import Table

    from ensemble_kit.running.preparing.prepare import prepare_run
    from ensemble_kit.running.timed.preview import plan_pipeline
    from ensemble_kit.store.store import Store

    seconds = None if time_limit is None else parse_duration(time_limit)
    megabytes = None if memory_limit is None else parse_size(memory_limit)
    name = pipeline or ("best" if seconds else "standard")
    competition, recipe = prepare(
        folder, name, metric, seed, custom, folds, oof, trust, device
    )
    fits = Store(store or (output or folder) / "store")
    prepared = prepare_run(competition, recipe, seconds)
    if seconds or megabytes:
        _show_forecast(prepared, fits, jobs or count_cores(), megabytes)
        return
    rows = plan_pipeline(prepared, fits)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("member", "level", "fits", "stored", "why not"):
        table.add_column(
            name, justify="right" if name in ("fits", "stored") else "left"
        )
    for row in rows:
        table.add_row(*(str(value) for value in _cells(row)))
    Console().print(table)
    for line in prepared.objectives:
        typer.echo(line)
    missing = sum(row.n_fits - row.n_stored for row in rows if row.level)
    typer.echo(f"{missing} fits to do")


def _show_forecast(
    prepared: "PreparedRun", fits: "Store", jobs: int, megabytes: float | None
) -> None:
    """Show the predicted schedule as a table with a time line."""
    from rich.console import Console

    from ensemble_kit.cli.terminal.timeline import timeline_table
    from ensemble_kit.quantities import format_seconds
    from ensemble_kit.running.timed.forecast import forecast

    lines, seconds = forecast(prepared, fits, jobs, megabytes), prepared.limit
    Console().print(timeline_table(lines, seconds))
    n_fits, n_done = (sum(getattr(x, n) for x in lines) for n in ("n_fits", "n_done"))
    end = max((end for line in lines for _, end in line.spans), default=0.0)
    by = format_seconds(min(end, seconds or end))
    typer.echo(f"{n_done} of {n_fits} fits by {by} on {jobs} workers, as predicted")
    for line in prepared.notes:
        typer.echo(line)


def _cells(row: "PlannedMember") -> tuple[str | int, ...]:
    return row.member, row.level or "", row.n_fits, row.n_stored, row.reason
