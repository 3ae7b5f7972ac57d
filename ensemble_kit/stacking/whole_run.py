"""A stack fitted as the command line fits a folder: limits, guard, store, Ctrl-C.

The table becomes a competition without test rows, of which one row stands in.
"""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.schema import Schema
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.custom_files import custom_files
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.hashing import fingerprint, fingerprint_array
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.processes import one_thread
from ensemble_kit.running.finished.fitted_ensemble import (
    FittedEnsemble,
    plan_keys,
    plan_members,
)
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.preparing.metric_objectives import metric_in_scale
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.running.watched.watch import Watch
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitting import FittedStack
from ensemble_kit.stacking.inputs.given_folds import number_of_jobs
from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.frames import is_text, settle_matrix, take_rows
from ensemble_kit.store.memory_store import MemoryStore
from ensemble_kit.store.store import Store
from ensemble_kit.tasks import Task


@dataclass(frozen=True)
class Labelled:
    """Rows to learn from.

    Parameters
    ----------
    X : DataFrame
    y : ndarray of shape (n_rows,)
        Class numbers, or values in the scale of the task.
    task : Task
    folds : Folds, optional
        Those of the pipeline without.
    weights, groups : ndarray of shape (n_rows,), optional
    """

    X: pd.DataFrame
    y: NDArray[Any]
    task: Task
    folds: Folds | None = None
    weights: NDArray[np.float64] | None = None
    groups: NDArray[Any] | None = None

    def competition(self, metric: Metric) -> Competition:
        """Return a competition for these rows.

        Raises
        ------
        PipelineError
            For a sparse matrix, which has no columns.
        """
        if sparse.issparse(self.X):
            raise PipelineError("a pipeline needs columns; found a sparse matrix")
        X: pd.DataFrame = settle_matrix(self.X)
        ids = np.arange(len(self.y)).astype(str)
        is_class = self.task.is_classification
        columns = [f"class {label}" for label in self.task.classes] or ["target"]
        template = SubmissionTemplate(
            form="classes" if is_class else "value",
            id_column="id",
            columns=("id", *columns),
            outputs=tuple(columns),
            ids=("0",),
        )
        return Competition(
            name="stack",
            folder=Path(),
            task=self.task,
            metric=metric,
            X=X,
            y=self.y,
            X_test=take_rows(X, np.array([0])),
            ids=np.array(["0"], dtype=object),
            train_ids=ids.astype(object),
            id_column="id",
            target="target",
            template=template,
            roles={str(name): role_of(dtype) for name, dtype in X.dtypes.items()},
            schema=Schema(),
            settings=CompetitionSettings(),
            fingerprint=self._fingerprint(X),
            groups=self.groups,
            weights=self.weights,
            folds=None if self.folds is None else self.folds.marks,
        )

    def _fingerprint(self, X: pd.DataFrame) -> str:
        """Return what identifies the rows, whatever process they are in."""
        rows = pd.util.hash_pandas_object(X, index=False).to_numpy()
        arrays = {"rows": rows, "y": self.y, "weights": self.weights}
        groups = None if self.groups is None else pd.factorize(self.groups)[0]
        facts = {
            "columns": {str(name): str(dtype) for name, dtype in X.dtypes.items()},
            "task": self.task.kind,
            **{
                name: None if array is None else fingerprint_array(array)
                for name, array in {**arrays, "groups": groups}.items()
            },
        }
        return fingerprint(facts)


def role_of(dtype: Any) -> str:
    """Return the role of a column of a settled table."""
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "datetime"
    return "text" if is_text(dtype) else "number"


@dataclass
class WholeRun:
    """How a stack is fitted as a run.

    Parameters
    ----------
    pipeline : Pipeline
    given : mapping of str to object
        Estimators of the pipeline that are no names, by token.
    n_jobs : int, optional
    seconds : float, optional
        The time it has.
    store : path, optional
        Where finished fits are kept.
    begin : float
        When it began, on the monotonic clock.
    """

    pipeline: Pipeline
    given: Mapping[str, Any] = field(default_factory=dict)
    n_jobs: int | None = None
    seconds: float | None = None
    store: Path | None = None
    begin: float = field(default_factory=time.monotonic)

    def fit(
        self, labelled: Labelled, metric: Metric, watch: Watch
    ) -> tuple[FittedStack, Run]:
        """Return what a fit leaves, and the run behind it.

        Raises
        ------
        RunError
            When nothing could be fitted.
        KeyboardInterrupt
            When it was stopped before anything was.
        """
        competition = labelled.competition(metric)
        names = [member.name for member in self.pipeline.members]
        scaled = metric_in_scale(metric, labelled.task)
        taken = _Taken()
        with (
            TemporaryDirectory(prefix="ensemble_kit-") as folder,
            one_thread(),
            watch.over(names, scaled) as progress,
        ):
            resources = self._resources(Path(folder))
            store = self._store(Path(folder) / "store", resources)
            parts = (competition, self.pipeline, store, resources)
            try:
                if self.seconds is None:
                    run = run_pipeline(*parts, progress, on_fitted=taken.take)
                else:
                    clock = Clock(self.begin, self.seconds)
                    run = run_within(*parts, clock, progress, on_fitted=taken.take)
            except RunError as error:
                if progress.is_interrupted():
                    reason = "stopped before a member was done"
                    raise KeyboardInterrupt(reason) from error
                raise
        if run.stopped:
            warnings.warn(run.stopped, UserWarning, stacklevel=5)
        return taken.stack(run), run

    def _resources(self, folder: Path) -> Resources:
        jobs = number_of_jobs(self.n_jobs)
        # What has to end in time is done where it can be ended.
        jobs = 0 if jobs == 1 and self.seconds is None else jobs
        keep = "memory" if jobs == 0 else "workspace"
        return Resources(
            jobs=jobs,
            scratch=folder / "work",
            custom=custom_files(),
            keep=keep if self.store is None else "store",
            given=self.given,
            in_memory=True,
        )

    def _store(self, folder: Path, resources: Resources) -> Store:
        if self.store is not None:
            return Store(self.store)
        if resources.jobs == 0:
            return MemoryStore(folder)
        return Store(folder, durable=False)


class _Taken:
    """What a run has fitted, taken out before its workspace is gone."""

    def __init__(self) -> None:
        self.plans: dict[str, Mapping[str, Any]] = {}
        self.fitted: dict[str, Any] = {}

    def take(self, levels: FittedLevels, keeper: Keeper) -> None:
        """Keep the plan and the fitted objects of every member."""
        levels = levels.so_far()
        for member in plan_members(levels.graph.nodes, levels.fits, levels.fits):
            try:
                fitted = {key: keeper.load(key) for key in plan_keys([member])}
            except RunError as error:
                raise RunError(f"{member['name']}: {error}") from error
            self.plans[member["name"]] = member
            self.fitted |= fitted

    def stack(self, run: Run) -> FittedStack:
        """Return the member that a run has chosen, and what it stands on."""
        wanted = self._below(run.chosen)
        plan = [p for name, p in self.plans.items() if name in wanted]
        plan.sort(key=lambda member: member["level"])
        fitted = {key: self.fitted[key] for key in plan_keys(plan)}
        task = run.competition.task
        empty = np.empty((0, *run.matrix.test.shape[1:]))
        return FittedStack(
            FittedEnsemble(plan, fitted, task.kind, task.n_outputs),
            OOFMatrix(run.matrix.members, run.matrix.oof, empty),
            run.results,
            run.chosen,
        )

    def _below(self, name: str) -> set[str]:
        inputs = self.plans[name]["inputs"]
        return {name}.union(*(self._below(each) for each in inputs))
