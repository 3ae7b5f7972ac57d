"""Runs loaded again, to predict rows that come later."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.schema import Schema
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.submission import write_submission
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.custom_files import load_custom_file
from ensemble_kit.exceptions import CompetitionError, RunError, problems
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.running.exporting import DECISION, MODELS, PLAN, SCHEMA, VERSIONED
from ensemble_kit.running.fitted_ensemble import FittedEnsemble, plan_keys
from ensemble_kit.store.fitted_objects import read_kept
from ensemble_kit.store.store import Store
from ensemble_kit.tables.reading import read_table
from ensemble_kit.tasks import Task


@dataclass(frozen=True)
class LoadedRun:
    """A finished run that predicts rows it has never seen; see `load_run`.

    Parameters
    ----------
    folder : Path
    facts : mapping
        The plan, as plain data.
    """

    folder: Path
    facts: Mapping[str, Any]

    @cached_property
    def task(self) -> Task:
        """Return what is predicted."""
        task = self.facts["task"]
        return Task(task["kind"], tuple(task["classes"]), task["transform"])

    @cached_property
    def schema(self) -> Schema:
        """Return the columns that rows must have, and how their cells are read."""
        return Schema.from_plain(self.facts["columns"])

    @cached_property
    def ensemble(self) -> FittedEnsemble:
        """Return the fitted members; each is read when it is needed."""
        models = _Kept(Store(self.folder / MODELS), plan_keys(self.facts["members"]))
        kind, n_outputs = self.task.kind, self.task.n_outputs
        return FittedEnsemble(self.facts["members"], models, kind, n_outputs)

    def predict(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return the predictions of rows with the competition's raw columns.

        Parameters
        ----------
        rows : DataFrame
            Cells as in the competition's files; strings are safest, as
            ``read_csv(..., dtype=str, keep_default_na=False)`` gives them.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            Probabilities in the order of ``task.classes``, or values in the
            target's own units.

        Raises
        ------
        CompetitionError
            When columns are missing.
        """
        return self._predict(self._read(rows))

    def predict_file(self, path: Path | str, output: Path | str) -> Path:
        """Write the predictions of a file's rows as a submission; return its path.

        Rows stand in the file's order, or in that of the run's own submission when
        the ids are the same: the competition's test file gives the same bytes again.

        Raises
        ------
        CompetitionError
            When the file cannot be read, columns are missing, or ids repeat.
        """
        facts = self.facts
        table = read_table(path, facts["encoding"], facts["separator"])
        ids = self._ids(table.frame, table.path.name)
        competition = self._competition(self._read(table.frame), ids)
        predictions = self._predict(competition.X_test)
        labels = self._labels(predictions)
        return write_submission(competition, predictions, output, labels)

    def _predict(self, X: pd.DataFrame) -> NDArray[np.float64]:
        # One thread, as in the run: sums of floats depend on their number.
        with threadpool_limits(limits=1):
            found = self.ensemble.predict(X)[self.facts["chosen"]]
        return found if self.task.is_classification else self.task.restore(found)

    def _read(self, rows: pd.DataFrame) -> pd.DataFrame:
        cells = rows.astype(object).where(rows.notna(), "").astype(str)
        if cells.empty:
            raise CompetitionError("there are no rows to predict")
        return self.schema.frame_of_rows(cells.reset_index(drop=True), "the table")

    def _labels(self, predictions: NDArray[np.float64]) -> Sequence[str] | None:
        if not self.facts["decides"]:
            return None
        decision = read_kept(Store(self.folder / MODELS), DECISION)
        return self.task.decode(np.asarray(decision.predict(predictions)))

    def _ids(self, rows: pd.DataFrame, where: str) -> NDArray[np.object_]:
        """Return the rows' ids, or their numbers where there is no such column."""
        name = self.facts["id_column"]
        if name not in rows:
            return np.arange(len(rows)).astype(str).astype(object)
        ids = rows[name]
        repeated = ids[ids.duplicated()].unique()
        if len(repeated):
            lines = [f"the id {one!r} stands in several rows" for one in repeated[:5]]
            raise CompetitionError(problems(where, lines))
        return np.asarray(ids, dtype=object)

    def _competition(self, X: pd.DataFrame, ids: NDArray[np.object_]) -> Competition:
        """Return a competition whose test rows these are, with nothing to learn."""
        facts = self.facts
        template = {**facts["template"], "ids": self._order(ids)}
        parts = {k: tuple(v) if isinstance(v, list) else v for k, v in template.items()}
        return Competition(
            name=facts["name"],
            folder=self.folder,
            task=self.task,
            metric=METRICS[facts["metric"]],
            X=X[:0],
            y=np.empty(0),
            X_test=X,
            ids=ids,
            train_ids=np.empty(0, dtype=object),
            id_column=facts["id_column"],
            target=facts["target"],
            template=SubmissionTemplate(**parts),
            roles={},
            schema=self.schema,
            settings=CompetitionSettings(),
            fingerprint="",
        )

    def _order(self, ids: NDArray[np.object_]) -> tuple[str, ...]:
        """Return the ids in the order of the run's submission, where they agree."""
        path = self.folder / "submission.csv"
        if path.is_file():
            table = read_table(path).frame
            name = self.facts["template"]["id_column"]
            if name in table and set(table[name]) <= set(ids):
                ordered = tuple(table[name])
                return ordered if len(ordered) == len(ids) else tuple(ids)
        return tuple(ids)


def load_run(path: Path | str, custom: Sequence[Path] = ()) -> LoadedRun:
    """Return a finished run, to predict rows that come later.

    Nothing of the competition's folder is needed, and the run's folder may have been
    moved. What is read holds data alone: no pickle, no code, and only classes that
    the kit knows.

    Parameters
    ----------
    path : Path or str
        A folder below ``runs/``.
    custom : sequence of Path
        The Python files that were named with ``--custom``.

    Raises
    ------
    RunError
        When it is no run's folder, or its models were not kept.

    Warns
    -----
    UserWarning
        When libraries have other versions than in the run.
    """
    folder = Path(path)
    for file in custom:
        load_custom_file(Path(file))
    entry = Store(folder / MODELS).read(PLAN)
    if entry is None:
        raise RunError(
            f"{folder} holds no fitted models: either it is no run's folder, or the "
            "run was submitted with --no-keep-models"
        )
    if entry.facts["schema"] != SCHEMA:
        raise RunError(
            f"{folder} has models in format {entry.facts['schema']}, this version "
            f"reads {SCHEMA}"
        )
    _warn_of_versions(entry.facts["versions"])
    return LoadedRun(folder, entry.facts)


def _warn_of_versions(then: Mapping[str, str]) -> None:
    """Warn when another version may predict something else."""
    now = library_versions(*VERSIONED)
    changed = [
        f"{name} {version} then, {now.get(name, 'missing')} now"
        for name, version in then.items()
        if now.get(name) != version
    ]
    if changed:
        warnings.warn(
            f"predictions may differ from the run's: {'; '.join(changed)}", stacklevel=3
        )


class _Kept(Mapping[str, Any]):
    """Fitted objects of a store by key, each read and checked when asked for."""

    def __init__(self, store: Store, keys: list[str]):
        self.store = store
        self.keys_there = keys

    def __getitem__(self, key: str) -> Any:
        return read_kept(self.store, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_there)

    def __len__(self) -> int:
        return len(self.keys_there)
