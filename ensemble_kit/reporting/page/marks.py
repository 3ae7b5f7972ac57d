"""Marks of the page's figures as inline SVG: dots, bars, lines, cells and profiles.

Every text goes through the escaping of ``Markup.format``. Colours are classes that the
page's style sheet fills, so that light, dark and print each have their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import floor, isfinite, log10

import numpy as np
from markupsafe import Markup

from ensemble_kit.reporting.page.parts import Cell, Figure
from ensemble_kit.visible_text import shown

WIDTH = 400
LABEL = 128  # units for the names on the left
CHARACTERS = 17  # as many as fit there
ROW = 22
AXIS = 24
RIGHT = 14
N_TICKS = 5
MOST_POINTS, LEAST_TOLD = 40, 10  # of a curve; of each of several, as numbers
SIDE, TOP, LEFT = 250.0, 22.0, 48.0  # of a figure with two axes

LINE = Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
DOT = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>')
BAR = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
# Many alike are one path: a page holds thousands of them.
CELL = Markup("M{:.1f} {:.1f}h{:.1f}v{:.1f}H{:.1f}z")
CELLS = Markup('<path class="cell" fill-opacity="{}" d="{}"/>')
UPRIGHT, FLAT = Markup("M{:.1f} {:.1f}V{:.1f}"), Markup("M{:.1f} {:.1f}H{:.1f}")
GRID = Markup('<path class="grid" d="{}"/>')
TEXT = Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>')
PATH = Markup('<polyline class="line s{}" points="{}"/>')
NOTHING = Markup("")

Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Entry:
    """One line of a figure of dots or bars.

    Parameters
    ----------
    label : str
    value : float
    interval : (low, high), optional
    spots : sequence of float
        Small dots, such as the scores of single folds.
    is_marked : bool
    """

    label: str
    value: float
    interval: Interval = None
    spots: Sequence[float] = ()
    is_marked: bool = False


@dataclass(frozen=True)
class Series:
    """A line through points; or the points alone."""

    label: str
    points: Sequence[tuple[float, float]]
    is_dotted: bool = False


@dataclass(frozen=True)
class Bin:
    """One part of a column's range: the shares of rows in it, and their target."""

    label: str
    tick: str
    train: float
    test: float
    target: float | None


def dots(title: str, description: str, entries: Sequence[Entry], unit: str) -> Figure:
    """Return values as dots with their intervals, one below the other."""
    scale, ticks = _scale([v for e in entries for v in _numbers(e)])
    parts = [_ticks(scale, ticks, len(entries) * ROW)]
    for at, entry in enumerate(entries):
        y = at * ROW + ROW / 2
        marked = " marked" if entry.is_marked else ""
        parts += [_label(entry.label, y, marked)]
        parts += [DOT.format("spot", scale(v), y, 2) for v in entry.spots]
        if entry.interval is not None:
            low, high = map(scale, entry.interval)
            parts.append(LINE.format("interval" + marked, low, y, high, y))
        parts.append(DOT.format("dot" + marked, scale(entry.value), y, 4))
    return _entries_figure(title, description, entries, unit, parts)


def bars(title: str, description: str, entries: Sequence[Entry], unit: str) -> Figure:
    """Return values as bars from zero, one below the other."""
    scale, ticks = _scale([0.0, *(v for e in entries for v in _numbers(e))])
    parts = [_ticks(scale, ticks, len(entries) * ROW)]
    for at, entry in enumerate(entries):
        y = at * ROW + ROW / 2
        marked = " marked" if entry.is_marked else ""
        left, right = sorted((scale(0.0), scale(entry.value)))
        parts += [
            _label(entry.label, y, marked),
            BAR.format("bar" + marked, left, y - 6, max(0.5, right - left), 12),
        ]
        if entry.interval is not None:
            low, high = map(scale, entry.interval)
            parts.append(LINE.format("interval", low, y, high, y))
    return _entries_figure(title, description, entries, unit, parts)


def stripes(
    title: str,
    description: str,
    rows: Sequence[tuple[str, Sequence[tuple[str, float, float]]]],
    numbers: tuple[Sequence[str], Sequence[Sequence[Cell]]],
) -> Figure:
    """Return stretches of time, one row of them below the other.

    Parameters
    ----------
    title, description : str
    rows : sequence of (label, stripes)
        A stripe has a class, and the seconds of its begin and end.
    numbers : (header, rows)
        What stands in the table behind the figure.
    """
    ends = [end for _, some in rows for _, _, end in some]
    scale, ticks = _scale([0.0, *ends])
    parts = [_ticks(scale, ticks, len(rows) * ROW)]
    for at, (label, some) in enumerate(rows):
        parts.append(_label(label, at * ROW + ROW / 2))
        for kind, begin, end in some:
            left, wide = scale(begin), max(0.5, scale(end) - scale(begin))
            parts.append(BAR.format(kind, left, at * ROW + 4, wide, ROW - 8))
    height = len(rows) * ROW + AXIS
    return Figure(title, description, _joined(parts), height, *numbers)


def lines(
    title: str,
    description: str,
    series: Sequence[Series],
    axes: tuple[str, str],
    has_diagonal: bool = False,
) -> Figure:
    """Return points joined by lines, on two axes; the diagonal for comparison.

    Of a long curve a part of the points is drawn and told, evenly spaced.
    """
    series = [replace(one, points=thinned(one.points)) for one in series]
    points = [p for one in series for p in one.points]
    x_scale, x_ticks = _scale([x for x, _ in points], left=LEFT)
    y_up, y_ticks = _scale([y for _, y in points], left=0, right=WIDTH - SIDE)

    def y_scale(value: float) -> float:
        return SIDE - y_up(value) + TOP

    parts = [_grid(x_scale, x_ticks, y_scale, y_ticks), _axis_names(axes)]
    if has_diagonal:
        low, high = max(x_ticks[0], y_ticks[0]), min(x_ticks[-1], y_ticks[-1])
        ends = (x_scale(low), y_scale(low), x_scale(high), y_scale(high))
        parts.append(LINE.format("diagonal", *ends))
    for at, one in enumerate(series):
        parts.append(_drawn(one, at, x_scale, y_scale))
    height = TOP + SIDE + 40
    if len(series) == 1:
        one = series[0]
        drawn = _joined(parts)
        return Figure(title, description, drawn, height, axes, list(one.points))
    parts.append(_legend(series, height))
    height += 18 * len(series) * (len(series) > 1)
    most = max(LEAST_TOLD, MOST_POINTS // len(series))
    rows = [(one.label, x, y) for one in series for x, y in thinned(one.points, most)]
    return Figure(title, description, _joined(parts), height, ("line", *axes), rows)


def _column_heads(names: Sequence[str], wide: float) -> list[Markup]:
    """Return the names above columns of a width, none where they are too narrow."""
    if wide < 14:
        return []
    characters = max(1, int(wide / 6.5))
    return [
        TEXT.format(
            "tick middle", LABEL + (at + 0.5) * wide, 14, _cut(name, characters)
        )
        for at, name in enumerate(names)
    ]


def cells(
    title: str,
    description: str,
    values: np.ndarray,
    names: tuple[Sequence[str], Sequence[str]],
    written: Callable[[float], str],
    corner: str,
    shades: np.ndarray | None = None,
) -> Figure:
    """Return a matrix as shaded cells with their numbers.

    Parameters
    ----------
    title, description : str
    values : ndarray of shape (n_rows, n_columns)
        NaN leaves a cell empty.
    names : pair of sequences
        Of the rows and of the columns.
    written : callable
        Returns a cell's number as text.
    corner : str
        What rows and columns are.
    shades : ndarray, optional
        How dark each cell is, 0 to 1; by default its share of the largest number.
    """
    rows, columns = names
    if shades is None:
        largest = np.nanmax(np.abs(values), initial=0.0)
        shades = np.abs(values) / (largest or 1.0)
    wide = (WIDTH - LABEL - RIGHT) / max(1, len(columns))
    tall = float(np.clip(wide, 16, 26))
    has_text = wide >= 26
    parts = [TEXT.format("tick", 2, 14, _cut(corner, CHARACTERS))]
    parts += _column_heads(columns, wide)
    shaded: dict[str, list[Markup]] = {}
    for row, name in enumerate(rows):
        y = AXIS + row * tall
        parts.append(_label(name, y + tall / 2))
        for column in range(len(columns)):
            value = values[row, column]
            if not isfinite(value):
                continue
            x, shade = LABEL + column * wide, float(shades[row, column])
            one = CELL.format(x, y, wide - 1, tall - 1, x)
            shaded.setdefault(f"{0.55 * shade + 0.03:.2f}", []).append(one)
            if has_text:
                middle = (x + wide / 2, y + tall / 2 + 4)
                parts.append(TEXT.format("number middle", *middle, written(value)))
    below = [CELLS.format(shade, _joined(of)) for shade, of in sorted(shaded.items())]
    table = [
        (name, *(float(v) if isfinite(v) else None for v in values[row]))
        for row, name in enumerate(rows)
    ]
    height = AXIS + len(rows) * tall + 6
    header = (corner, *columns)
    return Figure(title, description, _joined(below + parts), height, header, table)


def profile(title: str, description: str, bins: Sequence[Bin], target: str) -> Figure:
    """Return a column's distribution in train and test, and the target along it.

    Bars are train's shares, outlines test's; the dots above are the target.
    """
    top, tall, base = 12.0, 70.0, 158.0
    wide = (WIDTH - 2 * RIGHT) / max(1, len(bins))
    most = max((max(b.train, b.test) for b in bins), default=0.0) or 1.0
    known = [b.target for b in bins if b.target is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = (high - low) or 1.0
    parts, dotted, step = [], [], max(1, -(-len(bins) // 6))
    for at, one in enumerate(bins):
        x = RIGHT + at * wide
        parts.append(_shares(one, x, wide, base, tall / most))
        if one.target is not None:
            y = top + 44 * (1 - (one.target - low) / span)
            dotted.append(DOT.format("dot marked", x + wide / 2, y, 3))
        if at % step == 0:
            name = _cut(one.tick, max(2, int(step * wide / 6.6)))
            parts.append(TEXT.format("tick middle", x + wide / 2, base + 15, name))
    if known:
        parts += [
            LINE.format("grid", RIGHT, top, WIDTH - RIGHT, top),
            LINE.format("grid", RIGHT, top + 44, WIDTH - RIGHT, top + 44),
            TEXT.format("tick end", WIDTH - RIGHT, top - 2, short(high)),
            TEXT.format("tick end", WIDTH - RIGHT, top + 56, short(low)),
        ]
    rows = [(b.label, b.train, b.test, b.target) for b in bins]
    header = ("part", "share of train", "share of test", target)
    drawn = _joined([*parts, *dotted])
    return Figure(title, description, drawn, base + 22, header, rows)


def short(value: float) -> str:
    """Return a number in few characters.

    Examples
    --------
    >>> short(0.5), short(-1234567.0), short(0.000012345)
    ('0.5', '-1.23M', '1.23e-05')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            unit = {"G": 1e9, "M": 1e6, "k": 1e3}[letter]
            return f"{value / unit:.3g}{letter}"
    return f"{value:.4g}" if abs(value) >= 1000 else f"{value:.3g}"


def thinned(
    points: Sequence[tuple[float, float]], most: int = MOST_POINTS
) -> list[tuple[float, float]]:
    """Return at most so many points of a curve, both ends among them."""
    if len(points) <= most:
        return list(points)
    at = np.unique(np.linspace(0, len(points) - 1, most).round().astype(int))
    return [points[k] for k in at]


def _entries_figure(
    title: str,
    description: str,
    entries: Sequence[Entry],
    unit: str,
    parts: list[Markup],
) -> Figure:
    has_interval = any(e.interval is not None for e in entries)
    header = ("name", unit, *(("95 % from", "to") if has_interval else ()))
    rows = []
    for e in entries:
        ends = (None, None) if e.interval is None else e.interval
        rows.append((e.label, e.value, *(ends if has_interval else ())))
    height = len(entries) * ROW + AXIS
    return Figure(title, description, _joined(parts), height, header, rows)


def _numbers(entry: Entry) -> list[float]:
    numbers = [entry.value, *entry.spots, *(entry.interval or ())]
    return [v for v in numbers if isfinite(v)]


def _scale(
    values: Sequence[float], left: float = LABEL, right: float = RIGHT
) -> tuple[Callable[[float], float], list[float]]:
    """Return what places a number, and the numbers to write on the axis."""
    finite = [v for v in values if isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if high <= low:
        margin = abs(high) * 0.05 or 0.5
        low, high = low - margin, high + margin
    ticks = _nice(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])

    def scale(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return left + share * (WIDTH - left - right)

    return scale, ticks


def _nice(low: float, high: float) -> list[float]:
    """Return round numbers that span a range."""
    step = 10 ** floor(log10((high - low) / N_TICKS))
    wanted = (high - low) / N_TICKS
    step *= next((m for m in (1, 2, 5, 10) if m * step >= wanted * 0.99), 10)
    first = floor(low / step)
    last = -floor(-high / step)
    return [round(k * step, 12) for k in range(first, last + 1)]


def _ticks(scale: Callable[[float], float], ticks: Sequence[float], y: float) -> Markup:
    """Return the grid and the numbers below it."""
    every = 2 if len(ticks) > N_TICKS + 1 else 1
    parts = [LINE.format("grid", scale(t), 0, scale(t), y + 3) for t in ticks]
    parts += [
        TEXT.format("tick middle", scale(t), y + 17, short(t)) for t in ticks[::every]
    ]
    return _joined(parts)


def _label(label: str, y: float, marked: str = "") -> Markup:
    return TEXT.format("label" + marked, 2, y + 4, _cut(label, CHARACTERS))


def _cut(text: str, width: int) -> str:
    return shown(text, max(2, width))


def _drawn(
    one: Series, at: int, x: Callable[[float], float], y: Callable[[float], float]
) -> Markup:
    if one.is_dotted:
        return _joined([DOT.format("dot", x(a), y(b), 3) for a, b in one.points])
    points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in one.points)
    return PATH.format(at % 6, points)


def _grid(
    x: Callable[[float], float],
    x_ticks: Sequence[float],
    y: Callable[[float], float],
    y_ticks: Sequence[float],
) -> Markup:
    """Return the lines and numbers of two axes."""
    bottom = TOP + SIDE
    upright = [UPRIGHT.format(x(t), TOP, bottom) for t in x_ticks]
    flat = [FLAT.format(LEFT, y(t), WIDTH - RIGHT) for t in y_ticks]
    grid = GRID.format(_joined([*upright, *flat]))
    below = [TEXT.format("tick middle", x(t), bottom + 15, short(t)) for t in x_ticks]
    beside = [TEXT.format("tick end", 42, y(t) + 4, short(t)) for t in y_ticks]
    return _joined([grid, *below, *beside])


def _axis_names(axes: tuple[str, str]) -> Markup:
    below = ((WIDTH + 34) / 2, TOP + SIDE + 32, _cut(axes[0], 50))
    above = TEXT.format("name", 2, 12, _cut("↑ " + axes[1], 50))
    return _joined([TEXT.format("name middle", *below), above])


def _legend(series: Sequence[Series], height: float) -> Markup:
    """Return the names of lines, each behind a piece of its line."""
    parts = []
    for at, one in enumerate(series):
        y = height + at * 18
        parts.append(LINE.format(f"line s{at % 6}", LEFT, y, 76, y))
        parts.append(TEXT.format("name", 82, y + 4, _cut(one.label, 50)))
    return _joined(parts)


def _shares(one: Bin, x: float, wide: float, base: float, scale: float) -> Markup:
    """Return the bar of train's share and the outline of test's."""
    height, outline = scale * one.train, base - scale * one.test
    bar = BAR.format("bar", x + 1, base - height, wide - 2, max(0.0, height))
    return bar + LINE.format("outline", x + 1, outline, x + wide - 1, outline)


def _joined(parts: Sequence[Markup]) -> Markup:
    return NOTHING.join(parts)
