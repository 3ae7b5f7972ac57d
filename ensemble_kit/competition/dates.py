"""Cells to dates: which format reads them all."""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FORMATS = (
    "ISO8601",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m/%d/%y %H:%M",
    "%d/%m/%y %H:%M",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%a %b %d %H:%M:%S %z %Y",
    "%a, %d %b %Y %H:%M:%S %z",
)
LIKE_DATE = re.compile(r"(?=.*\d)[\w,]{1,9}([-/. ,T:+]{1,2}[\w]{1,9}){1,8}Z?", re.ASCII)
TRIAL = 50


def parse_dates(cells: NDArray[np.object_], form: str) -> NDArray[np.datetime64]:
    """Return the dates of cells in one format, in UTC, NaT where a cell is none.

    Parameters
    ----------
    cells : ndarray of str objects
    form : str
        ``"ISO8601"``, ``"seconds"`` or ``"milliseconds"`` since 1970,
        ``"%Y%m%d"``, or another format of `datetime.strptime`.
    """
    if form in {"seconds", "milliseconds"}:
        numbers = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce")
        unit = "s" if form == "seconds" else "ms"
        dates = pd.to_datetime(numbers, unit=unit, errors="coerce", utc=True)
    else:
        series = pd.Series(cells, dtype=object)
        dates = pd.to_datetime(series, format=form, errors="coerce", utc=True)
    return dates.dt.tz_localize(None).to_numpy().astype("datetime64[us]")


def guess_date_form(cells: NDArray[np.object_]) -> str | None:
    """Return the first format that reads every cell, or None.

    Where month and day cannot be told apart, the month comes first.
    """
    trial = cells[:TRIAL]
    if not len(trial) or not all(LIKE_DATE.fullmatch(cell) for cell in trial):
        return None
    for form in FORMATS:
        read = ~np.isnat(parse_dates(trial, form))
        if read.all() and not np.isnat(parse_dates(cells, form)).any():
            return form
    return None
