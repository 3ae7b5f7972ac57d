"""Every guess about a competition, in the order in which one needs another."""

from dataclasses import replace

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.identity import settle_id, settle_target
from ensemble_kit.competition.guessing.roles import Role, guess_role
from ensemble_kit.competition.guessing.special_columns import (
    settle_groups,
    settle_time,
    settle_weights,
)
from ensemble_kit.competition.guessing.target_cells import (
    settle_missing_labels,
    target_cells,
)
from ensemble_kit.competition.guessing.targets import settle_task
from ensemble_kit.exceptions import CompetitionError, did_you_mean, problems

COLUMN_KEYS = ("id", "groups", "time", "weights", "folds")


def infer(
    tables: Tables, settings: CompetitionSettings
) -> tuple[CompetitionSettings, dict[str, JointColumn]]:
    """Return settings with nothing left open, and the columns both files have.

    Parameters
    ----------
    tables : Tables
    settings : CompetitionSettings
        What was declared; it wins over every guess.

    Raises
    ------
    CompetitionError
        When something declared does not exist, or id or target cannot be told.
    """
    _refuse_unknown_columns(tables, settings)
    columns, reasons = dict(settings.columns), dict(settings.reasons)
    settings = replace(settings, columns=columns, reasons=reasons)
    settings = settle_id(tables, settings)
    settings = settle_target(tables, settings)
    own = [c for c in tables.train.columns if c not in tables.test]
    own = [c for c in own if c not in {settings.id, settings.target, settings.folds}]
    settings = settle_weights(settings, own)
    settings = settle_missing_labels(tables, settings)
    written = tables.train.cells[settings.settled("target")]
    cells = target_cells(written, settings.missing_labels)
    if not (cells != "").any():
        raise CompetitionError(
            f"train's target {settings.target!r} is empty everywhere"
        )
    settings = settle_task(tables, settings, cells[cells != ""])
    joint = _joint_columns(tables, settings)
    settings = _settle_roles(settings, joint, tables)
    settings = _settle_series(settings)
    settings = settle_time(settings, joint)
    settings = settle_groups(settings, joint)
    return _drop_new_groups(settings), joint


def _joint_columns(
    tables: Tables, settings: CompetitionSettings
) -> dict[str, JointColumn]:
    """Return the columns that train and test share, id and target left out."""
    train, test = tables.train.cells, tables.test.cells
    special = {settings.id, settings.target, settings.weights, settings.folds}
    joint = {
        name: JointColumn.of(name, train.column(name), test.column(name))
        for name in train
        if name in test and (name not in special or name == settings.id)
    }
    is_place = settings.id in settings.series_columns
    if (
        settings.id in joint
        and not is_place
        and not _is_feature(joint[settings.id], settings)
    ):
        del joint[settings.id]
    return joint


def _is_feature(ids: JointColumn, settings: CompetitionSettings) -> bool:
    """Return whether ids tell something: they are dates, unless declared otherwise."""
    declared = settings.columns.get(ids.name)
    if declared is not None:
        return declared != "drop"
    return guess_role(ids).role == "datetime"


def _settle_roles(
    settings: CompetitionSettings, columns: dict[str, JointColumn], tables: Tables
) -> CompetitionSettings:
    """Return settings with a role for every column."""
    for name, column in columns.items():
        settings = _with_role(settings, name, guess_role(column))
    special = {settings.id, settings.target, settings.weights, settings.folds}
    for table, other, here in (
        (tables.train, tables.test, "train"),
        (tables.test, tables.train, "test"),
    ):
        for name in table.columns:
            if name not in other and name not in special:
                settings = _with_role(
                    settings, name, Role("drop", f"only {here} has it")
                )
    return settings


def _settle_series(settings: CompetitionSettings) -> CompetitionSettings:
    """Return settings in which the columns of a declared series are features."""
    named = settings.series_columns
    for place, name in enumerate(named):
        role = settings.columns.get(name)
        if f"columns.{name}" not in settings.reasons:
            continue
        if place == 0 and role not in {"datetime", "number"}:
            settings.columns[name] = "number"
            settings.reasons[f"columns.{name}"] = "the time of a series"
        elif place and role not in {"category", "number"}:
            settings.columns[name] = "category"
            settings.reasons[f"columns.{name}"] = "it tells one series from another"
    return settings.settle("time", named[0], "the series' own") if named else settings


def _with_role(
    settings: CompetitionSettings, name: str, role: Role
) -> CompetitionSettings:
    """Return settings with a column's role; one that was given stays."""
    if name not in settings.columns:
        settings.columns[name] = role.role
        settings.reasons[f"columns.{name}"] = role.reason
    return settings


def _drop_new_groups(settings: CompetitionSettings) -> CompetitionSettings:
    """Return settings in which a group column that test never shares is no feature."""
    if settings.groups and "groups" in settings.reasons:
        name = settings.groups
        if f"columns.{name}" in settings.reasons:
            settings.columns[name] = "drop"
            settings.reasons[f"columns.{name}"] = "the groups; test has other ones"
    return settings


def _refuse_unknown_columns(tables: Tables, settings: CompetitionSettings) -> None:
    """Raise when declared columns are in no file, all at once."""
    train, test = tables.train.columns, tables.test.columns
    known = {*train, *test}
    mistakes = [
        f"{key} = {name!r} is no column of train{did_you_mean(name, train)}"
        for key in COLUMN_KEYS
        if (name := getattr(settings, key))
        and name not in train
        and not (key == "id" and name in test)
        and not (key == "folds" and tables.folds is not None)
    ]
    mistakes += [
        f"series: {name!r} is no column of train and test{did_you_mean(name, train)}"
        for name in settings.series_columns
        if name not in train or name not in test
    ]
    mistakes += [
        f"columns: {name!r} is no column of train or test{did_you_mean(name, known)}"
        for name in settings.columns
        if name not in known
    ]
    if mistakes:
        raise CompetitionError(problems("competition.toml", mistakes))
