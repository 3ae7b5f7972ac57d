"""One fit of a stack: a run of the engine in a folder that is gone afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import gettempdir
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import check_cv

from ensemble_kit.custom_files import custom_files
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline, Submit
from ensemble_kit.processes import one_thread
from ensemble_kit.running.finished.fitted_ensemble import (
    FittedEnsemble,
    plan_keys,
    plan_members,
)
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.level_fitting import Progress, collect, fit_level
from ensemble_kit.running.preparing.prepare import prepare_stack
from ensemble_kit.running.run import MemberResult
from ensemble_kit.running.run_pipeline import Resources, open_pool, score_teller
from ensemble_kit.running.scores.scoring import score_members
from ensemble_kit.running.watched.watch import Watch
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.splitters import make_splitter, usual_splitter
from ensemble_kit.stacking.inputs.given_folds import (
    checked_folds,
    number_of_folds,
    number_of_jobs,
    refuse_class_of_folds,
)
from ensemble_kit.stacking.inputs.tables import Table, learn_kinds, listed_names
from ensemble_kit.stacking.members.member_kinds import own_estimator
from ensemble_kit.stacking.members.wiring import Wiring
from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.memory_store import MemoryStore
from ensemble_kit.store.store import Store
from ensemble_kit.tasks import Task
from ensemble_kit.work.given_estimators import GivenMember
from ensemble_kit.work.memory_workspace import fits_in_memory
from ensemble_kit.work.workspace import Source

UPPER_FOLDS = 5
LEADERBOARD = ["member", "level", "model", "features", "score", "spread", "seconds"]


@dataclass(frozen=True)
class FittedStack:
    """What a fit leaves.

    Parameters
    ----------
    ensemble : FittedEnsemble
    matrix : OOFMatrix
        Members of all levels; no test rows.
    results : tuple of MemberResult
    final : str
        The member that predicts.
    """

    ensemble: FittedEnsemble
    matrix: OOFMatrix
    results: tuple[MemberResult, ...]
    final: str

    @property
    def level1(self) -> OOFMatrix:
        """Return the predictions of the members of level 1."""
        names = {each.name for each in self.results if each.level == 1}
        return self.matrix.select([n for n in self.matrix.members if n in names])

    def on_rows(self, rows: NDArray[np.intp], n_rows: int) -> "FittedStack":
        """Return the same with each prediction at its place among more rows.

        The other rows have been predicted by nobody: they are NaN.
        """
        if len(rows) == n_rows:
            return self
        oof = np.full((n_rows, *self.matrix.oof.shape[1:]), np.nan)
        oof[rows] = self.matrix.oof
        return replace(self, matrix=replace(self.matrix, oof=oof))

    def weights(self) -> pd.Series | None:
        """Return the weight of each member in the final blend, if that is what it is.

        The mean over its fits.
        """
        planned = {member["name"]: member for member in self.ensemble.members}
        names = planned[self.final]["inputs"]
        by_fold = [
            np.asarray(getattr(model, "weights_", ()))
            for model in models_of(self.ensemble)[self.final]
        ]
        if not names or any(each.shape != (len(names),) for each in by_fold):
            return None
        return pd.Series(np.mean(by_fold, axis=0), index=list(names), name="weight")

    def fold_scores(self) -> pd.DataFrame:
        """Return the scores of members (rows) on folds (columns)."""
        most = max(len(r.fold_scores) for r in self.results)
        scores = np.full((len(self.results), most), np.nan)
        for row, result in zip(scores, self.results, strict=True):
            row[: len(result.fold_scores)] = result.fold_scores
        return pd.DataFrame(scores, index=[r.name for r in self.results])

    def leaderboard(self, greater_is_better: bool) -> pd.DataFrame:
        """Return members and scores on rows they were not fitted on, best first."""
        sign = -1 if greater_is_better else 1
        rows = [
            (r.name, r.level, r.model, r.features, r.score, r.spread, r.seconds)
            for r in sorted(self.results, key=lambda r: sign * r.score)
        ]
        return pd.DataFrame(rows, columns=LEADERBOARD)


def models_of(ensemble: FittedEnsemble) -> dict[str, list[Any]]:
    """Return the fitted estimators of each member, one per fit."""
    fitted = ensemble.fitted
    return {
        member["name"]: [
            own_estimator(fitted[fit["model"]][0]) for fit in member["fits"]
        ]
        for member in ensemble.members
    }


def make_source(
    X: Table,
    y: NDArray[Any],
    task: Task,
    folds: Folds,
    weights: Any = None,
    groups: Any = None,
    n_later: int = 0,
) -> Source:
    """Return what the engine reads.

    Later rows do not exist yet. Where no fold proves what members predict, the first
    ``n_later`` rows stand in for them.
    """
    return Source(
        X=X,
        X_test=_first_rows(X, n_later),
        y=y,
        folds=folds,
        kind=task.kind,
        n_outputs=task.n_outputs,
        fingerprint="stack",
        weights=weights,
        groups=None if groups is None else pd.factorize(np.asarray(groups))[0],
    )


def _first_rows(X: Table, n_rows: int) -> Table:
    """Return the first rows of a table."""
    return X.iloc[:n_rows] if isinstance(X, pd.DataFrame) else X[:n_rows]


def make_folds(
    cv: Any, y: NDArray[Any], is_classifier: bool, groups: Any, seed: int
) -> Folds:
    """Return the folds of a number, a splitter, pairs of rows, or folds."""
    if isinstance(cv, Integral):
        cv = _splitter(number_of_folds(cv), y, is_classifier, groups, seed)
        return Folds.from_splitter(cv, np.zeros((len(y), 1)), y, groups)
    refuse_class_of_folds(cv)
    cv = check_cv(cv, y, classifier=is_classifier)
    return checked_folds(Folds.from_splitter(cv, np.zeros((len(y), 1)), y, groups))


def with_upper_folds(source: Source, is_classifier: bool, seed: int) -> Source:
    """Return a source with splits for level 2 where the folds leave it nothing.

    Level 2 learns from rows that level 1 has predicted. With one pair (A, B) none of
    them is in a training part: level 2 then learns from B, which is split anew, so
    that its own predictions of B are of rows it has not seen.

    Raises
    ------
    PipelineError
        When the folds predict fewer than two rows.
    """
    predicted = source.folds.times_validated > 0
    if any(predicted[train].any() for train, _ in source.folds):
        return source
    rows = np.flatnonzero(predicted)
    if len(rows) < 2:
        raise PipelineError(
            f"cv: its validation parts hold {len(rows)} rows; expected two or more, "
            "from which level 2 can learn"
        )
    groups = None if source.groups is None else source.groups[rows]
    splitter = _splitter(UPPER_FOLDS, source.y[rows], is_classifier, groups, seed)
    inner = Folds.from_splitter(
        splitter, np.zeros((len(rows), 1)), source.y[rows], groups
    )
    pairs = tuple((rows[train], rows[valid]) for train, valid in inner)
    return replace(source, more=pairs)


def _splitter(
    n_splits: int, y: NDArray[Any], is_classifier: bool, groups: Any, seed: int
) -> Any:
    """Return the splitter that the command line would take."""
    name = usual_splitter(is_classifier, groups is not None)
    return make_splitter(
        name, y, groups, is_classifier=is_classifier, n_splits=n_splits, seed=seed
    )


def fit_stack(
    source: Source,
    wiring: Wiring,
    metric: Metric,
    seed: int,
    n_jobs: int | None,
    test: str = "mean",
    watch: Watch | None = None,
) -> FittedStack:
    """Fit both levels and return what they leave.

    Raises
    ------
    RunError
        When a member cannot be fitted, with the reason of each.
    """
    members = tuple(wiring.members)
    submit = Submit(members[-1].name, test)
    pipeline = Pipeline("stack", members, wiring.recipes, submit=submit, seed=seed)
    fitted = _fitted(source, pipeline, wiring, metric, n_jobs, watch)
    with fitted as (levels, keeper):
        return _collect(levels, keeper, members, metric)


def fit_on_all_rows(
    source: Source,
    wiring: Wiring,
    metric: Metric,
    seed: int,
    n_jobs: int | None,
    watch: Watch | None = None,
) -> FittedEnsemble:
    """Fit every member once, on all rows of a source without folds.

    Raises
    ------
    RunError
        When a member cannot be fitted, with the reason of each.
    """
    members = tuple(wiring.members)
    submit = Submit(members[-1].name, "refit")
    pipeline = Pipeline("vote", members, wiring.recipes, submit=submit, seed=seed)
    names = [member.name for member in members]
    fitted = _fitted(source, pipeline, wiring, metric, n_jobs, watch)
    with fitted as (levels, keeper):
        return _ensemble(levels, keeper, names)


@contextmanager
def _fitted(
    source: Source,
    pipeline: Pipeline,
    wiring: Wiring,
    metric: Metric,
    n_jobs: int | None,
    watch: Watch | None,
) -> Iterator[tuple[FittedLevels, Keeper]]:
    """Yield all levels once they are fitted, and what keeps their models."""
    prepared = prepare_stack(source, pipeline, metric)
    # One thread each, as in the workers: sums of floats depend on their number.
    with _folder() as folder, one_thread():
        resources = _resources(folder, wiring.given, n_jobs)
        resources = replace(resources, in_memory=fits_in_memory(source))
        store = _store(folder / "store", resources)
        levels = prepared.begin(store)
        names = [member.name for member in prepared.pipeline.members]
        watch = watch or Watch()
        with (
            watch.over(names, metric) as progress,
            open_pool(source, store, resources) as (workspace, pool),
        ):
            on_complete = score_teller(levels, metric, progress)
            for level in prepared.pipeline.levels:
                at_level = prepared.pipeline.at_level(level)
                fit_level(at_level, levels, workspace, pool, progress, on_complete)
                _settle(levels, progress, watch)
            yield levels, workspace.keeper


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a temporary folder's name; what is written there is gone afterwards.

    It is made by whoever writes first: a fit in memory takes milliseconds, of which a
    folder would be some.
    """
    folder = Path(gettempdir()) / f"ensemble_kit-{token_hex(8)}"
    try:
        yield folder
    finally:
        if folder.is_dir():
            rmtree(folder)


def _resources(folder: Path, given: Mapping[str, Any], n_jobs: int | None) -> Resources:
    """Return this process for one job, or that many worker processes."""
    jobs = number_of_jobs(n_jobs)
    alone = jobs == 1
    return Resources(
        jobs=0 if alone else jobs,
        scratch=folder / "work",
        custom=custom_files(),
        keep="memory" if alone else "workspace",
        given=given,
    )


def _store(folder: Path, resources: Resources) -> Store:
    """Return a store that lasts as long as the fit."""
    if resources.in_memory and resources.jobs == 0:
        return MemoryStore(folder)
    return Store(folder, durable=False)


def _settle(levels: FittedLevels, progress: Progress, watch: Watch) -> None:
    """Raise for members that could not be fitted; go on with what is done at a stop.

    Raises
    ------
    RunError
    KeyboardInterrupt
        When it was asked to stop before a member was done.
    """
    if missing := levels.missing:
        lines = [
            f"{name}: {reason}{_what_would_help(name, levels)}"
            for name, reason in missing.items()
        ]
        raise RunError(f"members that could not be fitted: {'; '.join(lines)}")
    if progress.is_interrupted():
        if not levels.fits:
            raise KeyboardInterrupt("stopped before a member was done")
        watch.go_on()


def _what_would_help(name: str, levels: FittedLevels) -> str:
    """Return what makes numbers of columns that hold none, for who was given such."""
    planned, X = levels.planned.get(name), levels.graph.source.X
    member = None if planned is None else planned.member
    if not isinstance(member, GivenMember) or not isinstance(X, pd.DataFrame):
        return ""
    if member.level > 1 or member.feature_set != "raw":
        return ""
    kinds = learn_kinds(X)
    others = [str(column) for column in X if kinds.get(column) != "number"]
    if not others:
        return ""
    return (
        f" (it was given columns that hold no numbers: {listed_names(others)}; "
        f"({name!r}, model, 'trees') makes numbers of them, as does a pipeline that "
        "begins with a ColumnTransformer)"
    )


def _collect(
    levels: FittedLevels, keeper: Keeper, members: Sequence[Member], metric: Metric
) -> FittedStack:
    """Take everything out of the folder before it is gone."""
    source = levels.graph.source
    collected = collect(levels)
    empty = np.empty((0, *collected.test.shape[1:]))
    matrix = OOFMatrix(collected.members, collected.oof, empty)
    return FittedStack(
        _ensemble(levels, keeper, [members[-1].name]),
        matrix,
        score_members(levels.fits, matrix, source, metric, levels.store),
        members[-1].name,
    )


def _ensemble(
    levels: FittedLevels, keeper: Keeper, names: Sequence[str]
) -> FittedEnsemble:
    """Return some members and all they stand on, out of the folder."""
    source = levels.graph.source
    plan = plan_members(levels.graph.nodes, levels.fits, names)
    fitted = {key: keeper.load(key) for key in plan_keys(plan)}
    return FittedEnsemble(plan, fitted, source.kind, source.n_outputs)
