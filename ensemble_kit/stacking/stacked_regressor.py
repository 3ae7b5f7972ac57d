"""A stack of regressors with scikit-learn's face."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from ensemble_kit.metrics import Metric
from ensemble_kit.stacking.inputs.reading_targets import read_values
from ensemble_kit.stacking.several_targets import n_targets
from ensemble_kit.stacking.stacked_estimator import StackedEstimator
from ensemble_kit.tasks import Task


@dataclass(eq=False, repr=False)
class StackedRegressor(RegressorMixin, StackedEstimator):
    """Fit members on folds, and a final model on what they predict for other rows.

    See `StackedClassifier`; everything said there holds for values too.

    Parameters
    ----------
    members : sequence, str or Pipeline
        A pipeline's name ("quick", "best"), file or object, which has levels of its own
        in place of ``final``, ``original`` and ``test``; ``cv`` as a number is that of
        its folds, ``random_state`` its seed. Or a sequence, each a model's name, an
        estimator, (name, model), or (name, model, features); or a dict of models by
        name. "drop" leaves a member out.
    final : str or estimator
        The model of level 2.
    original : str or transformer, optional
        Features put beside the predictions, for a final model that is no blend.
    cv : int, splitter or iterable of pairs
        With an int: shuffled folds, or folds of whole groups. With one pair
        of rows, ``[(A, B)]``: the members learn from A and predict B and later rows,
        the final model learns from B. "prefit": members that are fitted already.
    test : {"mean", "refit"}
        Predictions of later rows as the mean over the models of the folds, or by one
        model per member fitted on all rows.
    metric : str
        What blends are steered by and the leaderboard shows. Some metrics choose the
        scale of the fit: with "rmsle" it is log(1 + y).
    guard : bool
        Whether the stack guard chooses what predicts: the simplest of the best member,
        ``final`` and a few blends that is within one standard error of the best. A
        pipeline says so itself.
    time_limit : str or float, optional
        Such as "2m", or seconds: what fits into them is fitted, the first members
        first, in worker processes that can be ended.
    store : path, optional
        Where finished fits are kept for the next call; for names, not for objects.
    texts : sequence of str, optional
        The string columns that are text; by default those that read like text.
    n_jobs : int, optional
        Worker processes, one thread each.
    random_state : int, RandomState or None
    verbose : bool
        Whether a table shows what goes on. Ctrl-C then keeps the members that are
        done, and a second one stops at once.

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

    members: Sequence[Any] = ("lightgbm", "extra_trees", "ridge")
    final: Any = "convex_blend"
    metric: str = field(default="rmse", kw_only=True)

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        **params: Any,
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
        metadata = self._metadata(sample_weight, params)
        if n_targets(y) > 1:
            return self._fit_targets(X, y, sample_weight, groups, params)
        self._fit(X, y, sample_weight, groups, metadata)
        return self

    def predict(self, X: Any, **params: Any) -> Any:
        """Return the value of each row, the mean over the fold models.

        ``params`` go to the ``predict`` of the final model, whose values they are
        then; it has to be one (``test="refit"``). What it returns beside the values,
        as with ``return_std=True``, stays in the scale of the fit.
        """
        if hasattr(self, "targets_"):
            return self._predict_targets(X, params)
        if not params:
            return self._outputs(X)[:, 0]
        final, columns = self._final_columns(X)
        predicted = final.predict(columns, **params)
        if isinstance(predicted, tuple):
            return (self._task.restore(predicted[0]), *predicted[1:])
        return self._task.restore(predicted)

    def _read_target(
        self, y: ArrayLike, metric: Metric
    ) -> tuple[Task, NDArray[np.float64]]:
        """Return the scale of the fit, and the values in it."""
        return read_values(y, metric)
