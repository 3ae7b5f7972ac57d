"""What a block of the page is made of, before it is markup."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

Cell = str | int | float | None


@dataclass(frozen=True)
class Paragraph:
    """A sentence or two."""

    text: str
    kind: str = "paragraph"


@dataclass(frozen=True)
class Facts:
    """Names and what they are, a line each."""

    rows: Sequence[tuple[str, str]]
    kind: str = "facts"


@dataclass(frozen=True)
class Bullets:
    """Lines below each other; ``heading`` may be empty."""

    heading: str
    lines: Sequence[str]
    kind: str = "bullets"


@dataclass(frozen=True)
class Commands:
    """Lines to type."""

    lines: Sequence[str]
    kind: str = "commands"


@dataclass(frozen=True)
class Table:
    """A table whose columns of numbers can be sorted.

    Parameters
    ----------
    heading : str
    header : sequence of str
    rows : sequence of sequences
        A cell is text, a number, or None where there is nothing.
    is_folded : bool
        Whether it is shown when asked for.
    marked : int, optional
        A row that stands out.
    """

    heading: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_folded: bool = False
    marked: int | None = None
    kind: str = "table"


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows in words, and its numbers.

    Parameters
    ----------
    title, description : str
    svg : Markup
        The marks, made by `ensemble_kit.reporting.page.marks`.
    height : float
        Of the picture, in units of which it is `marks.WIDTH` wide.
    header, rows
        The numbers.
    """

    title: str
    description: str
    svg: Markup
    height: float
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    kind: str = "figure"


@dataclass(frozen=True)
class Gallery:
    """Figures beside each other."""

    figures: Sequence[Figure]
    kind: str = "gallery"


@dataclass(frozen=True)
class Fold:
    """Parts that are shown when asked for."""

    heading: str
    parts: Sequence["Part"]
    kind: str = "fold"


Part = Paragraph | Facts | Bullets | Commands | Table | Figure | Gallery | Fold


@dataclass(frozen=True)
class Block:
    """One of the page's blocks.

    Parameters
    ----------
    name : str
        The anchor it has on the page.
    title : str
    sentence : str
        What it means for this run.
    parts : sequence of parts
    """

    name: str
    title: str
    sentence: str
    parts: Sequence[Part] = ()
