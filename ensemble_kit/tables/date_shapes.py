"""The formats that a cell may have by its shape: where digits, months and marks are."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

DIGITS = str.maketrans("123456789", "000000000")
RUN = re.compile(r"0+|[a-z]+")
TOKEN = re.compile(r"<\d+>|[1-4bpz]")
ZONE = re.compile(r"(?<=[1-4>p]) [+-]4(?= 4|$)")
N, MARK, FRACTION = "[12]", r"[-/. _\\]", r"(?:[1-4]|<\d+>)"
CLOCK = rf"{N}(?:[:.]2(?:[:.]2(?:[.:]{FRACTION})?)?)?(?: ?p)?"
COMPACT = rf"(?:4|<6>(?:[.]{FRACTION})?)"
DAY = (
    rf"(?:4(?P<a>[-/. _:\\]){N}(?P=a){N}|{N}(?P<b>{MARK}){N}(?P=b)4"
    rf"|{N}(?P<c>[-/._\\]){N}(?P=c){N}|{N}{MARK}?b{MARK}?(?:4|2)"
    rf"|b{MARK}?{N}{MARK}(?:4|2)|4{MARK}?b{MARK}?{N}|4[-/.]3|<8>"
    rf"|b[-/ .]{N}|{N}[-/ .]b)"
)
MONTH = rf"(?:4[-/.]{N}|{N}[-/.]4|b[-/ .]?4|4[-/ .]?b)"
WHOLE = re.compile(
    rf"(?P<day>{DAY})(?P<at>(?:[ _-]{{1,3}}|(?<=[4>]):)(?:{CLOCK}|{COMPACT})(?: ?z)?)?"
    rf"|(?P<unit>{MONTH})"
)
CLOCK_FIRST = re.compile(
    rf"(?P<at>{CLOCK}(?: ?z)?[ _-]{{1,3}})(?P<day>{DAY})(?P<zone> z)?"
)
CLOCK_AMID = re.compile(rf"(?P<day>b {N})(?P<at> {CLOCK}(?: z)?)(?P<tail> 4)")
CLOCK_ALONE = re.compile(rf"(?P<at>{CLOCK}(?: ?z)?)")
STAMP = re.compile(rf"(?P<stamp><12>|<14>(?:\.{FRACTION})?|<17>)(?P<zone> ?z)?")
ORDERS = {
    "4/2/2": {"ymd": "%Y %m %d", "ydm": "%Y %d %m"},
    "2/2/4": {"dmy": "%d %m %Y", "mdy": "%m %d %Y"},
    "2/2/2": {"dmy": "%d %m %y", "mdy": "%m %d %y", "ymd": "%y %m %d"},
    "<8>": {"ymd": "%Y%m%d", "dmy": "%d%m%Y", "mdy": "%m%d%Y"},
    "2b4": {"": "%d %b %Y"},
    "2b2": {"dmy": "%d %b %y", "ymd": "%y %b %d"},
    "b24": {"": "%b %d %Y"},
    "b22": {"": "%b %d %y"},
    "4b2": {"": "%Y %b %d"},
    "4/3": {"": "%Y %j"},
    "4/2": {"": "%Y %m"},
    "2/4": {"": "%m %Y"},
    "b4": {"": "%b %Y"},
    "4b": {"": "%Y %b"},
    "b2": {"year": "%b %y", "day": "%b %d"},
    "2b": {"day": "%d %b", "year": "%y %b"},
}
FAVOURITES = {"/": "mdy", " ": "day"}
STAMPS = {"<12>": "%Y%m%d%H%M", "<14>": "%Y%m%d%H%M%S", "<17>": "%Y%m%d%H%M%S%f"}


class Candidate(NamedTuple):
    """One format a shape may have.

    ``family`` is what must be decided together (a separator and a length of years),
    ``order`` the decision that this format stands for; both are empty where there is
    nothing to decide.
    """

    form: str
    family: str = ""
    order: str = ""

    @property
    def has_day(self) -> bool:
        """Return whether it is more than a time of day."""
        return any(part in self.form for part in ("%d", "%m", "%b", "%j", "%Y"))


def shape_of(cell: str) -> str:
    """Return a uniformly spelled cell's shape.

    Examples
    --------
    >>> shape_of("18 jun 2012 7:21:55 pm"), shape_of("2012-06-18")
    ('2 b 4 1:2:2 p', '4-2-2')
    """
    return _shape_of_mask(cell.translate(DIGITS))


@lru_cache(maxsize=4096)
def _shape_of_mask(mask: str) -> str:
    """Return the shape of a cell whose digits are zeros."""
    return ZONE.sub(" z", RUN.sub(_symbol, mask))


def _symbol(match: re.Match[str]) -> str:
    """Return the symbol of a run: its length, a month, half a day."""
    run = match[0]
    if run[0] == "0":
        length = len(run)
        return str(length) if length <= 4 else f"<{length}>"
    return "p" if run in {"am", "pm"} else "b"


@lru_cache(maxsize=4096)
def candidates(shape: str) -> tuple[Candidate, ...]:
    """Return the formats that a shape may have, the customary one first.

    Examples
    --------
    >>> [c.form for c in candidates("2.2.2 2:2")]
    ['%d.%m.%y %H:%M', '%m.%d.%y %H:%M', '%y.%m.%d %H:%M']
    """
    match = STAMP.fullmatch(shape)
    if match:
        base = STAMPS[match["stamp"].partition(".")[0]]
        fraction = ".%f" if "." in match["stamp"] else ""
        return (Candidate(f"{base}{fraction}{_zone(match['zone'])}"),)
    for pattern in (WHOLE, CLOCK_FIRST, CLOCK_AMID):
        match = pattern.fullmatch(shape)
        if match:
            return _dated(match.groupdict())
    if CLOCK_ALONE.fullmatch(shape) and (":" in shape or "p" in shape):
        return tuple(Candidate(form) for form in _clocks(shape))
    return ()


def _dated(parts: dict[str, str | None]) -> tuple[Candidate, ...]:
    """Return the formats of a day with or without a clock beside it."""
    day = (parts.get("day") or parts.get("unit") or "") + (parts.get("tail") or "")
    symbols = ["2" if symbol == "1" else symbol for symbol in TOKEN.findall(day)]
    key = "".join(symbols)
    key = key if "b" in key else "/".join(symbols)
    orders = ORDERS[key]
    mark = next((c for c in day if not c.isalnum() and c not in "<>"), "")
    family = f"{mark}{key}" if len(orders) > 1 else ""
    favourite = FAVOURITES.get(mark)
    names = sorted(orders, key=lambda name: name != favourite)
    clock_first = next(iter(parts)) == "at"
    return tuple(
        Candidate(
            _joined(parts, orders[name].split(), clock, clock_first), family, name
        )
        for name in names
        for clock in _clocks(parts.get("at") or "")
    )


def _joined(
    parts: dict[str, str | None], days: Sequence[str], clock: str, clock_first: bool
) -> str:
    """Return a format of a day's directives and a clock in their places."""
    day = _filled(parts.get("day") or parts.get("unit") or "", days)
    tail = _filled(parts.get("tail") or "", days[-1:]) + _zone(parts.get("zone"))
    return f"{clock}{day}{tail}" if clock_first else f"{day}{clock}{tail}"


def _filled(shape: str, directives: Sequence[str]) -> str:
    """Return a shape with directives in place of its symbols."""
    rest = iter(directives)
    return TOKEN.sub(lambda _: next(rest), shape)


def _clocks(shape: str) -> tuple[str, ...]:
    """Return the formats of a clock: of 12 hours first where it has halves of days."""
    symbols = TOKEN.findall(shape)
    if not symbols:
        return (shape,)
    zone = symbols.count("z")
    hours = ("%I", "%H") if "p" in symbols else ("%H",)
    forms = []
    for hour in hours:
        if symbols[0] == "4":
            parts = ["%H%M"]
        elif symbols[0] == "<6>":
            parts = ["%H%M%S", "%f"][: len(symbols) - zone]
        else:
            n_numbers = len(symbols) - zone - symbols.count("p")
            parts = [hour, "%M", "%S", "%f"][:n_numbers]
        parts += ["%p"] * symbols.count("p") + ["%z"] * zone
        forms.append(_filled(shape, parts))
    return tuple(forms)


def _zone(zone: str | None) -> str:
    """Return the format of a zone with the blank before it."""
    return (zone or "").replace("z", "%z")
