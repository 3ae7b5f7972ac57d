"""What the two stacked estimators share."""

import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier
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
from ensemble_kit.stacking.tables import (
    apply_kinds,
    apply_levels,
    learn_kinds,
    learn_levels,
    read_table,
)
from ensemble_kit.stacking.wiring import accepts_sparse, allows_nan, wire
from ensemble_kit.store.frames import take_rows
from ensemble_kit.tasks import Task

MIN_ROWS = 2


@dataclass(eq=False, repr=False)
class StackedEstimator(BaseEstimator):
    """What the classifier and the regressor share; its fields are their parameters."""

    members: Sequence[Any]
    final: Any
    _: KW_ONLY
    original: Any = None
    cv: Any = 5
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

    def __sklearn_tags__(self) -> Any:
        """Return tags that say what the members together accept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = allows_nan(self.members)
        tags.input_tags.sparse = accepts_sparse(self.members)
        tags.input_tags.categorical = True
        tags.input_tags.string = True
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
        if len(used) != len(target):
            table = take_rows(table, used)
        texts = list(table) if holds_texts(X) else self.texts
        self._levels, self._kinds = learn_levels(table, texts), learn_kinds(table)
        self._columns = list(table) if hasattr(table, "columns") else []
        wiring = wire(
            self.members,
            self.final,
            self.original,
            is_classifier=is_classifier(self),
            is_array=not hasattr(X, "columns"),
            is_sparse=not hasattr(table, "columns"),
            method=getattr(self, "method", "auto"),
        )
        if weights is not None:
            for note in weights_notes(wiring.members):
                warnings.warn(note, UserWarning, stacklevel=3)
        table = apply_levels(table, self._levels)
        arrays = _taken(weights, used), _taken(groups, used)
        source = make_source(table, target[used], task, folds, *arrays)
        source = with_upper_folds(source, is_classifier(self), seed)
        scaled = metric_in_scale(metric, task)
        fitted = fit_stack(source, wiring, scaled, seed, self.n_jobs)
        self._keep(fitted.on_rows(used, len(target)), task, metric)
        return target, weights

    def _keep(self, fitted: FittedStack, task: Task, metric: Metric) -> None:
        """Set the attributes that a fit leaves."""
        final, _ = fitted.matrix.member(fitted.final)
        self.oof_ = fitted.level1
        self.oof_predictions_ = final if task.is_classification else task.restore(final)
        self.leaderboard_ = fitted.leaderboard(metric.greater_is_better)
        self.models_ = fitted.models()
        self._ensemble, self._final, self._task = fitted.ensemble, fitted.final, task

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        """Return the fitted stack's predictions of shape (n_rows, n_outputs)."""
        check_is_fitted(self)
        table = read_table(self, handed_over(X), **self._accepted())
        if self._columns and hasattr(table, "columns"):
            # Arrays have no names, and by validation as many columns.
            table = table.set_axis(self._columns, axis=1)
        table = apply_kinds(table, self._kinds)
        table = apply_levels(table, self._levels)
        with threadpool_limits(limits=1):
            found = self._ensemble.predict(table)[self._final]
        return found if self._task.is_classification else self._task.restore(found)

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
        classes, cv = is_classifier(self), self.cv
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
