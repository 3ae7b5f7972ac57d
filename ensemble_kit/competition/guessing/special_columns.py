"""Groups, time and weights, told by how train and test were split."""

import re

import numpy as np

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import ColumnSchema
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.tables.dates import is_clock

PERIOD_NAME = re.compile(r"date|time|week|month|year|day|period|block|quarter", re.I)
WEIGHT_NAME = re.compile(r"(sample|row|case)?_?weights?", re.IGNORECASE)
MIN_GROUPS = 10
MIN_ROWS_PER_GROUP = 2.0


def settle_weights(
    settings: CompetitionSettings, train_only: list[str]
) -> CompetitionSettings:
    """Return settings with the column of row weights, one that only train has."""
    for column in train_only:
        if WEIGHT_NAME.fullmatch(column):
            reason = "only train has it, and its name"
            return settings.settle("weights", column, reason)
    return settings.settle("weights", "", "no column of train alone is named like it")


def settle_time(
    settings: CompetitionSettings, columns: dict[str, JointColumn]
) -> CompetitionSettings:
    """Return settings with the time column: all test rows come after train's."""
    for name, column in columns.items():
        if _is_later(column, settings.columns.get(name, "drop")):
            reason = "all test rows are later than all training rows"
            return settings.settle("time", name, reason)
    return settings.settle("time", "", "no date parts train from test")


def settle_groups(
    settings: CompetitionSettings, columns: dict[str, JointColumn]
) -> CompetitionSettings:
    """Return settings with the group column: repeated values, never on both sides."""
    for name, column in columns.items():
        # Days of the test alone are places in time: see `find_drawing`.
        is_date = settings.columns.get(name) == "datetime"
        if name != settings.time and not is_date and _parts_by_group(column):
            n_groups = int(column.train_cells.sum())
            reason = f"{n_groups} values repeat within train and none stands in test"
            return settings.settle("groups", name, reason)
    return settings.settle("groups", "", "no repeated value parts train from test")


def _is_later(column: JointColumn, role: str) -> bool:
    """Return whether every test row comes after every training row."""
    if role == "datetime":
        schema = ColumnSchema.of(column, role)
        if is_clock(schema.form):
            return False
        values = schema.values(column).to_numpy()
        values = values.astype("datetime64[us]").astype(np.float64)
    elif role == "number" and PERIOD_NAME.search(column.name):
        values = ColumnSchema.of(column, role).values(column).to_numpy()
    else:
        return False
    train, test = values[: column.n_train], values[column.n_train :]
    if np.isnan(train).all() or np.isnan(test).all():
        return False
    return bool(np.nanmin(test) > np.nanmax(train))


def _parts_by_group(column: JointColumn) -> bool:
    """Return whether train and test share no value though values repeat in each."""
    train = column.train_cells & ~column.is_missing
    test = column.test_cells & ~column.is_missing
    if (train & test).any() or min(train.sum(), test.sum()) < MIN_GROUPS:
        return False
    filled = train[column.codes[: column.n_train]]
    if filled.sum() < MIN_ROWS_PER_GROUP * train.sum() or not filled.all():
        return False
    numbers = column.numbers("plain")
    if not np.isfinite(numbers[train | test]).all():
        return True
    whole = not (numbers[train | test] % 1).any()
    apart = numbers[train].max() < numbers[test].min()
    return whole and not apart and numbers[test].max() > numbers[train].min()
