"""How the test rows were drawn from all rows, told by every order and every group.

Only overwhelming evidence counts: a chance below one in a million after correction for
the number of tests, and far fewer turns between train and test than a random draw.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import ColumnSchema
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.roles import CAMEL_ID, CODE_NAME
from ensemble_kit.competition.guessing.special_columns import PERIOD_NAME
from ensemble_kit.splitting.draw_tests import (
    Runs,
    count_runs,
    log_p_all_apart,
    log_p_last,
    log_p_unshared,
    share_of_unshared,
)
from ensemble_kit.splitting.drawings import (
    Blocks,
    Drawing,
    LastRows,
    Later,
    NewGroups,
)
from ensemble_kit.tables.dates import is_clock

LARGEST_LOG_P = -6.0
MOST_TURNS = 0.3  # of those that a random draw would make
LEAST_PLACED = 0.5
LEAST_LAST = 0.95
MORE_NEW = 0.2
FEWEST_GROUPS = 10
FEWEST_PER_GROUP = 1.5
DENSE = 0.5
COUNTED_BLOCKS = 3
DIGITS = re.compile(r"\D*?(\d{1,15})\D*")
NEARLY_ALL = 0.99  # of the rows, that have a number of their own
BARE_DIGITS = "[0-9]{1,15}"
PARTS = ("year", "month", "day", "hour", "minute")

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class DrawnRows:
    """How the test rows were drawn, and the sentence that says so.

    Parameters
    ----------
    drawing : Drawing
    columns : tuple of str
        The order, the groups, or both.
    sentence : str
    log_p : float
        log10 of the chance in a random draw, corrected for the number of tests.
    """

    drawing: Drawing
    columns: tuple[str, ...]
    sentence: str
    log_p: float


@dataclass(frozen=True)
class Order:
    """Places of all rows along something, training rows first.

    Parameters
    ----------
    name : str
    places : ndarray of shape (n_rows,)
        NaN where a row has none.
    is_date : bool
        Places are microseconds.
    is_count : bool
        It numbers rows: that the test's numbers go on where train's end means nothing.
    """

    name: str
    places: Numbers
    is_date: bool = False
    is_count: bool = False


def find_drawing(
    tables: Tables,
    settings: CompetitionSettings,
    columns: Mapping[str, JointColumn],
    labelled: Flags,
) -> DrawnRows | None:
    """Return how the test rows were drawn, None where it may have been at random.

    Columns that are declared as groups or time by hand are left to their own folds,
    unless the test was drawn along them.

    Parameters
    ----------
    tables, settings, columns
        Settled; the columns that both files have.
    labelled : ndarray of bool of shape (n_train,)
        Training rows that have a target.
    """
    if settings.folds == "":
        return None
    used = np.concatenate([labelled, np.ones(len(tables.test.cells), dtype=bool)])
    orders = _orders(tables, settings, columns, used)
    groups = _groups(settings, columns, used)
    n_tests = max(1, len(orders) + len(groups) * (1 + len(orders)))
    rows = _Rows(int(labelled.sum()), np.log10(n_tests))
    # Numbers of rows follow whole groups: these are then what was drawn.
    counts = [o for o in orders if o.is_count and not settings.groups]
    drawing = (
        _find_later(rows, orders, groups, settings)
        or _find_last(rows, orders, groups)
        or _find_blocks(rows, [o for o in orders if not o.is_count], groups)
        or _find_new_groups(rows, groups)
        or _find_blocks(rows, counts, groups)
    )
    return drawing if drawing is not None and _is_free(drawing, settings) else None


def _is_free(drawing: DrawnRows, settings: CompetitionSettings) -> bool:
    """Return whether nothing else is declared that folds must follow."""
    given = {settings.groups or "", settings.time or ""} - {""}
    return given <= set(drawing.columns)


@dataclass(frozen=True)
class _Rows:
    """What every test needs to know of the rows."""

    n_train: int
    correction: float

    @property
    def least_log_p(self) -> float:
        return LARGEST_LOG_P - self.correction

    def is_test(self, places: NDArray[np.generic]) -> Flags:
        return np.arange(len(places)) >= self.n_train


def _orders(
    tables: Tables,
    settings: CompetitionSettings,
    columns: Mapping[str, JointColumn],
    used: Flags,
) -> list[Order]:
    """Return everything that orders the rows of both files."""
    orders = [
        order
        for name, column in columns.items()
        if (order := _order_of(column, settings.columns.get(name, "drop"))) is not None
    ]
    if (parts := _from_parts(columns)) is not None:
        orders.append(parts)
    if (counter := _counter_of_id(tables, settings, columns)) is not None:
        orders.append(counter)
    orders = [Order(o.name, o.places[used], o.is_date, o.is_count) for o in orders]
    n_train = int(used.sum()) - len(tables.test.cells)
    return [
        order
        for order in orders
        if all(
            len(side) and np.mean(~np.isnan(side)) >= LEAST_PLACED
            for side in (order.places[:n_train], order.places[n_train:])
        )
        and np.nanmin(order.places) < np.nanmax(order.places)
    ]


def _order_of(column: JointColumn, role: str) -> Order | None:
    """Return the order of a date, of a number named like a period, or of a counter."""
    if role == "datetime":
        schema = ColumnSchema.of(column, role)
        if is_clock(schema.form):
            return None
        return Order(column.name, _microseconds(schema.values(column)), is_date=True)
    form, share = column.number_form
    if role not in {"number", "drop"} or share < 1:
        return None
    if not _may_count(column, form) and not PERIOD_NAME.search(column.name):
        return None
    numbers = column.numbers(form)[column.codes]
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    if _counts(numbers):
        return Order(column.name, numbers, is_count=True)
    if PERIOD_NAME.search(column.name):
        return Order(column.name, numbers)
    return None


def _microseconds(dates: pd.Series) -> Numbers:
    values = dates.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(values), np.nan, values.astype(np.float64))


def _may_count(column: JointColumn, form: str) -> bool:
    """Return whether so few rows share a number that all of them may count."""
    there = np.isfinite(column.numbers(form))
    return bool(there.sum() > NEARLY_ALL * column.n_rows(there))


def _counts(numbers: Numbers) -> bool:
    """Return whether whole numbers name nearly every row and leave few gaps."""
    present = numbers[~np.isnan(numbers)]
    if len(present) < max(2, len(numbers) / 2) or (present % 1).any():
        return False
    n_distinct = len(np.unique(present))
    reach = present.max() - present.min() + 1
    return n_distinct > NEARLY_ALL * len(present) and n_distinct >= DENSE * reach


def _from_parts(columns: Mapping[str, JointColumn]) -> Order | None:
    """Return the order of a date that is written in columns of its parts."""
    named = {name.lower(): column for name, column in columns.items()}
    if not {"year", "month", "day"} <= set(named):
        return None
    there = [part for part in PARTS if part in named]
    numbers = {part: named[part].numbers("plain")[named[part].codes] for part in there}
    dates = pd.to_datetime(pd.DataFrame(numbers), errors="coerce")
    return Order(" and ".join(there[:3]), _microseconds(dates), is_date=True)


def _counter_of_id(
    tables: Tables, settings: CompetitionSettings, columns: Mapping[str, JointColumn]
) -> Order | None:
    """Return the order of ids that count, with letters around the number or not."""
    name, train, test = settings.id, tables.train.cells, tables.test.cells
    if not name or name in columns or name not in train or name not in test:
        return None
    cells = pd.concat([train[name], test[name]], ignore_index=True).str.strip()
    if cells.str.fullmatch(BARE_DIGITS).all():  # as mostly
        numbers = cells.astype("int64").to_numpy(float)
    else:
        digits = cells.str.extract(f"^{DIGITS.pattern}$", expand=False)
        numbers = pd.to_numeric(digits, errors="coerce").to_numpy(float)
    return Order(name, numbers, is_count=True) if _counts(numbers) else None


def _groups(
    settings: CompetitionSettings, columns: Mapping[str, JointColumn], used: Flags
) -> dict[str, NDArray[np.intp]]:
    """Return the codes of columns whose values repeat and name things."""
    groups = {}
    for name, column in columns.items():
        if not _names_things(column, settings.columns.get(name, "drop"), settings):
            continue
        codes = column.codes[used]
        n_groups = len(np.unique(codes))
        missing = column.is_missing[codes].any()
        is_repeated = len(codes) >= FEWEST_PER_GROUP * n_groups
        if n_groups >= FEWEST_GROUPS and is_repeated and not missing:
            groups[name] = np.unique(codes, return_inverse=True)[1].astype(np.intp)
    return groups


def _names_things(
    column: JointColumn, role: str, settings: CompetitionSettings
) -> bool:
    if column.name == settings.groups or role == "category":
        return True
    named = CODE_NAME.search(column.name) or CAMEL_ID.search(column.name)
    return role in {"drop", "number", "text"} and named is not None


def _find_later(
    rows: _Rows,
    orders: list[Order],
    groups: Mapping[str, NDArray[np.intp]],
    settings: CompetitionSettings,
) -> DrawnRows | None:
    """Return that all test rows come after train's, or all before."""
    for order in orders:
        if order.is_count and order.name != settings.time:
            continue
        is_test = rows.is_test(order.places)
        train, test = order.places[~is_test], order.places[is_test]
        sign = 1 if np.nanmin(test) > np.nanmax(train) else -1
        if sign < 0 and not np.nanmax(test) < np.nanmin(train):
            continue
        n_placed = [int((~np.isnan(side)).sum()) for side in (train, test)]
        log_p = log_p_all_apart(*n_placed) + rows.correction
        if log_p > LARGEST_LOG_P:
            continue
        new, more = _unshared(rows, groups, order)
        drawing = Later.of(sign * train, sign * test, new)
        where = "after" if sign > 0 else "before"
        sentence = (
            f"all test rows come {where} all training rows along {order.name!r} and "
            f"reach {_span(drawing.length, order)} on{more}"
        )
        columns = (order.name, *_disjoint(rows, groups))
        return DrawnRows(drawing, columns, sentence, float(log_p))
    return None


def _find_blocks(
    rows: _Rows, orders: list[Order], groups: Mapping[str, NDArray[np.intp]]
) -> DrawnRows | None:
    """Return that test rows are blocks along an order, the clearest one."""
    best: tuple[float, Order, Runs] | None = None
    for order in orders:
        there = ~np.isnan(order.places)
        is_test = rows.is_test(order.places)[there]
        runs = count_runs(order.places[there], is_test)
        least = COUNTED_BLOCKS if order.is_count else 1
        # One run of test rows at an end is no block: it comes before or after.
        is_inside = runs.n_runs > 2
        turns = runs.n_runs / runs.expected
        is_clear = runs.log_p < rows.least_log_p and turns <= MOST_TURNS
        if is_clear and is_inside and runs.n_test_runs >= least:
            rank = turns + (0 if order.is_date else 0.1)
            if best is None or rank < best[0]:
                best = rank, order, runs
    if best is None:
        return None
    _, order, runs = best
    is_test = rows.is_test(order.places)
    new, more = _unshared(rows, groups, order)
    drawing = Blocks.of(order.places[~is_test], order.places[is_test], new)
    n_blocks = runs.n_test_runs
    blocks = f"{n_blocks} blocks, about" if n_blocks > 1 else "one block,"
    random = runs.expected / 2
    sentence = (
        f"the test rows are {blocks} {_span(drawing.length, order)} long, among the "
        f"training rows along {order.name!r}, where a random draw would make about "
        f"{random:,.0f}{more}"
    )
    columns = (order.name, *_disjoint(rows, groups))
    return DrawnRows(drawing, columns, sentence, float(runs.log_p + rows.correction))


def _find_last(
    rows: _Rows, orders: list[Order], groups: Mapping[str, NDArray[np.intp]]
) -> DrawnRows | None:
    """Return that the test has the last rows of nearly every group."""
    for name, codes in groups.items():
        is_test = rows.is_test(codes)
        n_train, n_test = (
            np.bincount(codes[side], minlength=codes.max() + 1).astype(float)
            for side in (~is_test, is_test)
        )
        both = (n_train > 0) & (n_test > 0)
        if both.sum() < FEWEST_GROUPS or n_test[both].sum() < LEAST_LAST * n_test.sum():
            continue
        for order in orders:
            if np.isnan(order.places).any() or _goes_on(rows, order):
                continue
            last = np.full(len(both), -np.inf)
            first = np.full(len(both), np.inf)
            np.maximum.at(last, codes[~is_test], order.places[~is_test])
            np.minimum.at(first, codes[is_test], order.places[is_test])
            are_last = first[both] > last[both]
            log_p = log_p_last(n_train[both], n_test[both], are_last) + rows.correction
            if are_last.mean() < LEAST_LAST or log_p > LARGEST_LOG_P:
                continue
            drawing = LastRows(
                codes[~is_test], order.places[~is_test], n_test.astype(int)
            )
            sentence = (
                f"the test rows are the last ones of each {name!r} along "
                f"{order.name!r}, about {np.median(n_test[both]):.0f} of "
                f"{np.median((n_test + n_train)[both]):.0f}"
            )
            return DrawnRows(drawing, (name, order.name), sentence, float(log_p))
    return None


def _goes_on(rows: _Rows, order: Order) -> bool:
    """Return whether the test's numbers go on where train's end.

    Its rows are then the last ones of any group, however they were drawn.
    """
    is_test = rows.is_test(order.places)
    train, test = order.places[~is_test], order.places[is_test]
    return order.is_count and bool(test.min() > train.max() or test.max() < train.min())


def _find_new_groups(
    rows: _Rows, groups: Mapping[str, NDArray[np.intp]]
) -> DrawnRows | None:
    """Return that many test rows are in groups that train has not, others are not."""
    for name, codes in groups.items():
        is_test = rows.is_test(codes)
        n_train, n_test = (
            np.bincount(codes[side], minlength=codes.max() + 1).astype(float)
            for side in (~is_test, is_test)
        )
        share, expected = share_of_unshared(n_train, n_test)
        log_p = log_p_unshared(n_train, n_test) + rows.correction
        if log_p > LARGEST_LOG_P or not expected + MORE_NEW < share < 1:
            continue
        sentence = (
            f"{share:.0%} of the test rows have a {name!r} that train has not, where "
            f"{expected:.0%} would in a random draw"
        )
        drawing = NewGroups(codes[~is_test], share)
        return DrawnRows(drawing, (name,), sentence, float(log_p))
    return None


def _unshared(
    rows: _Rows, groups: Mapping[str, NDArray[np.intp]], order: Order
) -> tuple[NDArray[np.intp] | None, str]:
    """Return the groups of training rows that the test never shares, and words."""
    for name in _disjoint(rows, groups):
        is_test = rows.is_test(groups[name])
        codes = groups[name][~is_test]
        if _outlast_steps(codes, order.places[~is_test]):
            return codes, f", with other values of {name!r} than train"
    return None, ""


def _disjoint(rows: _Rows, groups: Mapping[str, NDArray[np.intp]]) -> list[str]:
    """Return the groups of which train and test share none."""
    return [
        name
        for name, codes in groups.items()
        if not np.isin(codes[rows.n_train :], codes[: rows.n_train]).any()
    ]


def _outlast_steps(codes: NDArray[np.intp], places: Numbers) -> bool:
    """Return whether most groups have rows at several places: they are no periods."""
    frame = pd.DataFrame({"group": codes, "place": places}).dropna()
    reach = frame.groupby("group")["place"].agg(["min", "max"])
    ends = reach["max"].sort_index()
    # Periods follow one another; things overlap in time.
    ordered = reach.sort_values("min")
    overlaps = ordered["min"].to_numpy()[1:] <= ordered["max"].to_numpy()[:-1]
    return bool(len(ends) > 1 and overlaps.mean() > 0.5)


def _span(length: float, order: Order) -> str:
    """Return a length along an order for a person."""
    if not order.is_date:
        return f"{length:,.6g}"
    seconds = length / 1e6
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} seconds"
