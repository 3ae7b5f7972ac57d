"""The fitted models of a finished run, and what they predict of later rows."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.column_roles import ROLES
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.headers import (
    pairs_by_case,
    pairs_of_unnamed,
    unnamed_among,
)
from ensemble_kit.competition.declared.schema import Schema
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.derived.derived_columns import (
    DerivedColumn,
    derive_later,
)
from ensemble_kit.competition.foreign_predictions import read_foreign_rows
from ensemble_kit.competition.submission import write_submission
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.decisions.decision import Decision
from ensemble_kit.exceptions import (
    EnsembleKitError,
    RegistryError,
    RunError,
    StoreError,
    did_you_mean,
)
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.metrics import METRICS
from ensemble_kit.processes import one_thread
from ensemble_kit.running.finished.exporting import (
    DECISION,
    MODELS,
    PLAN,
    SCHEMA,
    has_decision,
)
from ensemble_kit.running.finished.fitted_ensemble import (
    FittedEnsemble,
    plan_fault,
    plan_keys,
)
from ensemble_kit.running.finished.kept_run import KeptRun, warn_of_versions
from ensemble_kit.running.finished.later_rows import (
    Rows,
    as_cells,
    known_categories,
    read_later_rows,
)
from ensemble_kit.running.finished.run_files import command_of
from ensemble_kit.running.preparing.foreign_members import foreign_names
from ensemble_kit.store.fitted_objects import read_kept
from ensemble_kit.store.store import Store
from ensemble_kit.tables.reading import read_table
from ensemble_kit.tasks import TRANSFORMS, Task
from ensemble_kit.untrusted import shape_fault

KINDS = ("binary", "multiclass", "regression")
FORMS = ("classes", "probability", "label", "value")
# What is read of a plan; `plan_fault` goes through its members.
PLAN_SHAPE = {
    "chosen": str,
    "columns": [
        {
            "categories": [str],
            "form": str,
            "gaps?": int | float,
            "name": str,
            "role": str,
            "span?": [int | float],
        }
    ],
    "decides": bool,
    "derived?": [dict],
    "encoding": str | None,
    "header?": bool,
    "id_column": str,
    "metric": str,
    "name": str,
    "separator": str | None,
    "target": str,
    "task": {
        "center?": int | float,
        "classes": [str],
        "kind": str,
        "spread?": int | float,
        "transform?": str,
    },
    "template": {
        "columns": [str],
        "form": str,
        "id_column": str,
        "outputs": [str],
        "spelling?": [str],
    },
    "test_columns?": [str],
    "versions": {str: str},
}


@dataclass(frozen=True)
class Predictor(KeptRun):
    """Fitted models that predict rows they have never seen; see `load_predictor`."""

    @cached_property
    def task(self) -> Task:
        """Return what is predicted."""
        task = self.facts["task"]
        return Task(**{**task, "classes": tuple(task["classes"])})

    @cached_property
    def schema(self) -> Schema:
        """Return the columns that rows must have, and how their cells are read."""
        return Schema.from_plain(self.facts["columns"])

    @cached_property
    def derived(self) -> tuple[DerivedColumn, ...]:
        """Return the columns that are made of those that rows must have."""
        plain = self.facts.get("derived", [])
        return tuple(DerivedColumn.from_plain(each) for each in plain)

    @cached_property
    def ensemble(self) -> FittedEnsemble:
        """Return the fitted members, each read when it is first needed."""
        models = _Kept(self.folder, plan_keys(self.facts["members"]))
        kind, n_outputs = self.task.kind, self.task.n_outputs
        return FittedEnsemble(self.facts["members"], models, kind, n_outputs)

    @cached_property
    def decision(self) -> Decision | None:
        """Return what turns probabilities into labels; None: the likeliest class."""
        if not has_decision(self.facts):
            return None
        return _Kept(self.folder, [DECISION])[DECISION]

    def load(self) -> "Predictor":
        """Read every model that predicts later rows into memory, and return this."""
        keys = plan_keys(self.facts["members"], to_explain=False)
        share_blocks([self.ensemble.fitted[key] for key in keys])
        return self

    @cached_property
    def foreign(self) -> list[str]:
        """Return the members that the run stands on and that were fitted elsewhere."""
        return foreign_names(self.facts["members"])

    def predict(self, rows: Rows) -> NDArray[np.float64]:
        """Return canonical predictions of rows with the competition's raw columns.

        Raises
        ------
        RunError
            When the run stands on predictions made elsewhere, which `predict_file`
            takes from files.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            Probabilities in the order of ``task.classes``, or values in the
            target's own units.
        """
        if isinstance(rows, pd.DataFrame):
            rows = self._named(rows, unnamed_among(list(map(str, rows.columns))))
        cells = as_cells(rows, self.schema, self.derived)
        return self._predict(self._read(cells, "the table"))

    def labels(self, predictions: NDArray[np.float64]) -> NDArray[Any]:
        """Return the labels that the run decides for canonical predictions."""
        if self.decision is None:
            return self.task.decode(predictions.argmax(axis=1))
        return self.task.decode(np.asarray(self.decision.predict(predictions)))

    def predict_file(
        self,
        path: Path | str,
        output: Path | str,
        foreign: Mapping[str, Path | str] | None = None,
    ) -> Path:
        """Write the predictions of a file's rows as a submission; return its path.

        Parameters
        ----------
        path, output : path
        foreign : mapping of str to path, optional
            Predictions of these rows by the members that were fitted elsewhere.
        """
        facts = self.facts
        header = facts.get("header", True)
        table = read_table(path, facts["encoding"], facts["separator"], header)
        rows = self._named(table.frame, table.unnamed)
        ids = self._ids(rows, table.path.name)
        cells = as_cells(rows, self.schema, self.derived)
        X = self._read(cells, table.path.name)
        predictions = self._predict(X, self._foreign(X, ids, foreign or {}))
        labels = list(self.labels(predictions)) if facts["decides"] else None
        competition = self._competition(X, ids)
        return write_submission(competition, predictions, output, labels)

    def _named(self, rows: pd.DataFrame, unnamed: Sequence[str]) -> pd.DataFrame:
        """Return rows whose nameless columns are called as the run's own are."""
        columns = self.facts.get("test_columns", [])
        if not self.facts.get("header", True) and len(columns) == rows.shape[1]:
            return rows.set_axis(columns, axis=1)
        names = pairs_of_unnamed(unnamed_among(columns), unnamed) or {}
        there = list(map(str, rows.columns))
        wanted = [self.facts["id_column"], *(c.name for c in self.schema.columns)]
        wanted = [name for name in wanted if name and name not in there]
        names |= pairs_by_case(wanted, [c for c in there if c not in columns])
        return rows.rename(columns=names) if names else rows

    @cached_property
    def _known(self) -> dict[str, frozenset[str]]:
        return known_categories(self.schema)

    def _read(self, cells: pd.DataFrame, where: str) -> pd.DataFrame:
        wanted = [column.name for column in self.schema.columns]
        cells = derive_later(self.derived, cells, wanted, where)
        return read_later_rows(self.schema, cells, where, self._known)

    def _foreign(
        self,
        X: pd.DataFrame,
        ids: NDArray[np.object_],
        files: Mapping[str, Path | str],
    ) -> dict[str, NDArray[np.float64]]:
        """Return the predictions of members that were fitted elsewhere, by name."""
        unknown = [
            f"{name!r}{did_you_mean(name, self.foreign)}"
            for name in files
            if name not in self.foreign
        ]
        if unknown:
            raise RunError(
                f"the run of {self.folder} takes no predictions of "
                f"{', '.join(unknown)}: it does not submit any of theirs"
            )
        competition = self._competition(X, ids)
        return {
            name: read_foreign_rows(competition, name, path)
            for name, path in files.items()
        }

    def _predict(
        self,
        X: pd.DataFrame,
        foreign: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> NDArray[np.float64]:
        if missing := [name for name in self.foreign if name not in (foreign or {})]:
            raise RunError(
                f"the run of {self.folder} stands on predictions made elsewhere, and "
                f"those of these rows are missing: {', '.join(missing)}; name a file "
                f"of them: --oof {missing[0]}=rows.csv"
            )
        # One thread, as in the run: sums of floats depend on their number.
        with one_thread():
            predictions = self._predict_members(X, foreign)[self.facts["chosen"]]
        return (
            predictions
            if self.task.is_classification
            else self.task.restore(predictions)
        )

    def _predict_members(
        self, X: pd.DataFrame, foreign: Mapping[str, NDArray[np.float64]] | None
    ) -> dict[str, NDArray[np.float64]]:
        """Return every member's predictions.

        Models of one run fit each other and its rows. Where their sums are right and
        they do not, others have been put together, and libraries raise anything.
        """
        try:
            return self.ensemble.predict(X, foreign)
        except (EnsembleKitError, OSError, MemoryError):
            raise
        except Exception as error:
            message = f"the models of {self.folder} do not predict: {error!r:.300}"
            raise RunError(healed_by(self.folder, RunError(message))) from error

    def _competition(self, X: pd.DataFrame, ids: NDArray[np.object_]) -> Competition:
        """Return a competition whose test rows these are, with nothing to learn."""
        facts = self.facts
        template = {**facts["template"], "ids": self._order(ids)}
        parts: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in template.items()
        }
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


def load_predictor(folder: Path) -> Predictor:
    """Return the fitted models of a run's folder, none of them read yet.

    Raises
    ------
    RunError
        When there are none.

    Warns
    -----
    PredictionWarning
        When libraries have other versions than in the run.
    """
    models = Store(folder / MODELS)
    if not os.path.lexists(models.path(PLAN)):
        raise RunError(
            f"{folder} holds no fitted models: either it is no run's folder, or the "
            "run was submitted with --no-keep-models"
        )
    try:
        entry = models.load(PLAN)
    except StoreError as error:
        raise RunError(healed_by(folder, error)) from error
    if (schema := entry.facts.get("schema")) != SCHEMA:
        raise RunError(
            f"{folder} has models in format {schema!r}, this version reads {SCHEMA}"
        )
    predictor = Predictor(folder, entry.facts)
    _refuse_odd_plan(predictor)
    warn_of_versions(entry.facts["versions"])
    return predictor


def share_blocks(fitted: Iterable[Any]) -> None:
    """Make equal blocks of feature sets one: they are held and applied once.

    The sets of one fold have many in common.
    """
    blocks: dict[str, Any] = {}
    for each in fitted:
        if isinstance(each, FeatureSet):
            each.fitted_ = [
                (label, columns, blocks.setdefault(joblib.hash(block), block))
                for label, columns, block in each.fitted_
            ]


def _refuse_odd_plan(predictor: Predictor) -> None:
    """Raise for a plan that no run has written, before any model is read."""
    facts, fault = predictor.facts, ""
    try:
        fault = shape_fault(facts, PLAN_SHAPE) or plan_fault(facts["members"])
        named = [member["name"] for member in facts["members"] if not fault]
        if facts["chosen"] not in named:
            fault = fault or f"it has no member {facts['chosen']!r:.80}"
        known_categories(predictor.schema)
        fault = fault or _value_fault(predictor)
        if len(predictor.derived) != len(facts.get("derived", [])):
            fault = fault or "its made columns cannot be read"
    except (RegistryError, LookupError, TypeError, ValueError, AttributeError) as error:
        fault = fault or f"{type(error).__name__}: {error}"
    if fault:
        raise RunError(f"the plan of {predictor.folder} cannot be used: {fault}")


def _value_fault(predictor: Predictor) -> str:
    """Return what a plan of the right shape holds that no run writes."""
    facts, task = predictor.facts, predictor.task
    template = SubmissionTemplate(**facts["template"])
    columns, form = predictor.schema.columns, template.form
    n_written = len(template.spelling) if form == "label" else len(template.outputs)
    n_wanted = task.n_outputs if form in ("label", "classes") else 1
    checks = {
        "it has no classes": task.n_outputs > 0 and bool(METRICS[facts["metric"]].name),
        f"its task is {task.kind!r:.80}": task.kind in KINDS,
        f"its scale is {task.transform!r:.80}": task.transform in TRANSFORMS,
        f"its form is {form!r:.80}": form in FORMS,
        f"it writes {n_written} columns or labels": n_written >= n_wanted,
        "it writes columns that it does not name": {
            template.id_column,
            *template.outputs,
        }
        <= set(template.columns),
        "a column has no role": all(column.role in ROLES for column in columns),
        "a column's numbers have no least and largest": all(
            column.span is None or len(column.span) == 2 for column in columns
        ),
        f"its separator is {facts['separator']!r:.80}": len(facts["separator"] or ",")
        == 1,
    }
    return next((fault for fault, is_right in checks.items() if not is_right), "")


def healed_by(folder: Path, error: Exception) -> str:
    """Return what is wrong with a run's models, and the command that heals it."""
    return f"{error}; make the models of the run again with: {command_of(folder)}"


class _Kept(Mapping[str, Any]):
    """Fitted objects of a run by key, each read and checked once."""

    def __init__(self, folder: Path, keys: Sequence[str]):
        self.folder = folder
        self.store = Store(folder / MODELS)
        self.keys_there = list(keys)
        self.objects: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self.objects:
            try:
                self.objects[key] = read_kept(self.store, key)
            except RunError as error:
                raise RunError(healed_by(self.folder, error)) from error
        return self.objects[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_there)

    def __len__(self) -> int:
        return len(self.keys_there)
