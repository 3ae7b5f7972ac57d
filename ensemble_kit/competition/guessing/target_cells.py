"""The target's cells: which are missing, which are labels, how numbers are written."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.joint_column import MISSING, JointColumn
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.identity import class_columns, output_columns
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tables.numbers import parse_numbers

NO_LABEL = {"", "nan"}
NO_NUMBER = {"", "nan", "na", "n/a", "null", "none", "<na>"}
MAX_NUMBERED_CLASSES = 30
MIN_READ = 0.99
MAX_NAMED = 5


@dataclass(frozen=True)
class Target:
    """The target of the training rows, as far as they have one.

    Parameters
    ----------
    cells : Series of str
        Of the labelled rows.
    labelled : ndarray of bool of shape (n_rows,)
        Which training rows have a target.
    notes : tuple of str
        What was left out, and how numbers are written.
    """

    cells: pd.Series
    labelled: NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def target_cells(written: pd.Series, missing_labels: str | None = None) -> pd.Series:
    """Return the target's cells without blanks around them; ``""`` where missing.

    Words for missing ones (None, NA) are labels where ``missing_labels`` says
    "class", missing where it says "left out", and by default missing beside numbers.
    """
    cells = written.str.strip()
    if missing_labels == "class":
        return cells
    lowered = cells.str.lower()
    cells = cells.mask(lowered.isin(NO_LABEL), "")
    missing = lowered.isin(NO_NUMBER)
    others = cells[~missing].unique()
    if missing_labels == "left out" or _are_numbers(others):
        cells = cells.mask(missing, "")
    return cells


def settle_missing_labels(
    tables: Tables, settings: CompetitionSettings
) -> CompetitionSettings:
    """Return settings that say so where words for missing ones are a class.

    The sample holds one or has a column of that name, it is the positive class, or
    nothing that differs is left without them.
    """
    if settings.missing_labels is not None:
        return settings
    cells = pd.Series(
        tables.train.cells[settings.settled("target")].str.strip().unique()
    )
    without = target_cells(cells)
    words = set(cells[without == ""]) - {""}
    if not words:
        return settings
    reason = _why_a_class(tables, settings, cells, words, set(without) - {""})
    return settings.settle("missing_labels", "class", reason) if reason else settings


def _why_a_class(
    tables: Tables,
    settings: CompetitionSettings,
    cells: pd.Series,
    words: set[str],
    others: set[str],
) -> str:
    """Return why words for missing ones are a class, or nothing."""
    if settings.positive in words:
        return f"{settings.positive!r} is the positive class"
    outputs = output_columns(tables, settings)
    if len(outputs) > 1:
        named = class_columns(outputs, cells)
        return f"the sample has a column for {_listed(words)}" if named else ""
    if settings.task == "regression" or _are_values(others):
        return ""
    if outputs and tables.sample is not None:
        given = set(tables.sample.cells[outputs[0]].str.strip()) & words
        if given:
            return f"the sample holds {_listed(given)}"
    if len(others) < 2 <= len(words | others):
        return f"without {_listed(words)} there is nothing to tell apart"
    return ""


def _are_values(cells: set[str]) -> bool:
    """Return whether cells are numbers too many or too fine to be labels."""
    numbers = parse_numbers(np.array(sorted(cells), dtype=object), "plain")
    if not np.isfinite(numbers).all():
        return False
    return len(cells) > MAX_NUMBERED_CLASSES or bool((numbers % 1).any())


def read_target(tables: Tables, settings: CompetitionSettings) -> Target:
    """Return the target's cells of the rows that have one.

    Raises
    ------
    CompetitionError
        When more than a few cells of a regression target are no numbers.
    """
    target = settings.settled("target")
    written = tables.train.cells[target]
    whole = written.str.strip()
    cells = target_cells(written, settings.missing_labels)
    notes = _word_notes(whole[(cells == "") & (whole != "")], target)
    if "missing_labels" in settings.reasons:
        notes.append(
            f"target {settings.target!r}: {settings.reasons['missing_labels']}, so it "
            'is a class; missing_labels = "left out" in competition.toml leaves its '
            "rows out"
        )
    labelled = (cells != "").to_numpy(dtype=bool, copy=True)
    if settings.task == "regression":
        labelled &= ~cells.isin(MISSING).to_numpy(dtype=bool)
        unread = labelled.copy()
        numbers, form = read_numbers(cells[labelled])
        unread[labelled] = ~np.isfinite(numbers)
        labelled &= ~unread
        _refuse_unread(tables.train.path.name, target, whole, unread, labelled)
        notes += _unread_notes(target, whole, unread)
        if form != "plain":
            example = whole[labelled].iloc[0]
            notes.append(
                f"target {settings.target!r} is written like {example!r} and read as "
                f"{numbers[np.isfinite(numbers)][0]:.10g}; predictions are plain "
                "numbers"
            )
    n_left_out = int((~labelled).sum())
    if n_left_out:
        notes.insert(0, f"train: {n_left_out} rows without a target are left out")
    return Target(cells[labelled], labelled, tuple(notes))


def read_numbers(cells: pd.Series) -> tuple[NDArray[np.float64], str]:
    """Return the numbers of cells, and how they are written; NaN where one is none.

    They are read as a column of features is: plain, or with currency, percent,
    thousands marks or a decimal comma, whatever reads most of them.
    """
    plain = parse_numbers(np.asarray(cells, dtype=object), "plain")
    if np.isfinite(plain).all():
        return plain, "plain"
    column = JointColumn.of("target", cells.reset_index(drop=True), None)
    form, _ = column.number_form
    return column.numbers(form)[column.codes], form


def are_read(numbers: NDArray[np.float64]) -> bool:
    """Return whether so many cells read as numbers that the others are faults."""
    n_unread = int((~np.isfinite(numbers)).sum())
    return n_unread <= max(1, (1 - MIN_READ) * len(numbers)) and n_unread < len(numbers)


def _refuse_unread(
    where: str,
    target: str,
    cells: pd.Series,
    unread: NDArray[np.bool_],
    read: NDArray[np.bool_],
) -> None:
    """Raise when too many cells are no numbers, naming rows."""
    n_unread = int(unread.sum())
    if n_unread and not are_read(np.where(unread, np.nan, 0.0)[unread | read]):
        raise CompetitionError(
            f"{where}: {n_unread} cells of the target {target!r} are no numbers: "
            f"{_rows(cells, unread)}; mend or empty them, or state the task in "
            "competition.toml if they are labels"
        )


def _unread_notes(
    target: str, cells: pd.Series, unread: NDArray[np.bool_]
) -> list[str]:
    """Return a note that names the rows whose target is no number."""
    if not unread.any():
        return []
    return [
        f"target {target!r}: {unread.sum()} cells are no finite numbers and their rows "
        f"are left out: {_rows(cells, unread)}"
    ]


def _word_notes(words: pd.Series, target: str) -> list[str]:
    """Return a note about words that were taken as missing."""
    if words.empty:
        return []
    return [
        f"target {target!r}: {len(words)} cells such as {words.iloc[0]!r} are taken as "
        'missing; missing_labels = "class" in competition.toml makes them a class'
    ]


def _rows(cells: pd.Series, rows: NDArray[np.bool_]) -> str:
    """Return the first of some rows with their cells."""
    places = np.flatnonzero(rows)[:MAX_NAMED]
    named = ", ".join(f"row {at + 1} {cells.iloc[at][:30]!r}" for at in places)
    more = int(rows.sum()) - len(places)
    return named + (f" and {more} more" if more > 0 else "")


def _are_numbers(cells: NDArray[np.object_]) -> bool:
    """Return whether all cells are finite numbers, in one of the forms."""
    if np.isfinite(parse_numbers(np.asarray(cells, dtype=object), "plain")).all():
        return True
    return len(cells) > MAX_NUMBERED_CLASSES and are_read(
        read_numbers(pd.Series(cells, dtype="str"))[0]
    )


def _listed(words: set[str]) -> str:
    return ", ".join(map(repr, sorted(words)[:MAX_NAMED]))
