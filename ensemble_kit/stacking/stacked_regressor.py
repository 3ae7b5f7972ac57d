"""A stack of regressors with scikit-learn's face."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.competition.guessing.targets import settle_scale
from ensemble_kit.metrics import Metric
from ensemble_kit.stacking.estimating import (
    fit_estimator,
    predict_estimator,
    tags_of_stack,
)
from ensemble_kit.stacking.member_parameters import set_members, with_member_params
from ensemble_kit.tasks import Task, far_scale


class StackedRegressor(RegressorMixin, BaseEstimator):
    """Fit members on folds, and a final model on what they predict for other rows.

    See `StackedClassifier`; everything said there holds for values too.

    Parameters
    ----------
    members : sequence
        Each a model's name, (name, model), or (name, model, features); a model is a
        name or an estimator.
    final : str or estimator
        The model of level 2.
    original : str or transformer, optional
        Features put beside the predictions, for a final model that is no blend.
    cv : int, splitter or iterable of pairs
        With an int: shuffled folds, or folds of whole groups. With one pair
        of rows, ``[(A, B)]``: the members learn from A and predict B and later rows,
        the final model learns from B.
    metric : str
        What blends are steered by and the leaderboard shows. Some metrics choose the
        scale of the fit: with "rmsle" it is log(1 + y).
    texts : sequence of str, optional
        The string columns that are text; by default those that read like text.
    n_jobs : int, optional
        Worker processes, one thread each.
    random_state : int, RandomState or None

    Attributes
    ----------
    oof_ : OOFMatrix
        The members' predictions of the training rows by models that have not seen
        them, of shape (n_rows, n_members, 1), in the scale of the fit.
    oof_predictions_ : ndarray of shape (n_rows, 1)
        The same of the final model, in the units of y.
    leaderboard_ : DataFrame
        Scores on those predictions, the best first.
    models_ : dict of str to list
        The fitted estimators of every member, one per fold.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        For a DataFrame.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> X, y = make_regression(80, 4, random_state=0)
    >>> members = [("tree", DecisionTreeRegressor(max_depth=4)), "ridge"]
    >>> stack = StackedRegressor(members, cv=3, random_state=0).fit(X, y)
    >>> stack.oof_predictions_.shape
    (80, 1)
    """

    def __init__(
        self,
        members: Sequence[Any] = ("lightgbm", "extra_trees", "ridge"),
        final: Any = "convex_blend",
        *,
        original: Any = None,
        cv: Any = 5,
        metric: str = "rmse",
        texts: Sequence[str] | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
    ):
        self.members = members
        self.final = final
        self.original = original
        self.cv = cv
        self.metric = metric
        self.texts = texts
        self.n_jobs = n_jobs
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with ``name__parameter`` of the named members."""
        own = super().get_params(deep)
        return with_member_params(own, self.members) if deep else own

    def set_params(self, **params: Any) -> Self:
        """Set parameters, members by their name, and ``name__parameter`` of those."""
        return super().set_params(**set_members(self, params))

    def __sklearn_tags__(self) -> Any:
        return tags_of_stack(super().__sklearn_tags__(), self.members)

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> "StackedRegressor":
        """Fit every member on every fold, then the final model.

        Parameters
        ----------
        X : DataFrame, array or sparse matrix of shape (n_rows, n_columns), or texts
            See `StackedClassifier.fit`.
        y : array-like of shape (n_rows,)
        sample_weight, groups : array-like of shape (n_rows,), optional
            See `StackedClassifier.fit`.

        Raises
        ------
        PipelineError
            When the constructor's arguments do not go together.
        RunError
            When a member cannot be fitted.
        """
        fit_estimator(self, X, y, sample_weight, groups, _read_target)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the value of each row, the mean over the fold models."""
        check_is_fitted(self)
        return predict_estimator(self, X)[:, 0]


def _read_target(y: ArrayLike, metric: Metric) -> tuple[Task, NDArray[np.float64]]:
    """Return the scale of the fit, and the values in it."""
    values = column_or_1d(y, warn=True)
    assert_all_finite(values, input_name="y")
    values = np.asarray(values, dtype=np.float64)
    task = Task("regression", transform=settle_scale(values, metric.transform))
    center, spread = far_scale(task.encode(values), metric.name in {"mape", "smape"})
    task = replace(task, center=center, spread=spread)
    return task, task.encode(values)
