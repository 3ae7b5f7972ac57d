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
MIN_DATES = 0.99


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


def guess_date_form(
    cells: NDArray[np.object_], weights: NDArray[np.intp] | None = None
) -> str | None:
    """Return the format that reads most rows, or None when it leaves too many.

    Where month and day cannot be told apart, the month comes first.

    Parameters
    ----------
    cells : ndarray of str objects
        Distinct cells, none of them missing.
    weights : ndarray of int, optional
        How many rows have each; by default one.
    """
    trial = cells[:TRIAL]
    n_alike = sum(LIKE_DATE.fullmatch(cell) is not None for cell in trial)
    if not len(trial) or n_alike < len(trial) - 1:
        return None
    weights = np.ones(len(cells)) if weights is None else weights
    best, best_share = None, MIN_DATES
    for form in FORMATS:
        if np.isnat(parse_dates(trial, form)).sum() > 1:
            continue
        read = ~np.isnat(parse_dates(cells, form))
        share = float(np.average(read, weights=weights))
        if share == 1.0:
            return form
        best, best_share = (form, share) if share > best_share else (best, best_share)
    return best
