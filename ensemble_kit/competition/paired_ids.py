"""Ids that two files write otherwise, paired by what they say: 120.0 and 120."""

import re
import unicodedata

import pandas as pd

from ensemble_kit.tables.numbers import INVISIBLE

ZEROS_BEHIND = re.compile(r"(\d+)\.0*")
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")


def spelled_as(ids: pd.Series, wanted: pd.Series) -> dict[str, str]:
    """Return how ids are spelled among wanted ones, of those that are there.

    Empty where the ids are written alike, or where two of a file say the same.

    Examples
    --------
    >>> spelled_as(pd.Series(["7.0", "a8"]), pd.Series(["A8", "007", "9"]))
    {'7.0': '007', 'a8': 'A8'}
    """
    if set(ids) == set(wanted):
        return {}
    found, spelled = by_key(ids), by_key(wanted)
    if found is None or spelled is None:
        return {}
    return {cell: spelled[key] for key, cell in found.items() if key in spelled}


def by_key(cells: pd.Series) -> dict[str, str] | None:
    """Return each id by what it says, or None where two say the same."""
    cells_by_key = {_key(cell): cell for cell in cells}
    return (
        cells_by_key
        if len(cells_by_key) == len(cells) and "" not in cells_by_key
        else None
    )


def _key(cell: str) -> str:
    """Return an id without blanks, case, accents' order and zeros around a number."""
    seen = INVISIBLE.sub("", unicodedata.normalize("NFKC", cell))
    bare = seen.strip().removeprefix("'").casefold()
    if THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    whole = ZEROS_BEHIND.fullmatch(bare)
    bare = whole[1] if whole else bare
    return bare.lstrip("0") or "0" if bare.isdigit() else bare
