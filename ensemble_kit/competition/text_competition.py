"""A competition whose target is a text: which texts belong to which, and the folds."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.assembling import test_ids, training_arrays
from ensemble_kit.competition.declared.folders import (
    Tables,
    check_folder,
    read_tables,
    settle_files,
)
from ensemble_kit.competition.declared.settings import (
    FILE_NAME,
    CompetitionSettings,
    load_settings,
)
from ensemble_kit.competition.guessing.identity import settle_id, settle_target
from ensemble_kit.competition.hiding import choose_hidden
from ensemble_kit.exceptions import CompetitionError, did_you_mean, problems
from ensemble_kit.files import write_atomically
from ensemble_kit.hashing import fingerprint, fingerprint_file
from ensemble_kit.metrics import METRICS, Metric

DEFAULT_METRIC = "exact_match"
JOIN = " | "  # between the texts of several columns
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class TextCompetition:
    """Texts with the texts that belong to them, and texts that lack theirs.

    Parameters
    ----------
    name : str
    folder : Path
    metric : Metric
    columns : tuple of str
        Those that the sources are joined from.
    X, y, X_test : ndarray of str objects
    ids, train_ids : ndarray of str objects
    wanted : DataFrame
        The submission's ids and columns, in the sample's order.
    id_column, target : str
    groups, folds : ndarray of shape (n_rows,) or None
    settings : CompetitionSettings
    fingerprint : str
        SHA-256 of the files' bytes and of what is declared.
    notes : tuple of str
    """

    name: str
    folder: Path
    metric: Metric
    columns: tuple[str, ...]
    X: Texts
    y: Texts
    X_test: Texts
    ids: Texts
    train_ids: Texts
    wanted: pd.DataFrame
    id_column: str
    target: str
    groups: NDArray[np.object_] | None
    folds: NDArray[np.object_] | None
    settings: CompetitionSettings
    fingerprint: str
    notes: tuple[str, ...] = ()

    def hide(
        self, fraction: float = 0.2, seed: int = 0
    ) -> tuple["TextCompetition", Texts]:
        """Return a competition whose test rows are training rows, and their texts.

        Hidden are whole groups where there are groups, else rows at random; the
        original test rows are left out.

        Raises
        ------
        CompetitionError
            When the fraction leaves nothing to learn from or nothing to write.
        """
        hidden, _ = choose_hidden(
            self.y,
            fraction=fraction,
            seed=seed,
            is_classification=False,
            groups=self.groups,
        )
        ids = self.train_ids[hidden]
        if len(set(ids)) < len(ids):
            ids = np.array([str(row) for row in range(len(ids))], dtype=object)
        names = self.wanted.columns
        facts = {"base": self.fingerprint, "hide": fraction, "seed": seed}
        shown = replace(
            self,
            X=self.X[~hidden],
            y=self.y[~hidden],
            X_test=self.X[hidden],
            ids=ids,
            train_ids=self.train_ids[~hidden],
            wanted=pd.DataFrame({names[0]: ids, names[1]: ""}, dtype="str"),
            groups=None if self.groups is None else self.groups[~hidden],
            folds=None if self.folds is None else self.folds[~hidden],
            fingerprint=fingerprint(facts),
            notes=(),
        )
        return shown, self.y[hidden]

    def write_submission(self, texts: Texts, path: Path) -> Path:
        """Write the texts of the test rows as the sample has them."""
        cells = pd.Series(texts, index=self.ids)
        column = next(c for c in self.wanted if c != self.wanted.columns[0])
        frame = self.wanted.assign(
            **{column: cells.loc[self.wanted.iloc[:, 0]].to_numpy()}
        )
        write_atomically(path, frame.to_csv(index=False, lineterminator="\n").encode())
        return path


def is_text_competition(folder: Path | str, metric: str | None = None) -> bool:
    """Return whether a folder's target is a text.

    So says its competition.toml, or the metric, where no other task is declared.

    Parameters
    ----------
    folder : Path or str
    metric : str, optional
        Wins over competition.toml's.
    """
    declared = _declared(Path(folder))
    metric = metric or declared.metric
    reads_texts = metric in METRICS and METRICS[str(metric)].consumes == "text"
    return declared.task == "text" or (declared.task is None and reads_texts)


def load_text_competition(
    folder: Path | str, metric: str | None = None
) -> TextCompetition:
    """Return the competition in a folder whose target is a text.

    Parameters
    ----------
    folder : Path or str
    metric : str, optional
        Wins over competition.toml's.

    Raises
    ------
    CompetitionError
        Naming the file, row or column that cannot be used.
    """
    folder = check_folder(folder)
    declared = _declared(folder)
    metric = metric or declared.metric or DEFAULT_METRIC
    declared = replace(declared, task="text", metric=metric)
    _refuse_unread(declared)
    settings = settle_files(folder, declared)
    tables = read_tables(folder, settings)
    settings = settle_target(tables, settle_id(tables, settings))
    columns = _source_columns(tables, settings)
    train = tables.train.frame
    labelled = (train[settings.settled("target")] != "").to_numpy()
    if labelled.sum() < 2:
        raise CompetitionError(
            f"{tables.train.path.name}: {labelled.sum()} rows have a text in "
            f"{settings.target!r}; at least 2 are needed"
        )
    arrays = training_arrays(tables, settings, {}, labelled)
    ids = test_ids(tables, settings)
    return TextCompetition(
        name=settings.name or folder.name,
        folder=folder,
        metric=METRICS[settings.settled("metric")],
        columns=tuple(columns),
        X=joined_texts(train[labelled], columns),
        y=train[settings.settled("target")][labelled].to_numpy(dtype=object),
        X_test=joined_texts(tables.test.frame, columns),
        ids=ids,
        train_ids=arrays["train_ids"],
        wanted=_wanted(tables, settings, ids),
        id_column=settings.settled("id"),
        target=settings.settled("target"),
        groups=arrays["groups"],
        folds=arrays["folds"],
        settings=settings,
        fingerprint=_fingerprint(folder, settings),
        notes=_notes(tables, settings, columns, labelled),
    )


def _declared(folder: Path) -> CompetitionSettings:
    """Return the folder's settings, or none."""
    path = folder / FILE_NAME
    return load_settings(path) if path.is_file() else CompetitionSettings()


def _refuse_unread(settings: CompetitionSettings) -> None:
    """Refuse what a target that is a text cannot have."""
    metric = str(settings.metric)
    mistakes = []
    texts = [m.name for m in METRICS.values() if m.consumes == "text"]
    if metric not in METRICS:
        mistakes.append(f"metric: unknown {metric!r}{did_you_mean(metric, texts)}")
    elif METRICS[metric].consumes != "text":
        mistakes.append(
            f"metric: one of {', '.join(texts)}, which read texts; found {metric!r}"
        )
    mistakes += [
        f"{key}: not read where the target is a text; take it out"
        for key in (
            "positive",
            "submission",
            "transform",
            "time",
            "weights",
            "made",
            "arrays",
        )
        if getattr(settings, key)
    ]
    if mistakes:
        raise CompetitionError(problems(FILE_NAME, mistakes))


def _source_columns(tables: Tables, settings: CompetitionSettings) -> list[str]:
    """Return the columns that the sources are read from.

    Those whose role is text, or else all that train and test share and that have no
    other part.
    """
    train, test = tables.train.frame, tables.test.frame
    absent = [c for c in settings.columns if c not in train or c not in test]
    if absent:
        names = ", ".join(map(repr, absent))
        raise CompetitionError(f"{FILE_NAME}: train and test do not share {names}")
    taken = {settings.id, settings.target, settings.groups, settings.folds}
    shared = [c for c in train if c in test and c not in taken]
    texts = [c for c in shared if settings.columns.get(c) == "text"]
    left = [c for c in shared if settings.columns.get(c) != "drop"]
    if texts or left:
        return texts or left
    raise CompetitionError(
        "no source is left: train and test share no column but the id; the texts that "
        "a target is written for have to stand in both"
    )


def joined_texts(frame: pd.DataFrame, columns: list[str]) -> Texts:
    """Return the texts of some columns, joined where there are several."""
    first, *others = (frame[column] for column in columns)
    joined = first.str.cat(others, sep=JOIN) if others else first
    return np.asarray(joined, dtype=object)


def _wanted(tables: Tables, settings: CompetitionSettings, ids: Texts) -> pd.DataFrame:
    """Return the submission's ids and columns, its texts still to come."""
    if tables.sample is not None:
        if len(tables.sample.columns) != 2:
            raise CompetitionError(
                f"{tables.sample.path.name}: an id and one column of texts are "
                f"expected; found {', '.join(tables.sample.columns[:5])}"
            )
        return tables.sample.frame
    names = (settings.id or "id", settings.settled("target"))
    return pd.DataFrame({names[0]: ids, names[1]: ""}, dtype="str")


def _fingerprint(folder: Path, settings: CompetitionSettings) -> str:
    """Return the hash of the files' bytes and of what was declared about them."""
    facts = settings.facts()
    names = [facts.pop(key) for key in ("train", "test", "sample")]
    files = [fingerprint_file(folder / name) if name else "" for name in names]
    return fingerprint({"text": 1, "files": files, "facts": facts})


def _notes(
    tables: Tables,
    settings: CompetitionSettings,
    columns: list[str],
    labelled: NDArray[np.bool_],
) -> tuple[str, ...]:
    """Return what a reader should know of the rows."""
    notes = [*tables.warnings]
    n_without = int((~labelled).sum())
    if n_without:
        notes.append(f"train: {n_without} rows have no target and are left out")
    if len(columns) > 1:
        notes.append(
            f"sources are the columns {', '.join(columns)}, joined by {JOIN!r}"
        )
    known = set(joined_texts(tables.train.frame[labelled], columns))
    n_known = sum(text in known for text in joined_texts(tables.test.frame, columns))
    if n_known:
        notes.append(f"{n_known} test rows have a source that stands in train")
    return tuple(notes)
