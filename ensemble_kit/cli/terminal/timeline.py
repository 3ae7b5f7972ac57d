"""A predicted schedule as a table with a time line, in 80 columns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from ensemble_kit.quantities import format_seconds

if TYPE_CHECKING:
    from ensemble_kit.running.timed.forecast import MemberForecast

WIDTH = 26


def timeline_table(lines: Sequence[Any], limit: float | None) -> Table:
    """Return members with their predicted costs and when they are fitted.

    Parameters
    ----------
    lines : sequence of MemberForecast
    limit : float, optional
        The time limit: where the line ends.
    """
    ends = [end for line in lines for _, end in line.spans]
    whole = limit or max(ends, default=1.0)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("member", no_wrap=True, max_width=20)
    for name in ("s/fit", "MB", "fits", "ends"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"0 to {format_seconds(whole)}", no_wrap=True, min_width=WIDTH)
    for line in lines:
        table.add_row(*_cells(line, whole))
    return table


def bar(spans: Sequence[tuple[float, float]], whole: float, width: int = WIDTH) -> str:
    """Return a line with a mark wherever something is going on.

    Examples
    --------
    >>> bar([(0, 2), (5, 6)], 10, 10)
    '██   █    '
    """
    marks = [" "] * width
    for begin, end in spans:
        first = int(begin / whole * width)
        last = max(first + 1, round(end / whole * width))
        for at in range(first, min(last, width)):
            marks[at] = "█"
    return "".join(marks)


def _cells(line: "MemberForecast", whole: float) -> tuple[Any, ...]:
    if line.reason:
        return (
            Text(line.member),
            "",
            "",
            "",
            "",
            Text(f"left out: {line.reason}"[:WIDTH]),
        )
    end = max((end for _, end in line.spans), default=0.0)
    done = f"{line.n_done}/{line.n_fits}" if line.n_fits else "stored"
    return (
        Text(line.member),
        f"{line.seconds:.1f}",
        f"{line.megabytes:,.0f}",
        done,
        format_seconds(end) if line.n_done == line.n_fits and line.n_fits else "",
        bar(line.spans, whole),
    )
