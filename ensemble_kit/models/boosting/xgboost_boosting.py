"""XGBoost with a closed constructor, plain labels and safe unseen categories."""

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.exceptions import require
from ensemble_kit.models.boosting.aligned_tables import (
    align_categories,
    read_table,
    remember_categories,
)
from ensemble_kit.models.boosting.boosted_mixins import (
    BoostedClassifierMixin,
    BoostedMixin,
)
from ensemble_kit.models.boosting.margins import probabilities_of
from ensemble_kit.models.boosting.own_objectives import OwnObjective, own_objective
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.models.probes.watched_fit import Look, Valid
from ensemble_kit.models.target_scale import number_target
from ensemble_kit.parameter_limits import (
    COUNT,
    COUNT_OR_NONE,
    NOT_NEGATIVE,
    SEVERAL,
    SHARE,
    Limits,
    one_of,
)

# XGBoost refuses a column of categories that has none, as a fold may meet.
NO_CATEGORY = pd.Index(["none"])


GROWTHS = ("depthwise", "lossguide")


class _XGBoost(BoostedMixin, BaseEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {
        "grow_policy": [one_of(GROWTHS)],
        "n_estimators": [COUNT],
        "learning_rate": [NOT_NEGATIVE],
        "max_depth": [COUNT_OR_NONE],
        "max_leaves": [COUNT_OR_NONE],
        "min_child_weight": [NOT_NEGATIVE],
        "subsample": [SHARE],
        "colsample_bytree": [SHARE],
        "colsample_bylevel": [SHARE],
        "colsample_bynode": [SHARE],
        "reg_alpha": [NOT_NEGATIVE],
        "reg_lambda": [NOT_NEGATIVE],
        "gamma": [NOT_NEGATIVE],
        "max_bin": [SEVERAL],
    }

    def __init__(
        self,
        n_estimators: int = 500,
        learning_rate: float = 0.05,
        max_depth: int = 6,
        max_leaves: int = 0,
        grow_policy: str = "depthwise",
        min_child_weight: float = 1.0,
        subsample: float = 0.8,
        colsample_bytree: float = 0.6,
        colsample_bylevel: float = 1.0,
        colsample_bynode: float = 1.0,
        reg_alpha: float = 0.0,
        reg_lambda: float = 1.0,
        gamma: float = 0.0,
        max_bin: int = 256,
        max_cat_to_onehot: int = 4,
        max_cat_threshold: int = 64,
        num_parallel_tree: int = 1,
        objective: str | None = None,
        device: str | None = None,
        n_jobs: int = 1,
        random_state: int | None = None,
    ):
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.max_leaves = max_leaves
        self.grow_policy = grow_policy
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.colsample_bylevel = colsample_bylevel
        self.colsample_bynode = colsample_bynode
        self.reg_alpha = reg_alpha
        self.reg_lambda = reg_lambda
        self.gamma = gamma
        self.max_bin = max_bin
        self.max_cat_to_onehot = max_cat_to_onehot
        self.max_cat_threshold = max_cat_threshold
        self.num_parallel_tree = num_parallel_tree
        self.objective = objective
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return X with numbered columns and the training rows' categories."""
        X = read_table(self, X, reset)
        if reset:
            self.categories_ = {
                place: names if len(names) else NO_CATEGORY
                for place, names in remember_categories(X).items()
            }
        return align_categories(X, self.categories_)

    def _library(self, **changes: object) -> Any:
        """Return the library's own unfitted estimator."""
        xgboost = require("xgboost", extra="boosting")
        params = {**self.get_params(deep=False), **changes}
        own = own_objective(self.objective)
        if own is not None:
            params["objective"] = _own_slopes(own)
        return getattr(xgboost, self._kind)(
            **{name: value for name, value in params.items() if value is not None},
            tree_method="hist",
            enable_categorical=True,
            verbosity=0,
        )

    def _fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> None:
        targets = self._targets(y)
        X, margin = self._begun(X)
        rows = self._read(X, reset=True)
        weights = check_weights(sample_weight, len(targets))
        margin = self._started(own_objective(self.objective), targets, weights, margin)
        model = self._library().fit(
            rows, targets, sample_weight=weights, base_margin=margin
        )
        self.booster_ = model.get_booster()

    def fit_watched(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        valid: Valid,
        look: Look,
    ) -> Self:
        """Fit, and look at valid rows after every round; see `watched_fit`."""
        xgboost = require("xgboost", extra="boosting")

        callback: Any = xgboost.callback.TrainingCallback

        class AfterRound(callback):
            def after_iteration(self, _model: Any, epoch: int, evals_log: Any) -> bool:
                (losses,) = evals_log["validation_0"].values()
                return look(epoch + 1, losses[-1])

        targets = self._targets(y)
        X, margin = self._begun(X)
        X = self._read(X, reset=True)
        own = own_objective(self.objective)
        margin = self._started(
            own, targets, check_weights(sample_weight, len(targets)), margin
        )
        *rows, weight, judged = self._valid(*valid)
        changes = {} if own is None else _own_loss(own, weight, self._kind_of_task)
        model = self._library(callbacks=[AfterRound()], **changes).fit(
            X,
            targets,
            sample_weight=sample_weight,
            base_margin=margin,
            base_margin_eval_set=None if judged is None else [judged],
            eval_set=[rows],
            sample_weight_eval_set=None if weight is None else [weight],
            verbose=False,
        )
        self.booster_ = model.get_booster()
        return self

    def _predictions(self, X: Any) -> NDArray[np.float64]:
        """Return what the fitted booster gives."""
        check_is_fitted(self)
        xgboost = require("xgboost", extra="boosting")
        X, margin = self._begun(X)
        table = self._read(X)
        rows = xgboost.DMatrix(
            table,
            base_margin=self._margin(margin, table.shape[0]),
            enable_categorical=True,
            nthread=self.n_jobs,
        )
        is_own = hasattr(self, "start_")
        predictions = self.booster_.predict(
            rows, output_margin=is_own, validate_features=False
        ).astype(np.float64)
        is_raw = is_own and self._kind_of_task != "regression"
        return probabilities_of(predictions) if is_raw else predictions


def _own_slopes(own: OwnObjective) -> Any:
    """Return an objective as XGBoost calls it."""

    def slopes(y: Any, raw: Any, sample_weight: Any = None) -> Any:
        return own.slopes(np.asarray(y), np.asarray(raw), sample_weight)

    return slopes


def _own_loss(own: OwnObjective, weight: Any, kind: str) -> dict[str, Any]:
    """Return what lets XGBoost ask for the loss of valid rows."""

    def own_loss(y: Any, raw: Any) -> float:
        return own.mean_loss(np.asarray(y), np.asarray(raw), weight, kind)

    return {"eval_metric": own_loss, "disable_default_eval_metric": True}


class XGBoostClassifier(BoostedClassifierMixin, _XGBoost):
    """Classify with XGBoost's histogram trees.

    The parameters are XGBoost's, with its defaults except for slower learning and the
    sampling of rows and columns. Frames may hold ``category`` columns, which are
    split natively; categories unseen in training count as missing.

    Attributes
    ----------
    classes_ : ndarray
    booster_ : xgboost.Booster
    categories_ : dict of column position to the categories seen in training

    Examples
    --------
    >>> from ensemble_kit.models.boosting.xgboost_boosting import XGBoostClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 20, [0, 0, 1, 1] * 20
    >>> XGBoostClassifier(n_estimators=20).fit(X, y).predict([[0.5], [2.5]]).tolist()
    [0, 1]
    """

    _kind = "XGBClassifier"

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        proba = self._predictions(X)
        if proba.ndim == 1:
            return np.column_stack([1 - proba, proba])
        return proba / proba.sum(axis=1, keepdims=True)


class XGBoostRegressor(RegressorMixin, _XGBoost):
    """Predict numbers with XGBoost's histogram trees.

    The parameters are XGBoost's; see `XGBoostClassifier`.

    Examples
    --------
    >>> from ensemble_kit.models.boosting.xgboost_boosting import XGBoostRegressor
    >>> X, y = [[0.0], [1.0]] * 40, [0.0, 10.0] * 40
    >>> XGBoostRegressor(n_estimators=200).fit(X, y).predict([[1.0]]).round(1)
    array([10.])
    """

    _kind = "XGBRegressor"

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        return self._predictions(X)

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        return number_target(y)
