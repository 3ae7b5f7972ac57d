"""What is kept of finished fits: its size, its soundness, and sharing it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ensemble_kit.quantities import format_megabytes, parse_duration, parse_size

Place = Annotated[
    Path,
    typer.Argument(help="A competition's folder, or a store.", show_default=False),
]
MAX_LISTED = 20
app = typer.Typer(
    name="store",
    help="What is kept of finished fits: size, prune, verify, export, import.",
    no_args_is_help=True,
)


@app.command()
def size(folder: Place) -> None:
    """Tell how many fits and models are kept, and what they take."""
    from ensemble_kit.store.housekeeping import list_entries, list_vectors

    entries = list(list_entries(_open(folder)))
    vectors = [stored.n_bytes for stored in list_vectors(_open(folder))]
    for name, is_kept in (("fits and probes", False), ("kept models", True)):
        part = [entry.n_bytes for entry in entries if entry.is_kept == is_kept]
        typer.echo(f"{name:16}{len(part):7}  {_megabytes(sum(part)):>10}")
    if vectors:
        label = "encoded texts"
        typer.echo(f"{label:16}{len(vectors):7}  {_megabytes(sum(vectors)):>10}")


@app.command()
def prune(
    folder: Place,
    older_than: Annotated[
        str | None, typer.Option(help="Take away what is older: 36h, 14d.")
    ] = None,
    keep: Annotated[
        str | None, typer.Option(help="Take away the oldest beyond a size: 500M, 5G.")
    ] = None,
) -> None:
    """Take old entries away; whatever is wanted again is fitted again."""
    import time

    from ensemble_kit.store.housekeeping import prune as prune_store

    if older_than is None and keep is None:
        raise typer.BadParameter("say --older-than, --keep or both")
    seconds = None if older_than is None else parse_duration(older_than)
    n_bytes = None if keep is None else parse_size(keep) * 2**20
    pruned = prune_store(_open(folder), time.time(), seconds, n_bytes)
    freed = _megabytes(sum(entry.n_bytes for entry in pruned))
    typer.echo(f"{len(pruned)} entries taken away, {freed} freed")


@app.command()
def verify(folder: Place) -> None:
    """Check every byte; damaged entries are taken away. Exit code 1 if there are."""
    from ensemble_kit.store.housekeeping import find_damaged, list_entries

    store = _open(folder)
    damaged = find_damaged(store)
    n_sound = sum(1 for _ in list_entries(store))
    _list_faults(damaged)
    typer.echo(f"{n_sound} entries are sound, {len(damaged)} were damaged")
    if damaged:
        raise typer.Exit(1)


@app.command(name="export")
def export_(
    folder: Place,
    output: Annotated[Path, typer.Argument(metavar="OUT.zip")],
    models: Annotated[
        bool, typer.Option(help="Kept models too: far larger than predictions.")
    ] = True,
) -> None:
    """Write all entries into one zip file."""
    from ensemble_kit.store.archive import export_entries

    number = export_entries(_open(folder), output, models)
    typer.echo(f"{output}: {number} entries, {_megabytes(output.stat().st_size)}")


@app.command(name="import")
def import_(
    folder: Place,
    source: Annotated[Path, typer.Argument(metavar="IN.zip", exists=True)],
    max_size: Annotated[
        str | None, typer.Option(help="The most one entry may unpack to; 8G.")
    ] = None,
    max_ratio: Annotated[
        int | None, typer.Option(help="And how many times its packed size; 200.")
    ] = None,
) -> None:
    """Take in the entries that a team mate has exported, each one checked."""
    from ensemble_kit.store.archive import import_entries
    from ensemble_kit.untrusted import Limits

    given = {
        "entry_bytes": None if max_size is None else _bytes(max_size),
        "ratio": max_ratio,
    }
    limits = Limits(**{name: v for name, v in given.items() if v is not None})
    imported = import_entries(_open(folder, make=True), source, limits)
    _list_faults(imported.faults)
    typer.echo(
        f"{imported.n_new} entries taken in, {imported.n_known} known, "
        f"{imported.n_damaged} damaged and left out"
    )


def _list_faults(faults: Mapping[str, str]) -> None:
    """Print the first entries that are damaged, and why."""
    for number, (key, fault) in enumerate(faults.items()):
        if number == MAX_LISTED:
            typer.echo(f"... and {len(faults) - MAX_LISTED} more", err=True)
            break
        typer.echo(f"{key[:80]}: {fault[:300]}", err=True)


def _open(folder: Path, make: bool = False) -> Any:
    """Return the store of a competition's folder, or the folder itself as one."""
    from ensemble_kit.exceptions import StoreError
    from ensemble_kit.store.store import Store

    inner = folder / "store"
    if inner.is_dir() or (make and (folder / "train.csv").is_file()):
        return Store(inner)
    if any(folder.glob("??/" + "?" * 64)) or make:
        return Store(folder)
    raise StoreError(f"no store in {folder}: expected {inner}")


def _bytes(text: str) -> int:
    return int(parse_size(text) * 2**20)


def _megabytes(n_bytes: float) -> str:
    return format_megabytes(n_bytes / 2**20)
