"""Small tables, lists of numbers and output files of the commands."""

from pathlib import Path
from typing import TYPE_CHECKING

from ensemble_kit.exceptions import EnsembleKitError
from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    import pandas as pd


class CallError(EnsembleKitError, ValueError):
    """An option or argument of a command that cannot be understood."""


def numbers_of(text: str | None, option: str) -> list[float] | None:
    """Return the numbers of a list such as ``2,1,1``."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.replace(",", " ").split()]
    except ValueError as error:
        raise CallError(
            f"{option}: expected numbers like 2,1,1, found {text!r}"
        ) from error


def check_output(path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a file that could not be written, before any work is done."""
    if not path.parent.is_dir():
        raise CallError(f"{path}: the folder {path.parent} does not exist")
    if path.suffix.lower() not in endings:
        raise CallError(f"{path}: expected a name ending in {', '.join(endings)}")


def show_table(title: str, table: "pd.DataFrame", digits: int = 4) -> None:
    """Print a table: numbers to the right, with the same number of digits."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=escape(shown(title)), title_justify="left", box=box.SIMPLE_HEAD)
    for name, dtype in table.dtypes.items():
        right = dtype.kind in "fi"
        drawn.add_column(
            escape(shown(str(name).replace("_", " "))),
            justify="right" if right else "left",
            overflow="fold",
        )
    for row in table.itertuples(index=False):
        drawn.add_row(*(Text(_cell(value, digits)) for value in row))
    Console().print(drawn)


def _cell(value: object, digits: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "-" if value != value else f"{value:.{digits}f}"
    return shown(value)
