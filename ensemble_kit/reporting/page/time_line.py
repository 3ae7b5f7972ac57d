"""A run's time line: what was going on when, worker by worker."""

from collections.abc import Sequence
from itertools import groupby

from ensemble_kit.quantities import format_seconds
from ensemble_kit.reporting.page.marks import stripes
from ensemble_kit.reporting.page.parts import Figure
from ensemble_kit.running.run import Run
from ensemble_kit.running.spans import Span, lanes

MOST_LANES = 32
FINEST = 400  # pieces of the whole time: what is shorter is drawn together


def time_line(run: Run) -> Figure | None:
    """Return the workers' time line; None where everything was stored."""
    if not run.spans:
        return None
    dealt = lanes(run.spans)
    end = max(span.end for span in run.spans)
    busy = sum(span.end - span.begin for span in run.spans)
    share = busy / (len(dealt) * end) if end else 1.0
    cut = f"; the first {MOST_LANES} are drawn" * (len(dealt) > MOST_LANES)
    description = (
        f"{len(dealt)} side by side at most{cut}; busy {share:.0%} of "
        f"{format_seconds(end)}. Blue: fits; orange: those of {run.chosen}; grey: "
        "features, counted texts and probes."
    )
    rows = [
        (f"worker {at}", _drawn(lane, end / FINEST, run.chosen))
        for at, lane in enumerate(dealt[:MOST_LANES], 1)
    ]
    table = [
        (name or "features", kind, begin, end)
        for name, kind, begin, end in _summed(run.spans)
    ]
    header = ("of", "work", "first second", "last second")
    return stripes("Time line", description, rows, (header, table))


def _drawn(
    lane: Sequence[Span], finest: float, chosen: str
) -> list[tuple[str, float, float]]:
    """Return a lane's stripes: what follows at once on its like is one."""
    bars: list[tuple[str, float, float]] = []
    for span in lane:
        kind = _class(span, chosen)
        if bars and bars[-1][0] == kind and span.begin - bars[-1][2] < finest:
            bars[-1] = (kind, bars[-1][1], span.end)
        else:
            bars.append((kind, span.begin, span.end))
    return bars


def _class(span: Span, chosen: str) -> str:
    """Return the class that a span is drawn in."""
    if span.kind != "fit":
        return "aside"
    return "bar marked" if span.member == chosen else "bar"


def _summed(spans: Sequence[Span]) -> list[tuple[str, str, float, float]]:
    """Return when each member's work was going on, the earliest first."""
    ordered = sorted(spans, key=lambda one: (one.member, one.kind))
    rows = []
    for (name, kind), group in groupby(ordered, key=lambda one: (one.member, one.kind)):
        some = list(group)
        first, last = min(s.begin for s in some), max(s.end for s in some)
        rows.append((name, kind, round(first, 2), round(last, 2)))
    return sorted(rows, key=lambda row: row[2])
