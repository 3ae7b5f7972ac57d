"""Which columns are the id and the target, from train, test and sample together."""

import re
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.labels import Key, label_keys
from ensemble_kit.exceptions import CompetitionError, did_you_mean
from ensemble_kit.tables.cells import Cells

ID_NAME = re.compile(r"(^|.*[\W_])(id|index|key|row|uuid)|.*[a-z](Id|ID)|unnamed_0")
TARGET_NAMES = ("target", "label", "labels", "y", "class", "outcome", "response")


def settle_id(tables: Tables, settings: CompetitionSettings) -> CompetitionSettings:
    """Return settings with the id column; ``""`` when the test rows have none."""
    if settings.id is not None:
        return settings
    test = tables.test.cells
    if tables.sample is not None:
        return _id_by_sample(tables.sample.cells, test, settings)
    named = [c for c in test if ID_NAME.fullmatch(c) or ID_NAME.fullmatch(c.lower())]
    named = [c for c in named if c in tables.train]
    for column in named:
        if column.lower() == "id" or test[column].is_unique:
            return settings.settle("id", column, "its name")
    return settings.settle("id", "", "no column is named like an id; rows are counted")


def _id_by_sample(
    sample: Cells, test: Cells, settings: CompetitionSettings
) -> CompetitionSettings:
    """Return settings with the id that sample_submission begins with, or has."""
    first = sample.columns[0]
    if not _names_rows(first, sample, test):
        for column in sample.columns[1:]:
            if _names_rows(column, sample, test):
                reason = "the column of the sample that names rows of test"
                return settings.settle("id", column, reason)
    if first in test:
        return settings.settle("id", first, "the first column of the sample")
    wanted = set(sample[first].tolist())
    for column in test:
        if column.lower() == first.lower() or set(test[column].tolist()) == wanted:
            return settings.settle("id", column, f"the sample's ids ({first!r})")
    if _counts_rows(sample[first], len(test)):
        return settings.settle(
            "id", "", f"{first!r} of the sample counts the test rows"
        )
    raise CompetitionError(
        f"sample_submission's first column {first!r} is no column of test, and its "
        "values are the values of none; state id = in competition.toml"
    )


def _names_rows(column: str, sample: Cells, test: Cells) -> bool:
    """Return whether a column's cells in the sample are rows of test, one each."""
    if column not in test or not sample[column].is_unique:
        return False
    known = set(test[column].tolist())
    return test[column].is_unique and known.issuperset(sample[column].tolist())


def _counts_rows(ids: pd.Series, n_rows: int) -> bool:
    """Return whether ids are the numbers of the test rows, from any first one."""
    ids = list(ids)
    if not ids[0].isdecimal():
        return False
    start = int(ids[0])
    return ids == [str(i) for i in range(start, start + n_rows)]


def settle_target(tables: Tables, settings: CompetitionSettings) -> CompetitionSettings:
    """Return settings with the target column.

    Raises
    ------
    CompetitionError
        When no column of train can be told to be it.
    """
    train = tables.train.cells
    if settings.target is not None:
        _refuse_absent("target", settings.target, train.columns, tables.train.path.name)
        return settings
    candidates = [c for c in train if c not in tables.test]
    candidates = [c for c in candidates if c not in {settings.id, settings.weights}]
    if tables.sample is not None:
        return _target_by_sample(tables, settings, candidates)
    if len(candidates) == 1:
        return settings.settle("target", candidates[0], "the one column test lacks")
    pool = candidates or [c for c in train if c != settings.id]
    for name in TARGET_NAMES:
        for column in pool:
            if column.lower() == name:
                return settings.settle("target", column, "its name")
    raise CompetitionError(
        f"{tables.train.path.name}: the target is not clear; columns that only train "
        f"has: {', '.join(candidates) or 'none'}; state target = in competition.toml"
    )


def _target_by_sample(
    tables: Tables, settings: CompetitionSettings, candidates: list[str]
) -> CompetitionSettings:
    """Return settings with the target that the sample's columns name or list."""
    train = tables.train.cells
    asked = [] if tables.sample is None else tables.sample.columns
    outputs = [c for c in asked if c != settings.id]
    outputs = outputs if settings.id in asked else outputs[1:]
    in_train = [c for c in outputs if c in train]
    if not outputs:
        raise CompetitionError(
            f"sample_submission has one column, {', '.join(asked)!r}: an id and a "
            "column to be predicted are expected; remove the file if it is no sample"
        )
    if len(outputs) == 1:
        return _target_named(outputs[0], train, candidates, settings)
    if len(in_train) > 1:
        raise CompetitionError(
            f"sample_submission asks for several targets ({', '.join(in_train[:8])}): "
            "ensemble-kit submit makes a run for each; for one of them state, as in "
            f'target = "{in_train[0]}", in competition.toml'
        )
    for column in candidates:
        if class_columns(outputs, train[column]):
            reason = f"its labels are the sample's columns ({', '.join(outputs[:4])})"
            return settings.settle("target", column, reason)
    raise CompetitionError(
        f"sample_submission has the columns {', '.join(outputs[:8])}; none of train's "
        f"own columns ({', '.join(candidates[:8]) or 'none'}) has labels like them; "
        "state target = in competition.toml"
    )


def _target_named(
    name: str, train: Cells, candidates: list[str], settings: CompetitionSettings
) -> CompetitionSettings:
    """Return settings with the target that the sample's one output column names."""
    if name in train:
        return settings.settle("target", name, "the sample's column")
    alike = [c for c in candidates if c.lower() == name.lower()]
    if alike:
        return settings.settle("target", alike[0], f"the sample's column {name!r}")
    if len(candidates) == 1:
        reason = f"the one column test lacks; the sample calls it {name!r}"
        return settings.settle("target", candidates[0], reason)
    raise CompetitionError(
        f"train has no column {name!r}, which sample_submission asks for"
        f"{did_you_mean(name, train.columns)}; columns that only train has: "
        f"{', '.join(candidates) or 'none'}; state target = in competition.toml"
    )


def output_columns(tables: Tables, settings: CompetitionSettings) -> list[str]:
    """Return the sample's columns beside its id; none without a sample."""
    if tables.sample is None:
        return []
    columns = list(tables.sample.columns)
    return [c for c in columns if c != sample_id(tables, settings)]


def sample_id(tables: Tables, settings: CompetitionSettings) -> str:
    """Return the sample's id column: the competition's, or else the first."""
    columns = () if tables.sample is None else tables.sample.columns
    return settings.id if settings.id and settings.id in columns else columns[0]


def class_columns(outputs: list[str], labels: pd.Series) -> dict[str, str] | None:
    """Return the output column of each label, or None when they do not pair.

    A common beginning of the columns (``Status_``) may be missing in the labels;
    columns may name classes that no row has.
    """
    distinct = {label.strip() for label in labels.unique()} - {""}
    for shorten in (str, _without_prefix(outputs)):
        names = {shorten(column): column for column in outputs}
        # Together first; "1" names the label "01" where that is all of the labels.
        for keys in (label_keys([*names, *distinct]), _keys_apart(names, distinct)):
            by_key = {keys[name]: column for name, column in names.items()}
            if len(by_key) == len(outputs) and all(keys[d] in by_key for d in distinct):
                known = {keys[d]: d for d in distinct}
                return {known.get(keys[n], n): column for n, column in names.items()}
    return None


def _keys_apart(names: Iterable[str], labels: Iterable[str]) -> dict[str, Key]:
    """Return what names and labels stand for, each among their own kind."""
    return {**label_keys(names), **label_keys(labels)}


def _without_prefix(outputs: list[str]) -> Callable[[str], str]:
    """Return a function that cuts the columns' common beginning up to a mark."""
    prefix = outputs[0]
    for column in outputs:
        while not column.startswith(prefix):
            prefix = prefix[:-1]
    cut = max(prefix.rfind(mark) for mark in "_-. ") + 1
    return lambda column: column[cut:]


def _refuse_absent(key: str, name: str, columns: Sequence[str], where: str) -> None:
    """Raise when a declared column does not exist."""
    if name not in columns:
        raise CompetitionError(
            f"{where}: {key} = {name!r} is no column{did_you_mean(name, columns)}; "
            f"there are {', '.join(columns[:12])}"
        )
