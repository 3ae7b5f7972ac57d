"""LightGBM with a closed constructor, safe column names and plain labels."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.models.boosting.aligned_tables import (
    CodedRows,
    align_categories,
    as_codes,
    coded_rows,
    fill_new_gaps,
    read_table,
    refuse_one_row,
    remember_categories,
    remember_medians,
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
    NOT_NEGATIVE,
    POSITIVE,
    SEVERAL,
    SHARE,
    Limits,
    one_of,
    whole,
)

QUIET = {"verbosity": -1, "deterministic": True, "force_col_wise": True}
# The libraries' own names, aliases included.
BOOSTINGS = ("gbdt", "gbrt", "rf", "random_forest", "dart", "goss")
SAMPLINGS = ("bagging", "goss")
DEVICES = ("cpu", "gpu", "cuda")
FEW = 100  # rows that are sooner handed over as an array
MOVABLE = (None, "regression", "l2", "regression_l1", "l1", "huber", "quantile")


class _LightGBM(BoostedMixin, BaseEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {
        "boosting_type": [one_of(BOOSTINGS)],
        "data_sample_strategy": [one_of(SAMPLINGS)],
        "device": [one_of(DEVICES), None],
        "n_estimators": [COUNT],
        "learning_rate": [POSITIVE],
        "num_leaves": [whole(2, 131072)],
        "subsample": [SHARE],
        "colsample_bytree": [SHARE],
        "colsample_bynode": [SHARE],
        "reg_alpha": [NOT_NEGATIVE],
        "reg_lambda": [NOT_NEGATIVE],
        "max_bin": [SEVERAL],
    }

    def __init__(
        self,
        boosting_type: str = "gbdt",
        n_estimators: int = 500,
        learning_rate: float = 0.04,
        num_leaves: int = 31,
        max_depth: int = -1,
        min_child_samples: int = 20,
        min_child_weight: float = 1e-3,
        subsample: float = 0.9,
        subsample_freq: int = 1,
        colsample_bytree: float = 0.6,
        colsample_bynode: float = 1.0,
        reg_alpha: float = 0.0,
        reg_lambda: float = 0.0,
        min_split_gain: float = 0.0,
        extra_trees: bool = False,
        data_sample_strategy: str = "bagging",
        drop_rate: float = 0.1,
        linear_tree: bool = False,
        path_smooth: float = 0.0,
        max_bin: int = 255,
        max_cat_to_onehot: int = 4,
        min_data_per_group: int = 100,
        cat_smooth: float = 10.0,
        cat_l2: float = 10.0,
        objective: str | None = None,
        device: str | None = None,
        n_jobs: int = 1,
        random_state: int | None = None,
    ):
        self.boosting_type = boosting_type
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.max_depth = max_depth
        self.min_child_samples = min_child_samples
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.subsample_freq = subsample_freq
        self.colsample_bytree = colsample_bytree
        self.colsample_bynode = colsample_bynode
        self.reg_alpha = reg_alpha
        self.reg_lambda = reg_lambda
        self.min_split_gain = min_split_gain
        self.extra_trees = extra_trees
        self.data_sample_strategy = data_sample_strategy
        self.drop_rate = drop_rate
        self.linear_tree = linear_tree
        self.path_smooth = path_smooth
        self.max_bin = max_bin
        self.max_cat_to_onehot = max_cat_to_onehot
        self.min_data_per_group = min_data_per_group
        self.cat_smooth = cat_smooth
        self.cat_l2 = cat_l2
        self.objective = objective
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return X with numbered columns and the training rows' categories."""
        X = read_table(self, X, reset)
        if reset:
            self.categories_ = remember_categories(X)
        X = align_categories(X, self.categories_)
        if reset:
            self.medians_ = remember_medians(X)
        return fill_new_gaps(X, self.medians_)

    def _train(
        self, X: MatrixLike, y: Array, weight: Array | None, **changes: object
    ) -> Any:
        """Return a booster trained on what `_read` and `_targets` returned."""
        params = {**self.get_params(deep=False), **self._objective(), **changes}
        rounds = params.pop("n_estimators")
        valid, callbacks = params.pop("valid", None), params.pop("callbacks", None)
        margin = params.pop("margin", None)
        own = own_objective(self.objective)
        if own is not None:
            params |= {"objective": _own_slopes(own), "metric": "none"}
        rows = lightgbm.Dataset(
            X, y, weight=weight, init_score=margin, free_raw_data=False
        )
        return lightgbm.train(
            {**{k: v for k, v in params.items() if v is not None}, **QUIET},
            rows,
            num_boost_round=rounds,
            valid_sets=valid and [_valid_set(valid, rows)],
            feval=None if own is None else _own_loss(own, self._kind_of_task),
            callbacks=callbacks,
        )

    def _fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> None:
        targets = self._targets(y)
        X, margin = self._begun(X)
        rows = self._read(X, reset=True)
        refuse_one_row(len(targets))
        weights = check_weights(sample_weight, len(targets))
        margin = self._started(own_objective(self.objective), targets, weights, margin)
        self.booster_ = self._train(rows, targets, weights, margin=margin)

    def fit_watched(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        valid: Valid,
        look: Look,
    ) -> Self:
        """Fit, and look at valid rows after every round; see `watched_fit`."""
        targets = self._targets(y)
        X, margin = self._begun(X)
        rows = self._read(X, reset=True)
        weights = check_weights(sample_weight, len(targets))
        margin = self._started(own_objective(self.objective), targets, weights, margin)

        def after_round(env: Any) -> None:
            if look(env.iteration + 1, env.evaluation_result_list[0][2]):
                raise lightgbm.callback.EarlyStopException(env.iteration, [])

        watched = {
            "valid": self._valid(*valid),
            "callbacks": [after_round],
            "margin": margin,
        }
        self.booster_ = self._train(rows, targets, weights, **watched)
        return self

    def _predictions(self, X: Any) -> NDArray[np.float64]:
        """Return what the fitted booster gives, single-threaded by default."""
        check_is_fitted(self)
        X, margin = self._begun(X)
        rows = self._rows(X)
        margin = self._margin(
            margin, len(rows) if hasattr(rows, "iloc") else rows.shape[0]
        )
        raw = self.booster_.predict(
            rows,
            raw_score=margin is not None,
            num_threads=self.n_jobs,
            validate_features=False,
        )
        if margin is None:
            return raw
        raw = raw + margin
        return raw if self._kind_of_task == "regression" else probabilities_of(raw)

    def _rows(self, X: Any) -> Any:
        """Return rows to predict as the booster reads them."""
        if isinstance(X, CodedRows):
            return X.values
        X = read_table(self, X, reset=False)
        if isinstance(X, pd.DataFrame) and len(X) <= FEW:
            return as_codes(X, self.categories_, self.medians_)
        return fill_new_gaps(align_categories(X, self.categories_), self.medians_)

    def coded(self, parts: Sequence[Any]) -> CodedRows | None:
        """Return a few rows as ``predict`` takes them too, from parts of a frame.

        None where parts have to become a frame; see `coded_rows`.
        """
        check_is_fitted(self)
        return coded_rows(parts, self.categories_, self.medians_)


class LightGBMClassifier(BoostedClassifierMixin, _LightGBM):
    """Classify with LightGBM's boosted trees.

    The parameters are LightGBM's, with its defaults except for slower learning and
    the sampling of rows and columns. Frames may hold ``category`` columns, which are
    split natively; categories unseen in training count as missing.

    Attributes
    ----------
    classes_ : ndarray
    booster_ : lightgbm.Booster
    categories_ : dict of column position to the categories seen in training

    Examples
    --------
    >>> from ensemble_kit.models.boosting.lightgbm_boosting import LightGBMClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 20, [0, 0, 1, 1] * 20
    >>> LightGBMClassifier(n_estimators=20).fit(X, y).predict([[0.5], [2.5]]).tolist()
    [0, 1]
    """

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        proba = self._predictions(X)
        return proba if proba.ndim == 2 else np.column_stack([1 - proba, proba])

    def _objective(self) -> dict[str, Any]:
        n_classes = len(self.classes_)
        if n_classes == 2:
            return {"objective": self.objective or "binary"}
        return {"objective": self.objective or "multiclass", "num_class": n_classes}


class LightGBMRegressor(RegressorMixin, _LightGBM):
    """Predict numbers with LightGBM's boosted trees.

    The parameters are LightGBM's; see `LightGBMClassifier`.

    Attributes
    ----------
    shift_ : float
        What is taken off the target before trees that may be dropped are grown.

    Examples
    --------
    >>> from ensemble_kit.models.boosting.lightgbm_boosting import LightGBMRegressor
    >>> X, y = [[0.0], [1.0]] * 40, [0.0, 10.0] * 40
    >>> LightGBMRegressor(n_estimators=200).fit(X, y).predict([[1.0]]).round(1)
    array([10.])
    """

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        return self._predictions(X) + self.shift_

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        y = number_target(y)
        # Trees that are dropped take their part of the first constant with them.
        is_moved = self.boosting_type == "dart" and self.objective in MOVABLE
        self.shift_ = float(np.mean(y)) if is_moved else 0.0
        return y - self.shift_

    def _objective(self) -> dict[str, Any]:
        return {"objective": self.objective or "regression"}


def _own_slopes(own: OwnObjective) -> Any:
    """Return an objective as LightGBM calls it."""
    return lambda raw, rows: own.slopes(rows.get_label(), raw, rows.get_weight())


def _own_loss(own: OwnObjective, kind: str) -> Any:
    """Return the loss of valid rows as LightGBM asks for it."""

    def loss(raw: Array, rows: lightgbm.Dataset) -> tuple[str, float, bool]:
        y: Any = rows.get_label()
        weight: Any = rows.get_weight()
        return own.name, own.mean_loss(y, raw, weight, kind), False

    return loss


def _valid_set(
    valid: tuple[MatrixLike, Array, Array | None, Array | None],
    rows: lightgbm.Dataset,
) -> lightgbm.Dataset:
    """Return valid rows, binned as the training rows are."""
    X, y, weight, margin = valid
    return lightgbm.Dataset(X, y, weight=weight, init_score=margin, reference=rows)
