"""A stack of classifiers with scikit-learn's face."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from ensemble_kit.metrics import Metric
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.scores.submission_choice import fit_decision
from ensemble_kit.stacking.inputs.reading_targets import read_labels
from ensemble_kit.stacking.several_targets import n_targets
from ensemble_kit.stacking.stacked_estimator import StackedEstimator
from ensemble_kit.tasks import Task

SMALLEST = 1e-15


def has_decisions(stack: Any) -> bool:
    """Return whether decision values mean something, or raise saying whose are gone."""
    final = stack.final
    if not isinstance(final, str | Member):
        _ = final.decision_function  # its AttributeError names the model
    return not hasattr(stack, "targets_")


@dataclass(eq=False, repr=False)
class StackedClassifier(ClassifierMixin, StackedEstimator):
    """Fit members on folds, and a final model on what they predict for other rows.

    The engine is that of ``ensemble-kit submit``: the same members, folds and seed
    give the same predictions, to the last bit. Nothing is left on disk.

    As a step of a pipeline it hands on its members' predictions: ``fit_transform``
    those of rows they were not fitted on (``oof_``), ``transform`` those of later rows.
    A target of several columns is fitted column by column on the same folds.

    Parameters
    ----------
    members : sequence, str or Pipeline
        A pipeline's name ("quick", "best"), file or object, which has levels of its own
        in place of ``final``, ``original`` and ``test``; ``cv`` as a number is that of
        its folds, ``random_state`` its seed. Or a sequence, each a model's name
        (``ensemble-kit models``), an estimator, (name, model) or (name, model,
        features); or a dict of models by name. A model is a name or any estimator
        (`ensemble_kit.stacking.members.member_kinds` says what becomes of each), or
        "drop". Features are the name of a feature set, a transformer, or "raw" for the
        columns as they are; by default what the model likes, and "raw" for estimators.
    final : str or estimator
        The model of level 2. Blends take the predictions alone.
    original : str or transformer, optional
        Features put beside the predictions, for a final model that is no blend;
        "raw" for the columns as they are.
    cv : int, splitter, iterable of pairs or "prefit"
        With an int: shuffled stratified folds, or folds of whole groups. With one pair
        of rows, ``[(A, B)]``: the members learn from A and predict B and later rows,
        the final model learns from B. With "prefit" the members are fitted already,
        on other rows, and only the final model is fitted.
    test : {"mean", "refit"}
        Predictions of later rows as the mean over the models of the folds, or by one
        model per member fitted on all rows.
    metric : str
        What blends are steered by and the leaderboard shows
        (``ensemble-kit metrics``). A metric of labels also decides `predict`: its
        threshold or class weights come from the out-of-fold predictions.
    method : {"auto", "predict_proba", "decision_function", "predict"}
        What is taken of classifiers that are handed over: with "auto" the first of
        these that one has.
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
        The string columns that are text; the others are categories. By default the
        columns that read like text. Categories of dtype ``category`` stay what they
        are.
    n_jobs : int, optional
        Worker processes, one thread each.
    random_state : int, RandomState or None
    verbose : bool
        Whether a table shows what goes on. Ctrl-C then keeps the members that are
        done, and a second one stops at once.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    oof_ : OOFMatrix
        The members' predictions of the training rows by models that have not seen
        them, of shape (n_rows, n_members, n_classes).
    oof_predictions_ : ndarray of shape (n_rows, n_classes)
        The same of the final model.
    leaderboard_ : DataFrame
        Scores on those predictions, the best first; spread is the standard deviation
        over folds.
    models_ : dict of str to list
        The fitted estimators of every member, one per fold, or one in all.
    named_members_, estimators_, final_
        The same of level 1 by name and in a row, and of the final model.
    weights_ : Series
        Of each member, where the final model is a blend that weights them.
    folds_ : Folds
    fold_scores_ : DataFrame of members by folds
    threshold_ : float or None
        Where two classes are decided by one.
    targets_ : list of StackedClassifier
        For a target of several columns, and none of the above.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        For a DataFrame.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = load_iris(return_X_y=True)
    >>> stack = StackedClassifier(
    ...     members=["logistic_regression", ("bayes", GaussianNB())],
    ...     final="convex_blend",
    ...     cv=3,
    ...     random_state=0,
    ... )
    >>> stack.fit(X, y).predict(X[:2]).tolist()
    [0, 0]
    >>> stack.oof_.members
    ('logistic_regression', 'bayes')
    """

    members: Sequence[Any] = ("lightgbm", "extra_trees", "logistic_regression")
    final: Any = "logit_blend"
    metric: str = field(default="log_loss", kw_only=True)
    method: str = field(default="auto", kw_only=True)

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        **params: Any,
    ) -> "StackedClassifier":
        """Fit every member on every fold, then the final model.

        Parameters
        ----------
        X : DataFrame, array or sparse matrix of shape (n_rows, n_columns), or texts
            The dtypes of a frame say what its columns are; tables of polars, pyarrow
            and others are taken as frames, a list, array or Series of strings as one
            column of texts. A sparse matrix needs members that take one.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional
            For the members that take weights, what their probes find, the blend, the
            labels and the scores. A row of weight 0 is as one that is not there: it
            is in no fold, and NaN in ``oof_``.
        groups : array-like of shape (n_rows,), optional
            Rows of one group are never on both sides of a fold.
        **params
            Metadata that members ask for, where scikit-learn routes it.

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
        self._decide(*self._fit(X, y, sample_weight, groups, metadata))
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, the mean over the fold models.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            For several targets a list of them.
        """
        if hasattr(self, "targets_"):
            return [stack.predict_proba(X) for stack in self.targets_]
        return self._outputs(X)

    def predict(self, X: Any, **params: Any) -> NDArray[Any]:
        """Return the label of each row, as the metric rewards it.

        ``params`` go to the ``predict`` of the final model, whose labels they are
        then; it has to be one (``test="refit"``).
        """
        if hasattr(self, "targets_"):
            return self._predict_targets(X, params)
        if params:
            final, columns = self._final_columns(X)
            return self.classes_[np.asarray(final.predict(columns, **params), np.intp)]
        probabilities = self.predict_proba(X)
        if self._decision is None:
            return self.classes_[probabilities.argmax(axis=1)]
        return self.classes_[self._decision.predict(probabilities)]

    @available_if(has_decisions)
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the log-odds of the second of two classes, or the log-probabilities.

        There is one where the final model is a name, or has one itself.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
        """
        logs = np.log(np.clip(self._outputs(X), SMALLEST, 1.0))
        return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs

    def _decide(
        self, target: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> None:
        """Fit the labels of probabilities on out-of-fold rows."""
        oof = self.oof_predictions_
        self._decision = fit_decision(self.metric, oof, target, weights)
        self.threshold_ = getattr(self._decision, "threshold_", None)

    def _read_target(
        self, y: ArrayLike, metric: Metric
    ) -> tuple[Task, NDArray[np.int64]]:
        """Return the kind of task, and the labels as class numbers."""
        task, self.classes_, codes = read_labels(y)
        return task, codes
