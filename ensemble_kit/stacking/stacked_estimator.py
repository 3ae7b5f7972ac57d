"""What the two stacked estimators share."""

import time
from collections.abc import Mapping
from copy import copy
from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, is_classifier
from sklearn.utils import Bunch
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.processes import one_thread
from ensemble_kit.running.finished.fitted_ensemble import FittedEnsemble
from ensemble_kit.running.preparing.metric_objectives import metric_in_scale
from ensemble_kit.running.watched.watch import Watch
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitted.deploying import (
    FittedRows,
    Stated,
    deployed,
    refuse_other_rows,
    refuse_undeployable,
)
from ensemble_kit.stacking.fitted.looking import LookingMixin
from ensemble_kit.stacking.fitted.scored_members import ScoredMembers
from ensemble_kit.stacking.fitted.transforming import PredictionsMixin
from ensemble_kit.stacking.fitting import (
    FittedStack,
    fit_stack,
    make_folds,
    make_source,
    models_of,
    with_upper_folds,
)
from ensemble_kit.stacking.inputs.given_folds import (
    checked_groups,
    draw_seed,
    number_of_folds,
)
from ensemble_kit.stacking.inputs.metric_of_rows import asked_metric, metric_of_rows
from ensemble_kit.stacking.inputs.tables import Table
from ensemble_kit.stacking.member_ensemble import (
    MemberEnsemble,
    metadata_by_member,
    read_weights,
    taken,
    tell_unweighted,
)
from ensemble_kit.stacking.members.prefit_member import PrefitMember
from ensemble_kit.stacking.members.wiring import (
    Setting,
    Wiring,
    wire,
)
from ensemble_kit.stacking.pipelines import (
    asked_pipeline,
    is_pipeline,
    listed_pipeline,
    methods_of,
    refuse_whole,
    seconds_of,
    stated_pipeline,
    with_n_splits,
)
from ensemble_kit.stacking.several_targets import SeveralTargetsMixin
from ensemble_kit.tables.other_libraries import handed_over, kind_of_frame
from ensemble_kit.tasks import Task
from ensemble_kit.work.inputs import stacked_columns

if TYPE_CHECKING:
    from ensemble_kit.running.finished.loaded_run import LoadedRun

MIN_ROWS = 2
PREFIT, PREFIT_FOLDS = "prefit", 5
NOT_ALWAYS = (
    "weights_",
    "targets_",
    "failures_",
    "notes_",
    "reason_",
    "_scored",
    "_recorded",
)


@dataclass(frozen=True)
class _Given:
    """What a fit is given, as it is read: the rows that are used among all."""

    X: Any
    table: Table
    task: Task
    target: NDArray[Any]
    weights: NDArray[np.float64] | None
    groups: ArrayLike | None
    metadata: dict[str, dict[str, Any]] | None
    used: NDArray[np.intp]
    metric: Metric

    @property
    def is_unrouted(self) -> bool:
        """Return whether there are weights that nobody sends to members."""
        return self.weights is not None and self.metadata is None

    @property
    def used_target(self) -> NDArray[Any]:
        return self.target[self.used]

    @property
    def used_weights(self) -> NDArray[Any] | None:
        return taken(self.weights, self.used)

    @property
    def used_groups(self) -> NDArray[Any] | None:
        return taken(self.groups, self.used)


_Fit = tuple[FittedStack, Folds, dict[str, str]]


@dataclass(eq=False, repr=False)
class StackedEstimator(
    LookingMixin, PredictionsMixin, SeveralTargetsMixin, MemberEnsemble
):
    """What the classifier and the regressor share; its fields are their parameters."""

    members: Any
    final: Any
    _: KW_ONLY
    original: Any = None
    cv: Any = 5
    test: str = "mean"
    metric: str = ""
    guard: bool = False
    time_limit: str | float | None = None
    store: Any = None

    def __sklearn_tags__(self) -> Any:
        """Return tags that say what the members together accept."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def to_pipeline(self, path: Path | str | None = None) -> Pipeline:
        """Return the members, folds and final model as a pipeline.

        Parameters
        ----------
        path : path, optional
            A file to write it into, for the command line and for other stacks.

        Raises
        ------
        PipelineError
            With the members that are objects: a file holds names of the catalog.
        """
        setting = Setting(is_classifier(self), test=self.test)
        pipeline = stated_pipeline(self, setting)
        if path is not None:
            Path(path).write_text(dump_pipeline(pipeline), encoding="utf-8")
        return pipeline

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Return what `save` wrote, or what a run of the command line fitted.

        Parameters
        ----------
        path : path
            The folder of one of these. A run's rows have the columns of its test file.
        """
        from ensemble_kit.stacking.fitted.loaded_stack import is_run, load_stack

        if not is_run(path):
            return super().load(path)
        loaded: Self = load_stack(cls, path)
        return loaded

    def _read_target(self, y: ArrayLike, metric: Metric) -> tuple[Task, NDArray[Any]]:
        """Return the task, and the target as it is fitted."""
        raise NotImplementedError

    def _fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        groups: ArrayLike | None,
        metadata: dict[str, dict[str, Any]] | None,
    ) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
        """Fit both levels, set the attributes, and return the target and the weights.

        Warns
        -----
        UserWarning
            Where there are weights, with the members that take none.
        """
        given = self._given(X, y, sample_weight, groups, metadata)
        fit = self._fit_whole if self._is_whole else self._fit_members
        fitted, folds, methods = fit(given)
        self._take(fitted, given)
        used, n_rows = given.used, len(given.target)
        self.folds_, self.member_methods_ = folds.on_rows(used, n_rows), methods
        return given.target, given.weights

    def _given(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        groups: ArrayLike | None,
        metadata: dict[str, dict[str, Any]] | None,
    ) -> _Given:
        """Return what a fit is given, as it is read; forget an earlier one."""
        for name in NOT_ALWAYS:
            self.__dict__.pop(name, None)
        self._frame_kind = kind_of_frame(X)
        X = handed_over(X)
        table = self._read_table(X, y)
        asked = asked_metric(self.metric, is_classifier(self))
        task, target = self._read_target(y, asked)
        check_consistent_length(table, target)
        groups = checked_groups(groups, len(target))
        metric = metric_of_rows(asked, X, groups)
        weights = read_weights(sample_weight, target, task)
        used = np.arange(len(target)) if weights is None else np.flatnonzero(weights)
        return _Given(X, table, task, target, weights, groups, metadata, used, metric)

    def _take(self, fitted: FittedStack, given: _Given) -> None:
        """Set the attributes that a fit leaves."""
        task, metric, groups = given.task, given.metric, given.groups
        fitted = fitted.on_rows(given.used, len(given.target))
        self._keep(fitted, task, metric)
        self._scored = ScoredMembers(
            fitted.matrix,
            fitted.results,
            given.target,
            task,
            metric_in_scale(metric, task),
            given.used,
            given.weights,
            None if groups is None else np.asarray(groups),
        )

    def deploy(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        within: float = 1.0,
    ) -> Self:
        """Return a stack of few members, each fitted once on all rows.

        Members go while the score out of fold stays within so many standard errors of
        this stack's; those that stay are fitted on all rows, with the rounds that were
        found, and weighed anew by their out-of-fold predictions. No fold is fitted
        again, and this stack stays as it is. ``leaderboard_`` is of the models of the
        folds: those of all rows have no rows left to be scored on.

        Parameters
        ----------
        X, y, sample_weight
            What this stack was fitted on.
        within : float, default 1.0
            Standard errors of the paired difference, which counts that folds share
            training rows.

        Returns
        -------
        StackedClassifier or StackedRegressor
            ``reason_`` says what was done.

        Raises
        ------
        PipelineError
            Where there is nothing that could be fitted on all rows.
        ValueError
            When these are other rows.
        """
        check_is_fitted(self)
        refuse_undeployable(self, within)
        if not hasattr(self, "_scored"):
            raise RunError("deploy: this stack was loaded without its out-of-fold rows")
        before, folds = self._scored, self.folds_
        new = copy(self)
        given = new._given(X, y, sample_weight, before.groups, None)
        refuse_other_rows(before, given.target)
        stated = new._stated(given, getattr(self, "_recorded", None))
        table = new._learn_columns(given.X, given.table, given.used)
        rows = FittedRows(stated, self._ensemble, before, folds, self.chosen_)
        seed = draw_seed(self.random_state)
        fitted, new.reason_ = deployed(rows, table, within, seed, self.n_jobs)
        new.test = "refit"
        new._take(fitted, given)
        new._decide(given.target, given.weights)
        return new

    def _stated(self, given: _Given, recorded: Pipeline | None) -> Stated:
        """Return the members that were fitted, as the engine takes them.

        Parameters
        ----------
        given : _Given
        recorded : Pipeline, optional
            What a fit like the command line's has used.
        """
        if not self._is_whole:
            wiring = self._wire(given)
            return Stated(wiring.members, wiring.recipes, wiring.given)
        if recorded is None:
            raise RunError(
                "deploy: a stack that was fitted as a run is deployed before it is "
                "saved; loaded, it knows no more what its members were"
            )
        estimators = {} if is_pipeline(self.members) else self._wire(given).given
        return Stated(recorded.members, recorded.recipes, estimators)

    def _decide(
        self, target: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> None:
        """Fit what makes labels of probabilities, where there are labels."""

    def _fit_members(self, given: _Given) -> _Fit:
        """Fit both levels, and return what that leaves, the folds and the methods."""
        task, seed = given.task, draw_seed(self.random_state)
        folds = self._folds(given.target, given.groups, seed, given.used)
        wiring = self._wire(given)
        table = self._learn_columns(given.X, given.table, given.used)
        if given.is_unrouted:
            tell_unweighted(wiring.members)
        source = make_source(
            table, given.used_target, task, folds, given.used_weights, given.used_groups
        )
        source = with_upper_folds(source, task.is_classification, seed)
        scaled = metric_in_scale(given.metric.at(given.used), task)
        test = "refit" if self._is_prefit else self.test
        watch = Watch(shows=self.verbose, stops=self.verbose)
        fitted = fit_stack(source, wiring, scaled, seed, self.n_jobs, test, watch)
        return fitted, source.folds, wiring.methods

    def _fit_whole(self, given: _Given) -> _Fit:
        """Fit as the command line does, and return the same."""
        from ensemble_kit.stacking.whole_run import Labelled, WholeRun

        begin = time.monotonic()
        seed = None if self.random_state is None else draw_seed(self.random_state)
        pipeline, estimators, methods = self._whole_pipeline(given, seed)
        refuse_whole(self, estimators)
        folds = None
        if not is_pipeline(self.members) or not isinstance(self.cv, Integral):
            folds = self._folds(given.target, given.groups, seed or 0, given.used)
        else:
            pipeline = with_n_splits(pipeline, number_of_folds(self.cv))
        table = self._learn_columns(given.X, given.table, given.used)
        if given.is_unrouted:
            tell_unweighted(pipeline.members)
        labelled = Labelled(
            table,
            given.used_target,
            given.task,
            folds,
            given.used_weights,
            given.used_groups,
        )
        whole = WholeRun(
            pipeline,
            estimators,
            self.n_jobs,
            seconds_of(self.time_limit),
            None if self.store is None else Path(self.store),
            begin,
        )
        watch = Watch(shows=self.verbose, stops=True, begin=begin)
        fitted, run = whole.fit(labelled, given.metric.at(given.used), watch)
        self.failures_, self.notes_ = dict(run.failures), run.notes
        self.reason_, self._recorded = run.reason, run.pipeline
        return fitted, run.folds, methods or methods_of(fitted, given.task)

    def _whole_pipeline(
        self, given: _Given, seed: int | None
    ) -> tuple[Pipeline, Mapping[str, Any], dict[str, str]]:
        """Return the pipeline, the estimators that it names, and their methods."""
        if is_pipeline(self.members):
            return asked_pipeline(self.members, seed), {}, {}
        wiring = self._wire(given)
        pipeline = listed_pipeline(self, wiring, seed or 0)
        return pipeline, wiring.given, wiring.methods

    @property
    def _is_whole(self) -> bool:
        """Return whether it is fitted as the command line fits a folder."""
        asked = self.guard or self.time_limit is not None or self.store is not None
        return asked or is_pipeline(self.members)

    @property
    def _is_prefit(self) -> bool:
        return isinstance(self.cv, str) and self.cv == PREFIT

    def _wire(self, given: _Given) -> Wiring:
        """Return the members as the engine takes them."""
        prefit, task = None, given.task
        if self._is_prefit and task.is_classification:
            prefit = partial(PrefitMember, classes=getattr(self, "classes_", None))
        elif self._is_prefit:
            prefit = partial(PrefitMember, encode=task.encode)
        setting = Setting(
            task.is_classification,
            is_array=not hasattr(given.X, "columns"),
            is_sparse=not hasattr(given.table, "columns"),
            method=getattr(self, "method", "auto"),
            test=self.test,
            prefit=prefit,
            metadata=metadata_by_member(given.metadata, given.used, len(given.target)),
            n_rows=len(given.used),
        )
        return wire(self.members, self.final, self.original, setting)

    def _keep(self, fitted: FittedStack, task: Task, metric: Metric) -> None:
        """Set the attributes that a fit leaves."""
        final, _ = fitted.matrix.member(fitted.final)
        self.oof_ = fitted.level1
        self.oof_predictions_ = final if task.is_classification else task.restore(final)
        self.leaderboard_ = fitted.leaderboard(metric.greater_is_better)
        self.fold_scores_ = fitted.fold_scores()
        weights = fitted.weights()
        if weights is not None:
            self.weights_ = weights
        self.chosen_, self._task = fitted.final, task
        self._hold(fitted.ensemble)

    def _take_run(self, run: "LoadedRun") -> None:
        """Set the attributes that a run of the command line leaves."""
        self._run, self._task = run, run.task
        self.leaderboard_, self.chosen_ = run.leaderboard, run.chosen
        names = [column.name for column in run.predictor.schema.columns]
        self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(names)
        if run.task.is_classification:
            self.classes_ = np.array(run.task.classes)
            self._decision = run.decision
            self.threshold_ = getattr(run.decision, "threshold_", None)

    def _hold(self, ensemble: FittedEnsemble) -> None:
        """Set the attributes that are the fitted members."""
        self._ensemble, self.models_ = ensemble, models_of(ensemble)
        self.final_ = self.models_[self.chosen_]
        names = [name for name in self.oof_.members if name in self.models_]
        self.named_members_ = Bunch(**{name: self.models_[name] for name in names})
        self.estimators_ = [each for name in names for each in self.models_[name]]
        self._below = ensemble.of_level(1)
        self._on_arrays = ensemble.all_on_arrays and not self._levels

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return the fitted stack's predictions of shape (n_rows, n_outputs)."""
        if hasattr(self, "_run"):
            outputs: NDArray[np.float64] = self._run.predictor.predict(X)
            return outputs
        table = self._table(X)
        with one_thread():
            outputs = self._ensemble.predict(table)[self.chosen_]
        return outputs if self._task.is_classification else self._task.restore(outputs)

    def _member_predictions(self, X: Any) -> NDArray[np.float64]:
        return self._tensor(self._table(X))

    def _tensor(self, table: Any) -> NDArray[np.float64]:
        """Return the predictions of level 1 of shape (n_rows, n_members, n_outputs)."""
        with one_thread():
            predictions = self._below.predict(table)
        return np.stack([predictions[name] for name in self.named_members_], axis=1)

    def _step_oof(self) -> OOFMatrix:
        """Return the out-of-fold predictions of the members that `transform` gives."""
        return self.oof_.select(list(self.named_members_))

    def _final_columns(self, X: Any) -> tuple[Any, Any]:
        """Return the only final model, and what it is given for rows to predict.

        Raises
        ------
        ValueError
            When there is one per fold.
        """
        if len(self.final_) != 1:
            raise ValueError(
                "parameters of predict reach one final model alone: set test='refit'; "
                f"there are {len(self.final_)}, one per fold"
            )
        planned = next(m for m in self._ensemble.members if m["name"] == self.chosen_)
        if planned["level"] == 1:
            raise ValueError(
                "parameters of predict reach a final model over others alone; the "
                f"guard has chosen {self.chosen_!r}"
            )
        table = self._table(X)
        planned = next(m for m in self._ensemble.members if m["name"] == self.chosen_)
        tensor = self._tensor(table)
        if planned["tensor"]:
            return self.final_[0], tensor
        key = planned["fits"][0]["features"]
        beside = self._ensemble.fitted[key].transform(table) if key else None
        return self.final_[0], stacked_columns(tensor, planned["form"], beside)

    def _folds(
        self,
        target: NDArray[Any],
        groups: ArrayLike | None,
        seed: int,
        used: NDArray[np.intp],
    ) -> Folds:
        """Return the folds of the rows that are used, numbered among themselves.

        A number of folds is drawn as if the other rows were not there.
        """
        classes = isinstance(self, ClassifierMixin)
        cv = PREFIT_FOLDS if self._is_prefit else self.cv
        if len(used) == len(target):
            return make_folds(cv, target, classes, groups, seed)
        if isinstance(cv, Integral):
            return make_folds(cv, target[used], classes, taken(groups, used), seed)
        folds = make_folds(cv, target, classes, groups, seed).among(used)
        if not folds.pairs:
            raise ValueError(
                "cv has no fold with rows of positive weight on both sides"
            )
        return folds
