"""Columns that carry a target, each in a spelling of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Signal = NDArray[np.float64]
WORDS = ["good", "lamp", "river", "stone", "paper", "green", "small", "table", "early"]
WORDS += ["cloud", "north", "wheel"]
LETTERS = "абвгдежзиклмнопрстуфхцч"
FEW_LEVELS = 30
MISSING = ("", "NA", "n/a", "-", "?", "null", "None", "nan")
OTHER_MISSING = ("missing", "unknown", "not available", "-999", ".", "*")
DATE_FORMS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%B %d, %Y",
    "%d-%b-%y",
    "%b %Y",
    "%Y%m%d",
    "%Y-W%W",
)
STAMP_FORMS = (
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%y %H:%M",
    "%Y%m%dT%H%M%S",
    "%Y%m%d%H%M%SZ",
    "%a, %d %b %Y %H:%M:%S +0000",
    "%d/%b/%Y:%H:%M:%S +0000",
    "%H:%M:%S %d.%m.%Y",
)
CLOCK_FORMS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%Hh%M")


@dataclass(frozen=True)
class Carrier:
    """A column, and what it says of the target.

    Parameters
    ----------
    cells : list of str
    signal : ndarray of shape (n_rows,)
        Between 0 and 1; the target goes up with it.
    spelling : str
        How the cells are written.
    is_numeric : bool
        Whether the target may be a number: with a few levels or words it is a class.
    """

    cells: list[str]
    signal: Signal
    spelling: str
    is_numeric: bool = True


Maker = Callable[[Generator, int], Carrier]


def make_carrier(kind: str, rng: Generator, n_rows: int) -> Carrier:
    """Return a column of one of the `KINDS`."""
    return KINDS[kind](rng, n_rows)


def with_gaps(carrier: Carrier, rng: Generator, words: tuple[str, ...]) -> Carrier:
    """Return a column of which some cells are one word for a missing one.

    Their signal is the middle one, so that a mean in their place is right.
    """
    word = str(rng.choice(words))
    gone = rng.random(len(carrier.cells)) < 0.06
    cells = [word if g else c for g, c in zip(gone, carrier.cells, strict=True)]
    signal = np.where(
        gone, np.quantile(carrier.signal, 0.5, method="lower"), carrier.signal
    )
    spelling = f"{carrier.spelling}, gaps {word!r}"
    return Carrier(cells, signal, spelling, carrier.is_numeric)


def in_plain_spelling(carrier: Carrier) -> Carrier:
    """Return a column that says the same in words or numbers that nobody misreads."""
    levels = sorted(set(carrier.cells))
    if len(levels) <= FEW_LEVELS:
        cells = [f"level{levels.index(cell)}" for cell in carrier.cells]
    else:
        cells = [f"{value:.6f}" for value in carrier.signal]
    return Carrier(cells, carrier.signal, carrier.spelling, carrier.is_numeric)


def plain(rng: Generator, n_rows: int) -> Carrier:
    """Return numbers as programs write them."""
    signal = rng.random(n_rows)
    form = str(rng.choice(["{:.4f}", "{:.5e}", "{:+.3f}", "{:08.3f}"]))
    scale = 10.0 ** float(rng.integers(-2, 5))
    return Carrier([form.format(v * scale) for v in signal], signal, form)


def comma(rng: Generator, n_rows: int) -> Carrier:
    """Return numbers with a decimal comma."""
    signal = rng.random(n_rows)
    cells = [f"{v * 900:.3f}".replace(".", ",") for v in signal]
    return Carrier(cells, signal, "decimal comma")


def thousands(rng: Generator, n_rows: int) -> Carrier:
    """Return amounts with marks between thousands."""
    signal = rng.random(n_rows)
    marks = [",.", ".,", " ,", " .", "'.", "\u00a0,", "\u202f,", "\u2009."]
    mark, point = str(rng.choice(marks))
    swap = str.maketrans({",": mark, ".": point})
    cells = [f"{v * 9e6 + 1000:,.2f}".translate(swap) for v in signal]
    return Carrier(cells, signal, f"thousands {mark!r} {point!r}")


def currency(rng: Generator, n_rows: int) -> Carrier:
    """Return amounts of money."""
    signal = rng.random(n_rows)
    forms = [
        "${:,.2f}",
        "€{:.2f}",
        "{:.2f} USD",
        "£ {:,.0f}",
        "{:.0f} руб.",
        "R$ {:.2f}",
    ]
    form = str(rng.choice([*forms, "{:.2f} zł", "CHF {:.2f}"]))
    return Carrier([form.format(v * 9e4) for v in signal], signal, form)


def percent(rng: Generator, n_rows: int) -> Carrier:
    """Return shares in percent."""
    signal = rng.random(n_rows)
    form = str(rng.choice(["{:.2f}%", "{:.1f} %", "{:.2f}\u00a0%"]))
    cells = [form.format(v * 100) for v in signal]
    if rng.random() < 0.3:
        cells = [cell.replace(".", ",") for cell in cells]
    return Carrier(cells, signal, form)


def negative(rng: Generator, n_rows: int) -> Carrier:
    """Return numbers around 0 with another mark than a hyphen before those below."""
    signal = rng.random(n_rows)
    form = str(rng.choice(["({})", "\u2212{}", "{}-"]))
    numbers = [round((v - 0.5) * 2000, 2) for v in signal]
    cells = [form.format(-v) if v < 0 else str(v) for v in numbers]
    return Carrier(cells, signal, f"below 0 {form}")


def unit(rng: Generator, n_rows: int) -> Carrier:
    """Return numbers with a unit behind them."""
    signal = rng.random(n_rows)
    form = str(
        rng.choice(["{:.1f} kg", "{:.0f}cm", "{:.1f} GB", "{:.2f}m²", "{:.0f} km/h"])
    )
    return Carrier([form.format(v * 900 + 10) for v in signal], signal, form)


def short_number(rng: Generator, n_rows: int) -> Carrier:
    """Return numbers shortened by a letter."""
    signal = rng.random(n_rows)
    cells = [_shorten(10 ** (2 + 5 * v)) for v in signal]
    return Carrier(cells, signal, "k and M", is_numeric=False)


def _shorten(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.2f}{letter}"
    return f"{value:.0f}"


def bound(rng: Generator, n_rows: int) -> Carrier:
    """Return ranges of numbers in a dozen steps."""
    steps = rng.integers(0, 12, n_rows)
    form = str(rng.choice(["{}-{}", "{} to {}", "[{}, {})", "{}–{}"]))
    cells = [form.format(s * 10, s * 10 + 9) for s in steps]
    return Carrier(cells, steps / 11, f"range {form}", is_numeric=False)


def date(rng: Generator, n_rows: int) -> Carrier:
    """Return days of some years."""
    form = str(rng.choice(DATE_FORMS))
    return _dated(rng.random(n_rows), 3000, form)


def stamp(rng: Generator, n_rows: int) -> Carrier:
    """Return days with times of day."""
    form = str(rng.choice(STAMP_FORMS))
    return _dated(rng.random(n_rows), 900, form)


def epoch(rng: Generator, n_rows: int) -> Carrier:
    """Return seconds or milliseconds since 1970."""
    signal = rng.random(n_rows)
    scale = int(rng.choice([1, 1000]))
    cells = [str(int(1.3e9 + v * 2e8) * scale) for v in signal]
    return Carrier(cells, signal, f"seconds since 1970 x {scale}")


def _dated(signal: Signal, days: int, form: str) -> Carrier:
    first = datetime(2011, 3, 5)
    cells = [(first + timedelta(days=days * v)).strftime(form) for v in signal]
    return Carrier(cells, signal, form)


def clock(rng: Generator, n_rows: int) -> Carrier:
    """Return times of day."""
    signal = rng.random(n_rows)
    form = str(rng.choice(CLOCK_FORMS))
    first = datetime(2020, 1, 1)
    cells = [(first + timedelta(seconds=86399 * v)).strftime(form) for v in signal]
    return Carrier(cells, signal, form)


def duration(rng: Generator, n_rows: int) -> Carrier:
    """Return lengths of time."""
    signal = rng.random(n_rows)
    forms = ["{h}:{m:02}:{s:02}", "{h}h {m}m", "{h}h{m:02}m{s:02}s", "{h} hr {m} min"]
    form = str(rng.choice([*forms, "PT{h}H{m}M{s}S", "{d} days {k:02}:{m:02}:{s:02}"]))
    cells = []
    for seconds in (signal * 72 * 3600).astype(int):
        h, m, s = seconds // 3600, seconds // 60 % 60, seconds % 60
        cells.append(form.format(h=h, m=m, s=s, d=h // 24, k=h % 24))
    return Carrier(cells, signal, form)


def level(rng: Generator, n_rows: int) -> Carrier:
    """Return names of a few levels."""
    pools = {
        "letters": [chr(65 + k) for k in range(8)],
        "grades": [g + s for g in "ABC" for s in ("+", "", "-")],
        "words": WORDS[:9],
        "Cyrillic": [LETTERS[k : k + 4] for k in range(9)],
        "accents": ["café", "naïve", "Zürich", "señor", "“one”", "a – b", "Æon"],
        "steps": ["1st", "2nd", "3rd", "4th", "5th", "6th"],
    }
    name = str(rng.choice(list(pools)))
    return _coded(pools[name], rng, n_rows, f"levels: {name}")


def code(rng: Generator, n_rows: int) -> Carrier:
    """Return numbers that name things."""
    pools = {
        "five digits": [str(v) for v in rng.choice(90000, 12, replace=False) + 10000],
        "zeros before": [f"{v:04}" for v in rng.choice(900, 12, replace=False)],
        "twins": ["7", "07", "007", "3", "03", "12", "012", "0012"],
        "beyond 2**53": [str(9007199254740992 + k) for k in range(10)],
        "19 digits": [str(1234567890123456700 + 3 * k) for k in range(10)],
        "hexadecimal": [f"{v:#06x}" for v in rng.choice(60000, 10, replace=False)],
        "like powers": ["1e5", "2e5", "10e4", "1e05", "3e1", "30e0"],
        "dotted": [f"1.{a}.{b}" for a in range(4) for b in range(3)],
    }
    name = str(rng.choice(list(pools)))
    return _coded(pools[name], rng, n_rows, f"codes: {name}")


def truth(rng: Generator, n_rows: int) -> Carrier:
    """Return two levels."""
    pairs = ["True False", "yes no", "Y N", "да нет", "1 0", "on off", "T F", "x -"]
    pair = str(rng.choice(pairs)).split()
    return _coded(pair, rng, n_rows, f"truth: {pair}")


def _coded(levels: list[str], rng: Generator, n_rows: int, spelling: str) -> Carrier:
    effect = rng.permutation(len(levels))
    places = rng.integers(0, len(levels), n_rows)
    cells = [levels[place] for place in places]
    signal = effect[places] / max(1, len(levels) - 1)
    return Carrier(cells, signal, spelling, is_numeric=len(levels) > 2)


def cased(rng: Generator, n_rows: int) -> Carrier:
    """Return a few levels with blanks around some cells."""
    carrier = _coded(WORDS[:5], rng, n_rows, "levels with blanks")
    ends = rng.choice(["", " ", "  "], n_rows)
    cells = [end + cell + end for cell, end in zip(carrier.cells, ends, strict=True)]
    return Carrier(cells, carrier.signal, carrier.spelling, carrier.is_numeric)


def items(rng: Generator, n_rows: int) -> Carrier:
    """Return lists of items, one of which tells the class."""
    forms = ["{}|", "{};", "{},", "{} "]
    mark = str(rng.choice(forms))[-1]
    pool = WORDS if rng.random() < 0.5 else [str(v) for v in range(101, 113)]
    signal = rng.integers(0, 2, n_rows).astype(np.float64)
    cells = []
    for says in signal:
        some = list(rng.choice(pool[1:], rng.integers(3, 8), replace=False))
        some[0] = pool[0] if says else some[0]
        cells.append(mark.join(rng.permutation(some)))
    if rng.random() < 0.25:
        cells = ["[" + cell + "]" for cell in cells]
    return Carrier(cells, signal, f"items {mark!r} {pool[0]}", is_numeric=False)


def text(rng: Generator, n_rows: int) -> Carrier:
    """Return sentences, one word of which tells the class."""
    signal = rng.integers(0, 2, n_rows).astype(np.float64)
    cells = []
    for says in signal:
        some = list(rng.choice(WORDS, 9))
        some.insert(int(rng.integers(1, 9)), "never" if says else "always")
        cells.append(
            " ".join(some).capitalize() + str(rng.choice([".", "!", ", “so”"]))
        )
    return Carrier(cells, signal, "sentences", is_numeric=False)


def filled(rng: Generator, n_rows: int) -> Carrier:
    """Return cells that are filled or not."""
    signal = rng.integers(0, 2, n_rows).astype(np.float64)
    word = str(rng.choice(["x", "1", "yes", "2019-05-04"]))
    cells = [word if says else "" for says in signal]
    return Carrier(cells, signal, f"{word!r} or empty", is_numeric=False)


def numbered_code(rng: Generator, n_rows: int) -> Carrier:
    """Return codes of which every row has its own, with a number in each."""
    signal = rng.random(n_rows)
    form = str(rng.choice(["A-{:06d}", "id{:06d}", "{:06d}/17", "№{:06d}"]))
    cells = [form.format(int(v * 999999)) for v in signal]
    return Carrier(cells, signal, form)


def other_missing(rng: Generator, n_rows: int) -> Carrier:
    """Return numbers beside words or numbers that stand for missing ones."""
    return with_gaps(plain(rng, n_rows), rng, OTHER_MISSING)


KINDS: dict[str, Maker] = {
    "number": plain,
    "decimal comma": comma,
    "thousands": thousands,
    "currency": currency,
    "percent": percent,
    "number below 0": negative,
    "number, other gaps": other_missing,
    "number with unit": unit,
    "shortened number": short_number,
    "range": bound,
    "date": date,
    "date and time": stamp,
    "epoch": epoch,
    "time of day": clock,
    "duration": duration,
    "category": level,
    "category, blanks": cased,
    "code": code,
    "two levels": truth,
    "item list": items,
    "text": text,
    "filled or not": filled,
    "numbered code": numbered_code,
}
