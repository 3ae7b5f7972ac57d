"""Cells to dates: which format, or which formats together, read them all."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.tables.date_shapes import Candidate, candidates, shape_of
from ensemble_kit.tables.date_words import spell_uniformly

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
EPOCHS = {
    "seconds": ("s", 2e8, 4e9),
    "milliseconds": ("ms", 2e11, 4e12),
    "microseconds": ("us", 2e14, 4e15),
    "nanoseconds": ("ns", 2e17, 4e18),
}
LIKE_DATE = re.compile(r"(?=.*\d)[\w,]{1,9}([-/. ,T:+]{1,2}[\w]{1,9}){1,8}Z?", re.ASCII)
DIRECTIVE, NAMED = re.compile("%."), re.compile("%[abB]")
LETTER = re.compile(r"[^\W\d_]")
NUMBER = re.compile(r"[+-]?\d+\.?\d*(?:[eE][+-]?\d+)?")
ZEROS = re.compile(r"(?=.*0[-/.:])[0/.:T -]{6,}Z?")
LOOKS_DATED = re.compile(
    r"(?=.{5,40}\Z)(?:(?:.*[^\w./-])?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|\d{1,2}([-/.])\d{1,2}\1\d{4}|\d\d([-/.])\d\d\2\d\d"
    r"|\d{1,2}/\d{1,2}/\d\d)(?:[^\d./-].*)?|.*\b\d{1,2}:[0-5]\d\b.*"
    r"|.*\b\d{1,2}[-. ]+[^\W\d]{3,}[-. ]+\d{4}\b.*"
    r"|[^\W\d]{3,}[. ]+\d{1,2},? \d{4}\b.*)"
)
FIRST_DAY, LAST_DAY = np.datetime64("1500-01-01"), np.datetime64("2300-01-01")
TRIAL = 50
SAMPLE = 200
MIN_DATES = 0.99
MIN_MIXED = 0.9
MAX_WORDS = 3
UNIFORM, CLOCK, ALSO = "uniform ", "clock ", " | "
SINCE = re.compile(r"since (\d{4}) (.+)")
LAST_YEAR = 2039  # of two digits, unless the years of a column go on beyond it
PIVOT = 1969  # the first year of two digits for strptime
LEAST_GAP = 3
EXCEL, EXCEL_ORIGIN = "excel", "1899-12-30"
EXCEL_DAYS = (20000.0, 60000.0)  # from 1954 to 2064
# Whole numbers of six digits, the customary order first.
SIX_DIGITS = ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m")
CERTAIN = 30
# 10.2011 is a number as well; of so many, one would have other decimals.
MONTH_AND_YEAR, SURE = "%m.%Y", 6
MONTH_CELL = re.compile(r"(?:0[1-9]|1[0-2])\.(?:19|20)\d\d")


def parse_dates(cells: NDArray[np.object_], form: str) -> NDArray[np.datetime64]:
    """Return the dates of cells in one form, in UTC, NaT where a cell is none.

    Parameters
    ----------
    cells : ndarray of str objects
    form : str
        ``"ISO8601"``; ``"seconds"``, ``"milliseconds"``, ``"microseconds"`` or
        ``"nanoseconds"`` since 1970; ``"%Y%m%d"`` or another format of
        `datetime.strptime`; ``"uniform "`` and formats with ``" | "`` between them,
        of cells in uniform spelling; ``"clock "`` and such formats, of times of day,
        which become times of the first day of 1970; ``"since 1945 "`` and such a form,
        of years in two digits from 1945 to 2044; ``"excel"``, the days of a
        spreadsheet.

    Examples
    --------
    >>> cells = np.array(["18.06.12 7:21 p.m.", "2012-06-18"], dtype=object)
    >>> form = guess_date_form(cells)
    >>> form
    'uniform %Y-%m-%d | %d.%m.%y %I:%M %p'
    >>> parse_dates(cells, form).astype("datetime64[m]").tolist()[0]
    datetime.datetime(2012, 6, 18, 19, 21)
    """
    if form in EPOCHS:
        numbers = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce")
        unit = EPOCHS[form][0]
        dates = pd.to_datetime(numbers, unit=unit, errors="coerce", utc=True)
        return dates.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    if form == EXCEL:
        numbers = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce")
        dates = pd.to_datetime(numbers, unit="D", origin=EXCEL_ORIGIN, errors="coerce")
        return dates.dt.round("s").to_numpy().astype("datetime64[us]")
    since = SINCE.fullmatch(form)
    first = int(since[1]) if since else PIVOT
    form = since[2] if since else form
    if form.startswith((UNIFORM, CLOCK)):
        return _parse_uniform(spell_uniformly(cells), form, first)
    return _in_century(_parse_one(cells, form), form, first)


def _in_century(
    dates: NDArray[np.datetime64], form: str, first: int
) -> NDArray[np.datetime64]:
    """Return dates whose years of two digits are in the century from a year on."""
    if first == PIVOT or "%y" not in form:
        return dates
    moved = pd.DatetimeIndex(dates)
    years = moved.year.to_numpy(dtype=float, na_value=np.nan)
    turns = np.nan_to_num((first - years + 99) // 100).astype(int)
    for turn in set(turns[turns != 0]):
        at = turns == turn
        moved = moved.where(~at, moved + pd.DateOffset(years=100 * int(turn)))
    return moved.to_numpy().astype("datetime64[us]")


def _parse_one(cells: NDArray[np.object_], form: str) -> NDArray[np.datetime64]:
    """Return the dates of cells in one format of `datetime.strptime`, or ISO 8601."""
    dates = pd.to_datetime(cells, format=form, errors="coerce", utc=True)
    return dates.tz_localize(None).to_numpy().astype("datetime64[us]")


def _parse_uniform(
    cells: NDArray[np.object_], form: str, first: int = PIVOT
) -> NDArray[np.datetime64]:
    """Return the dates of uniformly spelled cells, each in the first that reads it."""
    kind, formats = form.split(" ", 1)
    dates = np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[us]")
    for one in formats.split(ALSO):
        unread = np.flatnonzero(np.isnat(dates))
        dates[unread] = _in_century(_parse_one(cells[unread], one), one, first)
    if kind == CLOCK.strip():
        dates -= np.datetime64("1900-01-01") - np.datetime64("1970-01-01")
    return dates


def spelling_of(form: str) -> str:
    """Return a format of `datetime.strftime` whose dates a form reads."""
    since = SINCE.fullmatch(form)
    form = since[2] if since else form
    if form.startswith((UNIFORM, CLOCK)):
        return max(form.split(" ", 1)[1].split(ALSO), key=len)
    return form if "%" in form else "%Y-%m-%dT%H:%M:%S.%f%z"


def is_clock(form: str) -> bool:
    """Return whether a form reads times of day that have no date."""
    return form.startswith(CLOCK)


def is_first_form(form: str) -> bool:
    """Return whether a form is one that stored work has known from the beginning."""
    return form in {*FORMATS, "seconds", "milliseconds", "%Y%m%d"}


def are_zero_dates(cells: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which cells are dates of zeros, as databases write a missing one.

    Examples
    --------
    >>> cells = np.array(["0000-00-00 00:00:00", "00/00/0000", "00:00"], dtype=object)
    >>> are_zero_dates(cells).tolist()
    [True, True, False]
    """
    are_zero = [c[:1] in "0/.:T -" and ZEROS.fullmatch(c) is not None for c in cells]
    return np.array(are_zero, dtype=bool)


def years_of_two_digits(form: str) -> str:
    """Return the first and the last year that two digits stand for, empty for none.

    Only where these are others than those of `datetime.strptime`.

    Examples
    --------
    >>> years_of_two_digits("since 1945 %d.%m.%y")
    '1945 to 2044'
    """
    since = SINCE.fullmatch(form)
    return f"{since[1]} to {int(since[1]) + 99}" if since else ""


def _with_century(cells: NDArray[np.object_], form: str | None) -> str | None:
    """Return a form with the first year that its two digits stand for.

    Years that go beyond the last one that may be are those of the century before: the
    years of a column follow one another, and the widest gap between them parts the
    last from the first.
    """
    if form is None or "%y" not in form:
        return form
    dates = parse_dates(cells, form)
    years = (
        np.unique(dates[~np.isnat(dates)].astype("datetime64[Y]").astype(int)) + 1970
    )
    if not len(years) or years.max() <= LAST_YEAR or years.max() >= PIVOT + 100:
        return form
    used = np.unique(years % 100)
    gaps = np.diff([*used, used[0] + 100])
    first = int(used[(gaps.argmax() + 1) % len(used)])
    span = 100 - int(gaps.max())
    if gaps.max() < LEAST_GAP:
        return f"since {LAST_YEAR - 99} {form}"
    first += 100 * ((LAST_YEAR - span - first) // 100)
    return f"since {first} {form}"


def guess_date_form(
    cells: NDArray[np.object_],
    weights: NDArray[np.intp] | None = None,
    min_share: float = MIN_MIXED,
) -> str | None:
    """Return the form that reads most rows, or None when it leaves too many.

    One format for all cells where there is one; otherwise a format for each shape of
    cells. Day and month are told apart over the whole column; where that cannot be
    done, the month comes first between slashes and the day between other marks.
    Dates of zeros, and up to three words that stand in for a date, do not count.

    Parameters
    ----------
    cells : ndarray of str objects
        Distinct cells, none of them missing.
    weights : ndarray of int, optional
        How many rows have each; by default one.
    min_share : float, default 0.9
        The least share of rows that must be read; lower it for cells that are known
        to be dates.
    """
    shares = np.ones(len(cells)) if weights is None else weights
    there = ~are_zero_dates(cells)
    cells, shares = cells[there], shares[there]
    common = _guess_common(cells, shares)
    if common is not None and not _mistakes_years(cells, common):
        return _with_century(cells, common)
    form = _guess_uniform(cells, shares, min_share)
    return _with_century(
        cells, common if form in {None, f"{UNIFORM}{common}"} else form
    )


def _mistakes_years(cells: NDArray[np.object_], form: str) -> bool:
    """Return whether two digits taken for the year are rather the day."""
    if not {"%y", "%m"} <= set(re.findall("%.", form)):
        return False
    dates = _parse_one(cells, form)
    return len(dates) >= TRIAL and not _has_more_days(dates[~np.isnat(dates)])


def _guess_common(cells: NDArray[np.object_], weights: NDArray[Any]) -> str | None:
    """Return the one customary format that reads all but a few cells."""
    trial = cells[:TRIAL]
    n_alike = sum(LIKE_DATE.fullmatch(cell) is not None for cell in trial)
    if not len(trial) or n_alike < len(trial) - 1:
        return None
    best: str | None = None
    best_share = MIN_DATES
    for form in FORMATS:
        n_unlike = sum(not _may_have(form, cell) for cell in trial)
        if n_unlike > 1 or np.isnat(_parse_one(trial, form)).sum() > 1:
            continue
        read = ~np.isnat(_parse_one(cells, form))
        share = float(np.average(read, weights=weights))
        if share == 1.0:
            return form
        best, best_share = (form, share) if share > best_share else (best, best_share)
    return best


def _may_have(form: str, cell: str) -> bool:
    """Return whether a cell has a format's marks, and letters where they belong."""
    if form == "ISO8601":
        return True
    marks, has_letters = set(DIRECTIVE.sub("", form)) - {" "}, LETTER.search(cell)
    return marks <= set(cell) and bool(has_letters) == bool(NAMED.search(form))


def _guess_uniform(
    cells: NDArray[np.object_], weights: NDArray[Any], min_share: float
) -> str | None:
    """Return the formats of uniformly spelled cells, one or more for each shape."""
    sample = cells[:: max(1, len(cells) // SAMPLE)]
    if not _may_be_dates(sample, min(min_share, 0.5)):
        return None
    spelled = spell_uniformly(cells)
    shapes, names = pd.factorize(np.array([shape_of(c) for c in spelled], dtype=object))
    members = {name: shapes == code for code, name in enumerate(names)}
    members = {name: rows for name, rows in members.items() if candidates(name)}
    orders = _settle_orders(spelled, weights, members)
    rows_of: dict[str, float] = defaultdict(float)
    for name, rows in members.items():
        for form, n_rows in _formats_used(spelled[rows], weights[rows], name, orders):
            rows_of[form] += n_rows
    return _joined_form(spelled, weights, rows_of, min_share)


def _may_be_dates(sample: NDArray[np.object_], min_share: float) -> bool:
    """Return whether enough cells have a shape of dates, and not of numbers."""
    spelled = spell_uniformly(sample)
    n_shaped = sum(bool(candidates(shape_of(cell))) for cell in spelled)
    n_numbers = sum(NUMBER.fullmatch(cell) is not None for cell in sample)
    enough = 0 < n_shaped >= min_share * len(sample)
    return enough and n_numbers < MIN_DATES * len(sample)


def _settle_orders(
    spelled: NDArray[np.object_],
    weights: NDArray[Any],
    members: dict[str, NDArray[Any]],
) -> dict[str, str]:
    """Return the order of day, month and year of each family of shapes.

    A family is in the order that reads most of its rows. One that leaves day and
    month open follows those that do not.
    """
    families = {candidates(name)[0].family for name in members} - {""}
    ranked = {
        family: _best_orders(spelled, weights, members, family) for family in families
    }
    agreed = {orders[0] for orders in ranked.values() if len(orders) == 1}
    settled = {}
    for family, orders in sorted(ranked.items()):
        like = [name for name in orders if name in agreed & {"dmy", "mdy"}]
        settled[family] = (like or orders)[0]
    return settled


def _best_orders(
    spelled: NDArray[np.object_],
    weights: NDArray[Any],
    members: dict[str, NDArray[Any]],
    family: str,
) -> list[str]:
    """Return the orders that read most rows of a family, the customary one first."""
    n_rows: dict[str, float] = defaultdict(float)
    dates: dict[str, list[NDArray[np.datetime64]]] = defaultdict(list)
    for name, rows in members.items():
        for candidate in candidates(name):
            if candidate.family == family:
                read = _parse_one(spelled[rows], candidate.form)
                there = ~np.isnat(read)
                n_rows[candidate.order] += weights[rows][there].sum()
                dates[candidate.order].append(read[there])
    most = max(n_rows.values())
    best = [order for order, number in n_rows.items() if number == most]
    if "ymd" not in best[1:]:
        return best
    others = [order for order in best if order != "ymd"]
    by_days = [order for order in best if _has_more_days(np.concatenate(dates[order]))]
    return ["ymd"] if by_days == ["ymd"] else others


def _has_more_days(dates: NDArray[np.datetime64]) -> bool:
    """Return whether days of the month take more values than years do."""
    months = dates.astype("datetime64[M]")
    days = (dates.astype("datetime64[D]") - months).astype(int)
    return len(np.unique(days)) > len(np.unique(dates.astype("datetime64[Y]")))


def _formats_used(
    cells: NDArray[np.object_],
    weights: NDArray[Any],
    shape: str,
    orders: dict[str, str],
) -> Iterator[tuple[str, float]]:
    """Yield the formats of a shape that read some of its cells, and their rows."""
    unread = np.ones(len(cells), dtype=bool)
    for candidate in candidates(shape):
        if unread.any() and _is_settled(candidate, orders):
            places = np.flatnonzero(unread)
            read = places[~np.isnat(_parse_one(cells[places], candidate.form))]
            unread[read] = False
            if len(read):
                yield candidate.form, float(weights[read].sum())


def _is_settled(candidate: Candidate, orders: dict[str, str]) -> bool:
    return not candidate.family or orders[candidate.family] == candidate.order


def _joined_form(
    spelled: NDArray[np.object_],
    weights: NDArray[Any],
    rows_of: dict[str, float],
    min_share: float,
) -> str | None:
    """Return formats as one form, clocks apart from dates, or None for too few rows."""
    dated = {form for form in rows_of if Candidate(form).has_day}
    clocks = set(rows_of) - dated
    kind, forms = (UNIFORM, dated) if dated else (CLOCK, clocks)
    if not forms:
        return None
    names = sorted(forms, key=lambda form: (-rows_of[form], form))
    form = kind + ALSO.join(names)
    dates = _parse_uniform(spelled, form)
    read = (dates > FIRST_DAY) & (dates < LAST_DAY)
    if all(map(_has_a_word_and_a_number, names)) and _are_few(dates[read]):
        return None
    return form if _reads_enough(read, weights, min_share) else None


def _has_a_word_and_a_number(form: str) -> bool:
    """Return whether a format is a month by name and a day or a short year alone."""
    parts = set(DIRECTIVE.findall(form)) & {"%b", "%d", "%y", "%Y"}
    return len(parts) == 2 and "%b" in parts and "%Y" not in parts


def _are_few(dates: NDArray[np.datetime64]) -> bool:
    """Return whether the word beside numbers is hardly a month: "Set 1" to "Set 30"."""
    months = dates.astype("datetime64[M]").astype(int) % 12
    return len(dates) > MAX_WORDS and len(np.unique(months)) <= MAX_WORDS


def _reads_enough(
    read: NDArray[np.bool_], weights: NDArray[Any], min_share: float
) -> bool:
    """Return whether all but a few rows are read; up to three words may repeat."""
    n_read, n_unread = weights[read].sum(), weights[~read].sum()
    if n_read >= min_share * (n_read + n_unread):
        return True
    return bool((~read).sum() <= MAX_WORDS and n_read >= n_unread)


def six_digits(cells: NDArray[np.object_]) -> str | None:
    """Return the form of dates in six digits, None where a cell is none of them.

    Of several orders it is the one whose days take more values than its years.

    Examples
    --------
    >>> six_digits(np.array(["120618", "120731", "130104"], dtype=object))
    '%y%m%d'
    >>> six_digits(np.array(["201206", "201311"], dtype=object))
    '%Y%m'
    """
    if not all(len(cell) == 6 and cell.isdecimal() for cell in cells):
        return None
    dates_of = {}
    for form in SIX_DIGITS:
        dates = _parse_one(cells, form)
        if np.isnat(dates).any():
            continue
        if form == "%Y%m" and not _are_recent(dates):
            continue
        dates_of[form] = dates
    numbers = cells.astype(int)
    if len(cells) >= CERTAIN and np.ptp(numbers) < len(cells):
        return None  # they count on, between the first and the last day of a month
    if len(dates_of) > 1:
        dates_of = {
            f: d for f, d in dates_of.items() if f == "%Y%m" or _has_more_days(d)
        }
    if "%Y%m" in dates_of:
        return "%Y%m"
    return _with_century(cells, next(iter(dates_of))) if dates_of else None


def _are_recent(dates: NDArray[np.datetime64]) -> bool:
    """Return whether dates are of the years from 1950 to 2050."""
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    return bool((years >= 1950).all() and (years <= 2050).all())


def is_month_and_year(cells: NDArray[np.object_]) -> bool:
    """Return whether every cell is a month and a year around a point.

    Examples
    --------
    >>> cells = [f"{month:02}.2011" for month in range(1, 13)]
    >>> is_month_and_year(np.array(cells, dtype=object))
    True
    """
    return len(cells) >= SURE and all(map(MONTH_CELL.fullmatch, cells))


def are_excel_days(numbers: NDArray[np.float64]) -> bool:
    """Return whether numbers may be the days of a spreadsheet."""
    first, last = EXCEL_DAYS
    return bool(first <= numbers.min() and numbers.max() <= last)


def looks_dated(cells: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which cells look like a date or a time of day to a reader.

    Examples
    --------
    >>> looks_dated(np.array(["31.02.2012 5pm", "1.2.12.7", "a b"], dtype=object))
    array([ True, False, False])
    """
    return np.array(
        [LOOKS_DATED.fullmatch(cell) is not None for cell in cells], dtype=bool
    )
