"""Competitions that ask for several targets, taken one at a time."""

from dataclasses import replace

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.identity import (
    class_columns,
    output_columns,
    settle_id,
)
from ensemble_kit.tables.raw_table import RawTable


def targets_of(tables: Tables, settings: CompetitionSettings) -> tuple[str, ...]:
    """Return the targets that a sample asks for, where there are several.

    They are the sample's columns where all of them are columns that only train has.
    """
    outputs = output_columns(tables, settle_id(tables, settings))
    are_targets = all(c in tables.train and c not in tables.test for c in outputs)
    return tuple(outputs) if len(outputs) > 1 and are_targets else ()


def tables_of_target(tables: Tables, settings: CompetitionSettings) -> Tables:
    """Return the tables as if the declared target were the only one.

    A target whose labels are the sample's columns stays with all of them.
    """
    targets, target = targets_of(tables, settings), settings.target
    if tables.sample is None or target not in targets:
        return tables
    if class_columns(list(targets), tables.train.cells[target]):
        return tables
    others = [name for name in targets if name != target]
    return replace(
        tables,
        train=_without(tables.train, others),
        sample=_without(tables.sample, others),
    )


def _without(table: RawTable, names: list[str]) -> RawTable:
    return replace(table, cells=table.cells.drop(names))
