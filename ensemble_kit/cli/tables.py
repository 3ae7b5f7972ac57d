"""Small tables and lists of numbers for the terminal."""

from typing import TYPE_CHECKING

from ensemble_kit.exceptions import EnsembleKitError

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


def show_table(title: str, table: "pd.DataFrame", digits: int = 4) -> None:
    """Print a table: numbers to the right, with the same number of digits."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name, dtype in table.dtypes.items():
        right = dtype.kind in "fi"
        shown.add_column(
            str(name).replace("_", " "),
            justify="right" if right else "left",
            overflow="fold",
        )
    for row in table.itertuples(index=False):
        shown.add_row(*(_cell(value, digits) for value in row))
    Console().print(shown)


def _cell(value: object, digits: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "-" if value != value else f"{value:.{digits}f}"
    return str(value)
