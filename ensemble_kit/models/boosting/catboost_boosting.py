"""CatBoost with native categories and texts from the dtypes of a frame."""

import warnings
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.exceptions import require
from ensemble_kit.models.boosting.aligned_tables import (
    as_numbers,
    category_codes,
    read_table,
    refuse_one_row,
    remember_categories,
)
from ensemble_kit.models.boosting.boosted_mixins import (
    BoostedClassifierMixin,
    BoostedMixin,
)
from ensemble_kit.models.boosting.catboost_bytes import model_from_bytes, model_to_bytes
from ensemble_kit.models.boosting.catboost_texts import as_text, text_positions
from ensemble_kit.models.boosting.margins import probabilities_of
from ensemble_kit.models.boosting.own_objectives import OwnObjective, own_objective
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.models.probes.watched_fit import Look, Valid
from ensemble_kit.models.target_scale import number_target
from ensemble_kit.parameter_limits import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    Limits,
    one_of,
    whole,
)

BOOSTINGS = ("Ordered", "Plain")
GROWTHS = ("SymmetricTree", "Depthwise", "Lossguide")
BOOTSTRAPS = ("Bayesian", "Bernoulli", "MVS", "Poisson", "No")
TASK_TYPES = ("CPU", "GPU")


class _CatBoost(BoostedMixin, BaseEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {
        "boosting_type": [one_of(BOOSTINGS)],
        "grow_policy": [one_of(GROWTHS)],
        "bootstrap_type": [one_of(BOOTSTRAPS), None],
        "task_type": [one_of(TASK_TYPES), None],
        "iterations": [COUNT],
        "learning_rate": [POSITIVE],
        "depth": [whole(1, 16)],
        "l2_leaf_reg": [NOT_NEGATIVE],
        "subsample": [SHARE, None],
        "rsm": [SHARE],
        "border_count": [whole(1, 65535)],
    }

    def __init__(
        self,
        iterations: int = 500,
        learning_rate: float = 0.06,
        depth: int = 6,
        l2_leaf_reg: float = 3.0,
        boosting_type: str = "Plain",
        grow_policy: str = "SymmetricTree",
        bootstrap_type: str | None = None,
        subsample: float | None = None,
        bagging_temperature: float | None = None,
        rsm: float = 0.5,
        random_strength: float = 1.0,
        min_data_in_leaf: int = 1,
        border_count: int = 254,
        one_hot_max_size: int | None = 16,
        max_ctr_complexity: int | None = 2,
        leaf_estimation_iterations: int | None = None,
        loss_function: str | None = None,
        text_columns: bool = True,
        task_type: str | None = None,
        thread_count: int = 1,
        random_state: int | None = None,
    ):
        self.iterations = iterations
        self.learning_rate = learning_rate
        self.depth = depth
        self.l2_leaf_reg = l2_leaf_reg
        self.boosting_type = boosting_type
        self.grow_policy = grow_policy
        self.bootstrap_type = bootstrap_type
        self.subsample = subsample
        self.bagging_temperature = bagging_temperature
        self.rsm = rsm
        self.random_strength = random_strength
        self.min_data_in_leaf = min_data_in_leaf
        self.border_count = border_count
        self.one_hot_max_size = one_hot_max_size
        self.max_ctr_complexity = max_ctr_complexity
        self.leaf_estimation_iterations = leaf_estimation_iterations
        self.loss_function = loss_function
        self.text_columns = text_columns
        self.task_type = task_type
        self.thread_count = thread_count
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return X as numbers, category numbers and texts, columns numbered."""
        X = read_table(self, X, reset)
        if reset:
            self.text_ = text_positions(X) if self.text_columns else []
            self.categories_ = {
                position: categories
                for position, categories in remember_categories(X).items()
                if position not in self.text_
            }
        return X if not isinstance(X, pd.DataFrame) else self._columns(X)

    def _columns(self, X: pd.DataFrame) -> pd.DataFrame:
        columns: dict[str, Any] = {}
        for position in range(X.shape[1]):
            column = X.iloc[:, position]
            if position in self.text_:
                columns[str(position)] = as_text(column)
            elif position in self.categories_:
                columns[str(position)] = _codes(column, self.categories_[position])
            else:
                columns[str(position)] = as_numbers(column)
        return pd.DataFrame(columns)

    def _pool(
        self,
        X: MatrixLike,
        y: Array | None = None,
        weight: Array | None = None,
        margin: Array | None = None,
    ) -> Any:
        """Return CatBoost's table, as fit and probe both take it."""
        catboost = require("catboost", extra="boosting")
        if sparse.issparse(X):
            X = sparse.csr_matrix(X, dtype=np.float32)
            X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
        return catboost.Pool(
            X,
            y,
            cat_features=[str(p) for p in self.categories_] or None,
            text_features=[str(p) for p in self.text_] or None,
            weight=weight,
            baseline=margin,
            thread_count=self.thread_count,
        )

    def _library(self, **changes: object) -> Any:
        """Return the library's own unfitted estimator, which leaves no files."""
        catboost = require("catboost", extra="boosting")
        params = {**self.get_params(deep=False), **changes}
        params = {name: v for name, v in params.items() if v is not None}
        params.pop("text_columns")
        own = own_objective(self.loss_function)
        if own is not None:
            params["loss_function"] = _OwnLoss(own)
            params["eval_metric"] = _OwnMetric(own, self._kind_of_task)
        if self.task_type == "GPU":
            params = _on_gpu(params)
        params["random_seed"] = params.pop("random_state", 0)
        return getattr(catboost, self._kind)(
            **params, allow_writing_files=False, logging_level="Silent"
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with the library's model in its own format.

        CatBoost 1.2 loses the text features of a model that is pickled twice, and
        then crashes.
        """
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = model_to_bytes(state["model_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "model_" in state:
            model = model_from_bytes(self._kind, state["model_"])
            state = {**state, "model_": model}
        super().__setstate__(state)

    def _fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> None:
        targets = self._targets(y)
        X, margin = self._begun(X)
        rows = self._read(X, reset=True)
        refuse_one_row(len(targets))
        weights = check_weights(sample_weight, len(targets))
        margin = self._started(
            own_objective(self.loss_function), targets, weights, margin
        )
        self.model_ = self._library()
        self._train(self._pool(rows, targets, weights, margin))

    def fit_watched(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        valid: Valid,
        look: Look,
    ) -> Self:
        """Fit, and look at valid rows after every round; see `watched_fit`."""

        class AfterRound:
            def after_iteration(self, info: Any) -> bool:
                losses = next(iter(info.metrics["validation"].values()))
                return not look(info.iteration, losses[-1])

        targets = self._targets(y)
        X, margin = self._begun(X)
        rows = self._read(X, reset=True)
        weights = check_weights(sample_weight, len(targets))
        margin = self._started(
            own_objective(self.loss_function), targets, weights, margin
        )
        pool, judged = (
            self._pool(rows, targets, weights, margin),
            self._pool(*self._valid(*valid)),
        )
        self.model_ = self._library(use_best_model=False)
        self._train(pool, eval_set=judged, callbacks=[AfterRound()])
        return self

    def _train(self, pool: Any, **more: object) -> None:
        """Train the library's model."""
        with warnings.catch_warnings():
            # It would compile a user's own objective, and does without.
            warnings.filterwarnings("ignore", message=".*numba", category=UserWarning)
            self.model_.fit(pool, **more)


class CatBoostClassifier(BoostedClassifierMixin, _CatBoost):
    """Classify with CatBoost.

    In a frame, ``category`` columns are encoded by CatBoost's ordered target
    statistics and string columns by its text features (``text_columns=False`` takes
    them as categories, and so are columns in which no two words ever follow each
    other three times). The other parameters are CatBoost's.

    Attributes
    ----------
    classes_ : ndarray
    model_ : catboost.CatBoostClassifier
    categories_ : dict of column position to the categories seen in training
    text_ : list of positions of the text columns

    Examples
    --------
    >>> from ensemble_kit.models.boosting.catboost_boosting import CatBoostClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 20, [0, 0, 1, 1] * 20
    >>> CatBoostClassifier(iterations=20).fit(X, y).predict([[0.5], [2.5]]).tolist()
    [0, 1]
    """

    _kind = "CatBoostClassifier"

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X, margin = self._begun(X)
        pool = self._pool(self._read(X))
        margin = self._margin(margin, pool.num_row())
        if margin is None:
            return self.model_.predict_proba(pool, thread_count=self.thread_count)
        raw = self.model_.predict(
            pool, prediction_type="RawFormulaVal", thread_count=self.thread_count
        )
        return probabilities_of(np.asarray(raw) + margin)


class CatBoostRegressor(RegressorMixin, _CatBoost):
    """Predict numbers with CatBoost; see `CatBoostClassifier` for the columns.

    Examples
    --------
    >>> from ensemble_kit.models.boosting.catboost_boosting import CatBoostRegressor
    >>> X, y = [[0.0], [1.0]] * 40, [0.0, 10.0] * 40
    >>> CatBoostRegressor(iterations=400).fit(X, y).predict([[1.0]]).round(1)
    array([10.])
    """

    _kind = "CatBoostRegressor"

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        check_is_fitted(self)
        pool = self._pool(self._read(X))
        values = self.model_.predict(pool, thread_count=self.thread_count)
        start = getattr(self, "start_", None)
        return values if start is None else values + start

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        return number_target(y)


class _OwnLoss:
    """An objective as CatBoost calls it: what is maximised, so the other way round."""

    def __init__(self, own: OwnObjective):
        self.own = own

    def calc_ders_range(
        self, approxes: Any, targets: Any, weights: Any
    ) -> list[tuple[float, float]]:
        """Return both derivatives of each row."""
        weight = None if weights is None else np.array(weights)
        y, raw = np.array(targets), np.array(approxes)
        gradient, hessian = self.own.slopes(y, raw, weight)
        return list(zip((-gradient).tolist(), (-hessian).tolist(), strict=True))


class _OwnMetric:
    """The loss of valid rows as CatBoost asks for it."""

    def __init__(self, own: OwnObjective, kind: str):
        self.own = own
        self.kind = kind

    def is_max_optimal(self) -> bool:
        """Return that less is better."""
        return False

    def get_final_error(self, error: float, weight: float) -> float:
        """Return the mean."""
        return error / weight if weight else 0.0

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """Return the weighted sum of losses, and of weights."""
        y, raw = np.array(target), np.array(approxes[0])
        weights = np.ones(len(y)) if weight is None else np.array(weight)
        mean = self.own.mean_loss(y, raw, weights, self.kind)
        return mean * float(weights.sum()), float(weights.sum())


def _on_gpu(params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters without what CatBoost takes on a CPU alone.

    A GPU samples no columns, and has another bootstrap by default, which takes no
    share of the rows.
    """
    params.pop("rsm", None)
    if "subsample" in params:
        params.setdefault("bootstrap_type", "Bernoulli")
    return params


def _codes(column: pd.Series, categories: pd.Index) -> NDArray[np.int64]:
    """Return category numbers; -1 stands for missing, -2 for unseen in training."""
    codes = category_codes(column, categories)
    return np.where((codes < 0) & column.notna(), -2, codes).astype(np.int64)
