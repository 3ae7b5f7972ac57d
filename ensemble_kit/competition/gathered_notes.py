"""Notes that say the same of many columns, as one line with a count."""

import re
from collections.abc import Iterable

ENOUGH = 3
MAX_NAMED = 5
OF_COLUMN = re.compile(
    r"(?P<mark>warning: )?column (?P<name>'.*?'|\".*?\")"
    r"(?P<out> is left out)?: (?P<what>.+)"
)
DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d.,]*")


def gather(notes: Iterable[str]) -> tuple[str, ...]:
    """Return notes, three or more that differ in names and numbers alone as one.

    Examples
    --------
    >>> constant = "column 'f{}' is left out: constant"
    >>> gather(constant.format(number) for number in range(7))
    ('7 columns are left out: constant (f0, f1, f2, f3, f4 and 2 more)',)
    """
    alike: dict[str, list[str]] = {}
    for note in notes:
        alike.setdefault(DETAIL.sub("_", note), []).append(note)
    lines: list[str] = []
    for group in alike.values():
        lines += group if len(group) < ENOUGH else [_together(group)]
    return tuple(lines)


def _together(notes: list[str]) -> str:
    """Return one line for notes that are alike."""
    of_columns = [OF_COLUMN.fullmatch(note) for note in notes]
    matches = [match for match in of_columns if match is not None]
    if len(matches) < len(notes):
        return f"{notes[0]} (and {len(notes) - 1} notes like it)"
    names = ", ".join(match["name"][1:-1] for match in matches[:MAX_NAMED])
    more = len(matches) - MAX_NAMED
    tail = f" and {more} more" if more > 0 else ""
    what = matches[0]["what"]
    if any(match["what"] != what for match in matches):
        what = f"such as {matches[0]['name']}: {what}"
    verb = " are left out" if matches[0]["out"] else ""
    mark = matches[0]["mark"] or ""
    return f"{mark}{len(matches)} columns{verb}: {what} ({names}{tail})"
