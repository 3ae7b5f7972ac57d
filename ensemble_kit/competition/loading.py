"""A competition's folder to a Competition."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.assembling import (
    FOLDS,
    collect_notes,
    columns_beside,
    make_template,
    test_ids,
    training_arrays,
    without_weightless,
)
from ensemble_kit.competition.column_notes import column_notes
from ensemble_kit.competition.competition import LOUD, Competition
from ensemble_kit.competition.cost_matrix import cost_matrix
from ensemble_kit.competition.declared.class_costs import BALANCED
from ensemble_kit.competition.declared.folders import (
    Tables,
    check_folder,
    is_file_name,
    read_tables,
    settle_files,
)
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.metric_groups import (
    groups_note,
    with_groups,
    with_named_groups,
)
from ensemble_kit.competition.declared.schema import ColumnSchema, Schema
from ensemble_kit.competition.declared.settings import (
    FILE_NAME,
    PATHS,
    CompetitionSettings,
    add_key,
    dump_settings,
    load_settings,
    with_overrides,
)
from ensemble_kit.competition.derived.array_columns import add_arrays, array_facts
from ensemble_kit.competition.derived.derived_columns import (
    derive_columns,
    derived_facts,
)
from ensemble_kit.competition.guessing.drawn_rows import DrawnRows, find_drawing
from ensemble_kit.competition.guessing.identity import settle_id, settle_target
from ensemble_kit.competition.guessing.ids_of_sample import with_ids_of_sample
from ensemble_kit.competition.guessing.inference import infer
from ensemble_kit.competition.guessing.labels import are_told_apart
from ensemble_kit.competition.guessing.series_columns import settle_series
from ensemble_kit.competition.guessing.spelling_of_test import with_test_respelled
from ensemble_kit.competition.guessing.target_cells import Target, read_target
from ensemble_kit.competition.guessing.targets import make_task
from ensemble_kit.competition.several_targets import tables_of_target, targets_of
from ensemble_kit.competition.special_words import measured_keys, with_measured
from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.files import write_atomically
from ensemble_kit.hashing import fingerprint, fingerprint_file
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.metrics.costs import STEM, cost_name
from ensemble_kit.metrics.own_metric import own_fingerprint
from ensemble_kit.tables.decoding import is_guessed
from ensemble_kit.tables.durations import have_signed_days
from ensemble_kit.tables.numbers import (
    INVISIBLE,
    has_last_marks,
    has_typeset_marks,
)
from ensemble_kit.tasks import Task

SCHEMA_VERSION = 1
MAX_NAMED = 5
WEIGHTS_VERSION = 3  # of what is done with weights, for competitions that have them
DRAWING_VERSION = 1  # of how folds are made where the test was not drawn at random
N_FOLDS = 5
FEW_ROWS = 10


def load_competition(
    folder: Path | str,
    settings: CompetitionSettings | None = None,
    metric: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Competition:
    """Return the competition in a folder.

    Parameters
    ----------
    folder : Path or str
        With train and test, and where there are, sample_submission and
        competition.toml.
    settings : CompetitionSettings, optional
        Instead of the folder's competition.toml.
    metric : str, optional
        Wins over the settings' metric.
    overrides : mapping, optional
        Keys of competition.toml that win over it: those of a pipeline.

    Returns
    -------
    Competition
        Everything not declared is inferred; ``settings`` holds the reasons.

    Raises
    ------
    CompetitionError
        Naming the file, row or column that cannot be used.
    """
    folder = check_folder(folder)
    declared, tables = _read(folder, settings, metric, overrides)
    return _competition(folder, declared, tables)


def load_each_target(
    folder: Path | str,
    metric: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> list[Competition]:
    """Return the competition in a folder, one for each target that is asked for.

    Several are asked for where the sample's columns are columns of train, as in
    ``id,toxic,insult``; the files are read once. See `load_competition`.
    """
    folder = check_folder(folder)
    declared, tables = _read(folder, None, metric, overrides)
    targets = targets_of(tables, declared) if declared.target is None else ()
    wanted = [replace(declared, target=target) for target in targets] or [declared]
    return [_competition(folder, each, tables) for each in wanted]


def _read(
    folder: Path,
    settings: CompetitionSettings | None,
    metric: str | None,
    overrides: Mapping[str, Any] | None,
) -> tuple[CompetitionSettings, Tables]:
    """Return what is declared, and the tables."""
    declared = with_overrides(_declared(folder, settings), overrides or {})
    if metric is not None:
        declared = replace(declared, metric=metric)
    if declared.metric in METRICS:
        declared = replace(declared, metric=METRICS[str(declared.metric)].name)
    declared = with_named_groups(declared)
    _refuse_texts(declared)
    declared = settle_files(folder, declared)
    return declared, read_tables(folder, declared)


def _refuse_texts(declared: CompetitionSettings) -> None:
    """Refuse a target that is a text, which few commands read."""
    name = declared.metric
    reads_texts = name in METRICS and METRICS[str(name)].consumes == "text"
    if declared.task == "text" or (declared.task is None and reads_texts):
        raise CompetitionError(
            "the target is a text, by its task or its metric: the commands check, "
            "submit, holdout and score read such a folder, and load_text_competition "
            "in Python"
        )


def _competition(
    folder: Path, declared: CompetitionSettings, tables: Tables
) -> Competition:
    """Return the competition of one target."""
    tables = tables_of_target(tables, declared)
    measured = measured_keys(declared, tables)
    declared = with_overrides(declared, dict.fromkeys(measured, ""))
    as_written = tables.test.columns
    tables = with_ids_of_sample(tables, declared)
    tables, respelled = with_test_respelled(tables, declared)
    tables, declared = add_arrays(folder, tables, declared)
    tables, derived = derive_columns(tables, _with_target(tables, declared))
    resolved, columns = infer(tables, declared)
    resolved = replace(resolved, name=resolved.name or folder.name)
    competition = _assemble(folder, resolved, tables, columns)
    competition = with_measured(competition, measured)
    if respelled:
        facts = {"base": competition.fingerprint, "respelled": respelled}
        competition = replace(competition, fingerprint=fingerprint(facts))
    return replace(competition, derived=derived, test_columns=as_written)


def _with_target(tables: Tables, declared: CompetitionSettings) -> CompetitionSettings:
    """Return settings with the target, where columns are derived: none may read it."""
    if not declared.made:
        return declared
    reasons = dict(declared.reasons)
    return settle_target(tables, settle_id(tables, replace(declared, reasons=reasons)))


def init_folder(folder: Path | str, metric: str | None = None) -> Path:
    """Write a folder's competition.toml with the reason of each guess; return its path.

    Where the test rows were not drawn at random, folds.csv is written beside it. A file
    that is there already stays as it stands, comments included; what it leaves open is
    added.

    Raises
    ------
    CompetitionError
        When the folder, or a file that is there already, cannot be understood.
    """
    path = Path(folder) / FILE_NAME
    competition = load_competition(folder, metric=metric)
    settings = competition.settings
    if _write_folds(competition):
        settings = settings.settle("folds", FOLDS, _folds_reason(competition))
    # Its first bytes may be a mark of Windows' editors, which TOML does not know.
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    write_atomically(path, dump_settings(settings, text).encode("utf-8"))
    return path


def add_folds(folder: Path | str) -> Path:
    """Write a folder's folds.csv, like the test, and name it in competition.toml.

    The file's comments and order stay.

    Returns
    -------
    Path
        Of folds.csv.

    Raises
    ------
    CompetitionError
        When folds are declared already, there is such a file, or the test rows may
        have been drawn at random.
    """
    competition = load_competition(folder)
    path = competition.folder / FOLDS
    declared = competition.settings.folds
    if declared or path.exists():
        raise CompetitionError(
            f"{declared or path}: folds are there already; remove them and their line "
            f"in {FILE_NAME} to have them made"
        )
    if not _write_folds(competition):
        raise CompetitionError(
            f"{folder}: no folds are like the test: its rows may have been drawn at "
            "random, there are too few rows, or training rows have no ids of their own"
        )
    add_key(competition.folder / FILE_NAME, "folds", FOLDS, _folds_reason(competition))
    return path


def _write_folds(competition: Competition) -> bool:
    """Write folds like the test, where there are any and rows can be named."""
    drawing, ids = competition.drawing, competition.train_ids
    path = competition.folder / FOLDS
    if drawing is None or len(set(ids)) < len(ids) or path.exists():
        return False
    folds = drawing.folds(N_FOLDS, 0)
    if folds is None:
        return False
    columns = {f"fold_{k + 1}": marks for k, marks in enumerate(folds.marks.T)}
    named = {competition.id_column or "id": ids}
    text = pd.DataFrame(named | columns).to_csv(index=False, lineterminator="\n")
    write_atomically(path, text.encode())
    return True


def _folds_reason(competition: Competition) -> str:
    """Return why folds are not random ones: how the test rows were drawn."""
    return f"{competition.drawn}; folds hide rows alike"


def _declared(
    folder: Path, settings: CompetitionSettings | None
) -> CompetitionSettings:
    """Return the given settings, the folder's, or none."""
    if settings is not None:
        return settings
    path = folder / FILE_NAME
    return load_settings(path) if path.exists() else CompetitionSettings()


def _assemble(
    folder: Path,
    settings: CompetitionSettings,
    tables: Tables,
    columns: dict[str, JointColumn],
) -> Competition:
    """Return the competition of settings that leave nothing open."""
    target = read_target(tables, settings)
    task, labels = make_task(tables, settings, target.cells)
    schema = _schema(settings, columns)
    X, X_test = _features(schema, columns, target.labelled)
    arrays = training_arrays(tables, settings, columns, target.labelled)
    y = task.encode(labels.to_numpy())
    marked = _marked(settings, columns, target.cells)
    drawn = find_drawing(tables, settings, columns, target.labelled)
    notes = collect_notes(tables, settings, columns, target)
    settings, of_series = settle_series(settings, (X, X_test), drawn, task)
    metric, costs = _judged(settings, tables, target, task, y)
    drawing, sentence = (drawn.drawing, drawn.sentence) if drawn else (None, "")
    competition = Competition(
        name=settings.settled("name"),
        folder=folder,
        task=task,
        metric=metric,
        X=X,
        y=y,
        X_test=X_test,
        ids=test_ids(tables, settings),
        id_column=settings.settled("id"),
        target=settings.settled("target"),
        template=make_template(tables, settings, task),
        roles=dict(settings.columns),
        schema=schema,
        settings=settings,
        fingerprint=_fingerprint(folder, settings, tables, task, schema, marked, drawn),
        test_columns=tables.test.columns,
        notes=(
            *filter(None, [sentence]),
            *notes,
            *of_series,
            *_task_notes(task, y),
            *groups_note(metric, y),
        ),
        beside=columns_beside(tables, settings, target.labelled),
        drawing=drawing,
        drawn=sentence,
        series=settings.series_columns,
        costs=costs,
        **arrays,
    )
    return without_weightless(competition)


def _features(
    schema: Schema, columns: dict[str, JointColumn], labelled: NDArray[np.bool_]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the features of the labelled training rows and of the test rows."""
    frame = schema.frame({c.name: columns[c.name] for c in schema.columns})
    n_train = len(labelled)
    X, X_test = frame[:n_train], frame[n_train:]
    if not labelled.all():
        X = X[labelled]
    return X.reset_index(drop=True), X_test.reset_index(drop=True)


def _judged(
    settings: CompetitionSettings,
    tables: Tables,
    target: Target,
    task: Task,
    y: NDArray[Any],
) -> tuple[Metric, NDArray[np.float64] | str | None]:
    """Return the metric, and what mistakes cost where that was said."""
    costs = cost_matrix(settings.costs, settings.class_weights, task.classes, y)
    metric = with_groups(_metric(settings, costs), tables.train, target.labelled)
    return metric, BALANCED if settings.class_weights == BALANCED else costs


def _metric(settings: CompetitionSettings, costs: NDArray[np.float64] | None) -> Metric:
    """Return the metric; that of costs goes by what they are."""
    name = settings.settled("metric")
    return METRICS[name if costs is None or name != STEM else cost_name(costs)]


def _schema(settings: CompetitionSettings, columns: dict[str, JointColumn]) -> Schema:
    """Return the schema of the features, in the order of train's columns."""
    used = [name for name in columns if settings.columns[name] != "drop"]
    if not used:
        raise CompetitionError(_without_features(settings, columns))
    parts = [ColumnSchema.of(columns[name], settings.columns[name]) for name in used]
    mistakes = [
        f"columns.{part.name}: no cell reads as a {part.role}, such as "
        f"{str(columns[part.name].cells[0])[:30]!r}"
        for part in parts
        if (part.unread(columns[part.name]) | columns[part.name].is_missing).all()
        and not columns[part.name].is_missing.all()
    ]
    if mistakes:
        raise CompetitionError(problems(FILE_NAME, mistakes))
    return Schema(tuple(parts))


def _without_features(
    settings: CompetitionSettings, columns: dict[str, JointColumn]
) -> str:
    """Return why no column of train and test is a feature, and what to do."""
    if not columns:
        return "no feature is left: train and test share no column but the id"
    reasons = {
        name: settings.reasons.get(f"columns.{name}", f"so says {FILE_NAME}")
        for name in columns
    }
    lines = [f"{name!r} is left out: {reason}" for name, reason in reasons.items()]
    for name in list(columns)[:MAX_NAMED]:
        lines += [n.removeprefix(LOUD) for n in column_notes(columns[name], "drop")]
    more = [f"and {len(lines) - MAX_NAMED} more"] if len(lines) > MAX_NAMED else []
    message = problems(
        "the columns that train and test share", lines[:MAX_NAMED] + more
    )
    name = json.dumps(next(iter(columns)), ensure_ascii=False)
    return (
        f"{message}\nno feature is left; state the role of one below [columns] in "
        f'{FILE_NAME}, such as {name} = "category"'
    )


def _reading_facts(tables: Tables, task: Task, declared: str | None) -> dict[str, Any]:
    """Return what is read otherwise than before, where it is: keys must differ."""
    facts: dict[str, Any] = {}
    if task.is_scaled:
        facts |= {"center": task.center, "spread": task.spread}
    if are_told_apart(task.classes):
        facts["labels"] = "told apart"
    if tables.test.renames:
        facts["renamed"] = [list(pair) for pair in tables.test.renames]
    encodings = [t.encoding for t in (tables.train, tables.test)]
    if declared is None and any(map(is_guessed, encodings)):
        facts["encodings"] = encodings  # guessed by their letters
    return facts


def _task_notes(task: Task, y: NDArray[Any]) -> list[str]:
    """Return notes about the target's scale, its rarest class and its labels."""
    return [*_scale_notes(task), *_few_rows_notes(task, y), *_letter_notes(task)]


def _few_rows_notes(task: Task, y: NDArray[Any]) -> list[str]:
    """Return a note where scores stand on a handful of rows."""
    if not task.is_classification:
        return []
    counts = np.bincount(y, minlength=len(task.classes))
    # Of many classes a rare one weighs little; of two it is half of the matter.
    at = int(counts.argmin() if task.kind == "binary" else counts.argmax())
    if not 0 < counts[at] < FEW_ROWS:
        return []
    which = "rarer" if task.kind == "binary" else "largest"
    return [
        f"scores stand on few rows: the {which} class, {task.classes[at]!r}, has "
        f"{counts[at]}; differences between members are mostly chance"
    ]


def _letter_notes(task: Task) -> list[str]:
    """Return a loud note where classes differ in what is hardly seen alone."""
    by_letters: dict[str, list[str]] = {}
    for label in map(str, task.classes):
        by_letters.setdefault(_letters(label), []).append(label)
    twins = [labels for labels in by_letters.values() if len(labels) > 1]
    if not twins:
        return []
    are_written = len({"".join(x.casefold().split()) for x in twins[0]}) == 1
    how = "capitals or blanks" if are_written else "characters that are not seen"
    name = repr if are_written else ascii
    some = "; ".join(" and ".join(map(name, labels)) for labels in twins[:MAX_NAMED])
    return [
        f"{LOUD}labels differ in {how} alone and are classes apart: "
        f"{some}; write them in one way if they are one"
    ]


def _letters(label: str) -> str:
    """Return a label without capitals, blanks and marks of no width, composed."""
    composed = unicodedata.normalize("NFC", label).casefold()
    return "".join(INVISIBLE.sub("", composed).split())


def _scale_notes(task: Task) -> list[str]:
    """Return a note about a target that is fitted in another scale than its own."""
    if not task.is_scaled:
        return []
    return [
        f"the target is fitted as its distance from {task.center:.6g} in units of "
        f"{task.spread:.6g}; scores and predictions are in its own units"
    ]


def _marked(
    settings: CompetitionSettings, columns: dict[str, JointColumn], cells: pd.Series
) -> dict[str, list[str]]:
    """Return the columns of numbers with marks that were not read at first.

    By a name for when they were read then.
    """
    numbers = {
        name: column.cells
        for name, column in columns.items()
        if settings.columns[name] == "number"
    }
    if settings.task == "regression":
        numbers[settings.settled("target")] = cells.unique()
    readers = {
        "typeset": has_typeset_marks,
        "marks": has_last_marks,
        "spans": have_signed_days,
    }
    marked = {
        when: [name for name, cells in numbers.items() if has(cells)]
        for when, has in readers.items()
    }
    return {when: names for when, names in marked.items() if names}


def _fingerprint(
    folder: Path,
    settings: CompetitionSettings,
    tables: Tables,
    task: Task,
    schema: Schema,
    marked: dict[str, list[str]],
    drawn: DrawnRows | None,
) -> str:
    """Return the hash of the data's bytes and of what was declared about them.

    How cells are read follows from both, for the forms that were known when the first
    work was stored; others are named.
    """
    facts = settings.facts() | _reading_facts(tables, task, settings.encoding)
    names = [facts.pop(key) for key in PATHS]
    files = [fingerprint_file(folder / name) if name else "" for name in names]
    read = {"version": SCHEMA_VERSION, "files": files, "facts": facts}
    if settings.folds and is_file_name(settings.folds):
        read["folds"] = fingerprint_file(folder / settings.folds)
    if own := own_fingerprint(METRICS[settings.settled("metric")]):
        read["metric"] = own
    if settings.made:
        read["derived"] = derived_facts(settings)
    if settings.arrays:
        read["arrays"] = array_facts(folder, settings)
    if settings.weights:
        read["weights"] = WEIGHTS_VERSION
    if new_forms := schema.new_forms():
        read["forms"] = new_forms
    read |= marked
    if drawn is not None:
        read["drawn"] = [DRAWING_VERSION, drawn.drawing.kind, *drawn.columns]
    return fingerprint(read)
