"""What the two stacked estimators share."""

import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils import Bunch
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from threadpoolctl import threadpool_limits

from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.running.metric_objectives import metric_in_scale
from ensemble_kit.running.row_weights import weights_notes
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitting import (
    FittedStack,
    draw_seed,
    fit_stack,
    make_folds,
    make_source,
    with_upper_folds,
)
from ensemble_kit.stacking.given_tables import handed_over, holds_texts
from ensemble_kit.stacking.member_parameters import set_members, with_member_params
from ensemble_kit.stacking.prefit_member import PrefitMember
from ensemble_kit.stacking.routing import is_routing, routed, router_of
from ensemble_kit.stacking.several_targets import SeveralTargetsMixin
from ensemble_kit.stacking.tables import (
    apply_kinds,
    apply_levels,
    learn_kinds,
    learn_levels,
    read_table,
)
from ensemble_kit.stacking.transforming import PredictionsMixin
from ensemble_kit.stacking.wiring import (
    Setting,
    Wiring,
    accepts_sparse,
    allows_nan,
    wire,
)
from ensemble_kit.store.frames import take_rows
from ensemble_kit.tasks import Task
from ensemble_kit.work.given_estimators import WithMetadata
from ensemble_kit.work.inputs import stacked_columns

MIN_ROWS = 2
PREFIT, PREFIT_FOLDS = "prefit", 5


@dataclass(eq=False, repr=False)
class StackedEstimator(PredictionsMixin, SeveralTargetsMixin, BaseEstimator):
    """What the classifier and the regressor share; its fields are their parameters."""

    members: Any
    final: Any
    _: KW_ONLY
    original: Any = None
    cv: Any = 5
    test: str = "mean"
    metric: str = ""
    texts: Sequence[str] | None = None
    n_jobs: int | None = None
    random_state: Any = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with ``name__parameter`` of the named members."""
        own = super().get_params(deep)
        return with_member_params(own, self.members) if deep else own

    def set_params(self, **params: Any) -> Self:
        """Set parameters, members by their name, and ``name__parameter`` of those."""
        return super().set_params(**set_members(self, params))

    def get_metadata_routing(self) -> Any:
        """Return what the members ask for in ``fit``, the final one in ``predict``."""
        return router_of(self)

    def __sklearn_tags__(self) -> Any:
        """Return tags that say what the members together accept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = allows_nan(self.members)
        tags.input_tags.sparse = accepts_sparse(self.members)
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.multi_output = True
        return tags

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
        X = handed_over(X)
        refuse_missing(y)
        table = read_table(self, X, y, min_rows=MIN_ROWS, **self._accepted())
        metric = METRICS[self.metric]
        task, target = self._read_target(y, metric)
        check_consistent_length(table, target, groups)
        weights = _read_weights(sample_weight, target, task)
        used = np.arange(len(target)) if weights is None else np.flatnonzero(weights)
        seed = draw_seed(self.random_state)
        folds = self._folds(target, groups, seed, used)
        told = _told(metadata, used, len(target))
        wiring = self._wire(X, table, task, told, len(used))
        if len(used) != len(target):
            table = take_rows(table, used)
        texts = list(table) if holds_texts(X) else self.texts
        self._levels, self._kinds = learn_levels(table, texts), learn_kinds(table)
        self._columns = list(table) if hasattr(table, "columns") else []
        if weights is not None and metadata is None:
            for note in weights_notes(wiring.members):
                warnings.warn(note, UserWarning, stacklevel=3)
        table = apply_levels(table, self._levels)
        arrays = _taken(weights, used), _taken(groups, used)
        source = make_source(table, target[used], task, folds, *arrays)
        source = with_upper_folds(source, is_classifier(self), seed)
        scaled = metric_in_scale(metric, task)
        test = "refit" if self._is_prefit else self.test
        fitted = fit_stack(source, wiring, scaled, seed, self.n_jobs, test)
        self._keep(fitted.on_rows(used, len(target)), task, metric)
        self.folds_, self.member_methods_ = source.folds, wiring.methods
        return target, weights

    @property
    def _is_prefit(self) -> bool:
        return isinstance(self.cv, str) and self.cv == PREFIT

    def _wire(
        self,
        X: Any,
        table: Any,
        task: Task,
        metadata: dict[str, Any] | None,
        n_rows: int,
    ) -> Wiring:
        """Return the members as the engine takes them."""
        prefit = None
        if self._is_prefit and task.is_classification:
            prefit = partial(PrefitMember, classes=getattr(self, "classes_", None))
        elif self._is_prefit:
            prefit = partial(PrefitMember, encode=task.encode)
        setting = Setting(
            is_classifier(self),
            is_array=not hasattr(X, "columns"),
            is_sparse=not hasattr(table, "columns"),
            method=getattr(self, "method", "auto"),
            test=self.test,
            prefit=prefit,
            metadata=metadata,
            n_rows=n_rows,
        )
        return wire(self.members, self.final, self.original, setting)

    def _metadata(
        self, sample_weight: ArrayLike | None, params: dict[str, Any]
    ) -> dict[str, dict[str, Any]] | None:
        """Return what members are told besides; None where nothing is routed."""
        told = routed(self, {"sample_weight": sample_weight, **params})
        return told if is_routing() else None

    def _keep(self, fitted: FittedStack, task: Task, metric: Metric) -> None:
        """Set the attributes that a fit leaves."""
        for name in ("weights_", "targets_"):
            self.__dict__.pop(name, None)
        final, _ = fitted.matrix.member(fitted.final)
        self.oof_ = fitted.level1
        self.oof_predictions_ = final if task.is_classification else task.restore(final)
        self.leaderboard_ = fitted.leaderboard(metric.greater_is_better)
        self.fold_scores_ = fitted.fold_scores()
        self.models_ = fitted.models()
        self.final_ = self.models_[fitted.final]
        names = fitted.matrix.members[:-1]
        self.named_members_ = Bunch(**{name: self.models_[name] for name in names})
        self.estimators_ = [each for name in names for each in self.models_[name]]
        weights = fitted.weights()
        if weights is not None:
            self.weights_ = weights
        self._ensemble, self._final, self._task = fitted.ensemble, fitted.final, task
        self._below = fitted.below()

    def _table(self, X: Any) -> Any:
        """Return rows to predict as the table the members were fitted on."""
        check_is_fitted(self)
        table = read_table(self, handed_over(X), **self._accepted())
        if self._columns and hasattr(table, "columns"):
            # Arrays have no names, and by validation as many columns.
            table = table.set_axis(self._columns, axis=1)
        return apply_levels(apply_kinds(table, self._kinds), self._levels)

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return the fitted stack's predictions of shape (n_rows, n_outputs)."""
        table = self._table(X)
        with threadpool_limits(limits=1):
            found = self._ensemble.predict(table)[self._final]
        return found if self._task.is_classification else self._task.restore(found)

    def _member_predictions(self, X: Any) -> NDArray[np.float64]:
        return self._tensor(self._table(X))

    def _tensor(self, table: Any) -> NDArray[np.float64]:
        """Return the predictions of level 1 of shape (n_rows, n_members, n_outputs)."""
        with threadpool_limits(limits=1):
            found = self._below.predict(table)
        return np.stack([found[name] for name in self.oof_.members], axis=1)

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
        table = self._table(X)
        planned = next(m for m in self._ensemble.members if m["name"] == self._final)
        tensor = self._tensor(table)
        if planned["tensor"]:
            return self.final_[0], tensor
        key = planned["fits"][0]["features"]
        beside = self._ensemble.fitted[key].transform(table) if key else None
        return self.final_[0], stacked_columns(tensor, planned["form"], beside)

    def _accepted(self) -> dict[str, bool]:
        """Return what every member takes."""
        members = self.members
        return {"nan": allows_nan(members), "sparse_too": accepts_sparse(members)}

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
        classes, cv = is_classifier(self), PREFIT_FOLDS if self._is_prefit else self.cv
        if len(used) == len(target):
            return make_folds(cv, target, classes, groups, seed)
        if isinstance(cv, Integral):
            return make_folds(cv, target[used], classes, _taken(groups, used), seed)
        folds = make_folds(cv, target, classes, groups, seed).among(used)
        if not folds.pairs:
            raise ValueError(
                "cv has no fold with rows of positive weight on both sides"
            )
        return folds


def refuse_missing(y: ArrayLike) -> None:
    """Raise for missing values of a target, in the words of scikit-learn."""
    if y is None:
        return  # which scikit-learn has words for, too
    cells = np.asarray(y, dtype=object)
    missing = np.flatnonzero(pd.isna(cells))
    if len(missing):
        raise ValueError(
            f"Input y contains NaN. {len(missing)} of its {len(cells)} values are "
            f"missing, the first in row {missing[0]}: leave those rows out"
        )


def _told(
    metadata: dict[str, dict[str, Any]] | None, used: NDArray[np.intp], n_rows: int
) -> dict[str, dict[str, Any]] | None:
    """Return metadata of the rows that are used."""
    if metadata is None or len(used) == n_rows:
        return metadata
    return {
        member: WithMetadata(None, told, n_rows).of_rows(used)
        for member, told in metadata.items()
    }


def _taken(values: ArrayLike | None, used: NDArray[np.intp]) -> NDArray[Any] | None:
    """Return the values of some rows."""
    return None if values is None else np.asarray(values)[used]


def _read_weights(
    sample_weight: ArrayLike | None, target: NDArray[Any], task: Task
) -> NDArray[np.float64] | None:
    """Return checked weights; refuse those that leave nothing to learn from."""
    if sample_weight is not None and not np.any(np.asarray(sample_weight)):
        raise ValueError("sample_weight is zero for every row")
    weights = check_weights(sample_weight, len(target))
    if weights is None or not task.is_classification:
        return weights
    if len(np.unique(target[weights > 0])) < 2:
        raise ValueError("only one class of y has rows with a weight above zero")
    return weights
