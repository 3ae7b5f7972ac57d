"""report.html: the blocks of a run, rendered as one file that needs nothing else."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ensemble_kit.reporting.page.blend import blend_block
from ensemble_kit.reporting.page.costs import run_block
from ensemble_kit.reporting.page.data import data_block
from ensemble_kit.reporting.page.errors import errors_block
from ensemble_kit.reporting.page.honesty import honesty_block
from ensemble_kit.reporting.page.importance import importance_block
from ensemble_kit.reporting.page.leaderboard import leaderboard_block
from ensemble_kit.reporting.page.parts import Block
from ensemble_kit.reporting.page.result import result_block
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.run import Run
from ensemble_kit.visible_text import shown

FOLDER = Path(__file__).parent
LONGEST = 4000
CANNOT = (ArithmeticError, LookupError, TypeError, ValueError)


def run_page(run: Run, report: Mapping[str, Any], folder: Path) -> str:
    """Return the page of a run.

    Nothing is fitted for it but the small model that looks for drift, and nothing in
    it depends on when it is made.

    Parameters
    ----------
    run : Run
    report : mapping
        What report.json holds.
    folder : Path
        The run's, for the commands on the page.
    """
    scores = ScoredRows(run)
    makers: list[tuple[str, str, Callable[[], Block]]] = [
        ("result", "The result", lambda: result_block(run, report, scores, folder)),
        ("data", "The data", lambda: data_block(run.competition)),
        ("leaderboard", "Leaderboard", lambda: leaderboard_block(run, scores)),
        ("blend", "The blend", lambda: blend_block(run, scores, report["correlation"])),
        ("errors", "Errors", lambda: errors_block(scores)),
        ("importance", "What mattered", lambda: importance_block(folder)),
        ("honesty", "Honesty", lambda: honesty_block(run, report, scores)),
        ("run", "The run", lambda: run_block(run, report, folder)),
    ]
    blocks = [_made(*maker) for maker in makers]
    return render(f"{run.competition.name}: {run.pipeline.name}", blocks)


def _made(name: str, title: str, make: Callable[[], Block]) -> Block:
    """Return a block; one that cannot be made says so, and the run is not lost."""
    try:
        return make()
    except CANNOT as error:
        what = f"{type(error).__name__}: {error}"
        return Block(name, title, f"This part could not be made ({what}).")


def render(title: str, blocks: list[Block]) -> str:
    """Return blocks as an HTML page."""
    style, script = (
        (FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")
    )
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            title=title,
            blocks=blocks,
            sections=[Markup(render_block(block)) for block in blocks],
            style=Markup(style),
            script=Markup(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def render_block(block: Block) -> str:
    """Return one block as a section of a page."""
    template = _environment().get_template("block.html.jinja")
    return template.render(block=block, number=count(1).__next__).strip()


def with_block(page: str, block: Block) -> str:
    """Return a page with a block in the place of the one of that name.

    Raises
    ------
    ValueError
        When the page has no such block.
    """
    # Sections hold no sections, and no data can write a tag: the next end is its own.
    begin = page.index(f'<section id="{block.name}"')
    end = page.index("</section>", begin) + len("</section>")
    return page[:begin] + render_block(block) + page[end:]


def _hash(text: str) -> str:
    """Return what a content security policy knows a script or a style by."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ensemble_kit.reporting.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["digits"] = "{:.9g}".format
    environment.tests["number"] = _is_number
    return environment


def _finalized(value: object) -> object:
    """Return what is printed: what steers or hides is made visible."""
    return (
        shown(value, LONGEST)
        if isinstance(value, str) and not _is_safe(value)
        else value
    )


def _is_safe(value: object) -> bool:
    return isinstance(value, Markup)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object) -> str:
    """Return a cell of a table as text."""
    if value is None:
        return ""
    if isinstance(value, float):
        if value != value:
            return ""
        if value == int(value) and abs(value) < 1e15:
            return f"{value:,.0f}" if abs(value) >= 10 else f"{value:g}"
        return f"{value:,.1f}" if abs(value) >= 10_000 else f"{value:.5g}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
