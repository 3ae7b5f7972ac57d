"""Bagging around any estimator: seeds, bootstrap, columns, parameter jitter."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.exceptions import did_you_mean, problems
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    check_weights,
    encode_labels,
)
from ensemble_kit.models.target_scale import number_target
from ensemble_kit.parameter_limits import COUNT, POSITIVE, SHARE, Limits
from ensemble_kit.parameter_values import Constructor
from ensemble_kit.registry import load_object


class _Bagging(BaseEstimator):
    """What the classifier and the regressor share."""

    _default: ClassVar[BaseEstimator]

    _parameter_constraints: ClassVar[Limits] = {
        "n_members": [COUNT],
        "row_share": [POSITIVE],
        "column_share": [SHARE],
    }

    def __init__(
        self,
        estimator: BaseEstimator | str | None = None,
        n_members: int = 10,
        bootstrap: bool = True,
        row_share: float = 1.0,
        column_share: float = 1.0,
        jitter: Mapping[str, tuple[float, float]] | None = None,
        params: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        random_state: int | None = None,
    ):
        self.estimator = estimator
        self.n_members = n_members
        self.bootstrap = bootstrap
        self.row_share = row_share
        self.column_share = column_share
        self.jitter = jitter
        self.params = params
        self.n_jobs = n_jobs
        self.random_state = random_state

    @classmethod
    def inner_constructors(cls, params: Mapping[str, Any]) -> dict[str, Constructor]:
        """Return whose parameters a mapping is; see `ensemble_kit.parameter_values`."""
        given = params.get("estimator")
        if isinstance(given, str):
            return {"params": load_object(given)}
        return {"params": type(cls._default if given is None else given)}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = self._template().__sklearn_tags__().input_tags
        tags.input_tags.sparse = inner.sparse
        tags.input_tags.allow_nan = inner.allow_nan
        return tags

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return frames as they are, and arrays or CSR checked."""
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, skip_check_array=True, reset=reset)
            return X
        return validate_data(
            self,
            X,
            accept_sparse="csr",
            dtype=None,
            ensure_all_finite=False,
            reset=reset,
        )

    def _fit(
        self, X: MatrixLike, y: NDArray[Any], sample_weight: ArrayLike | None
    ) -> None:
        """Fit the members and predict the rows each one left out."""
        self._check_jitter()
        weights = check_weights(sample_weight, len(y))
        seeds = np.random.SeedSequence(self.random_state).generate_state(self.n_members)
        draws = [self._draw(X.shape, int(seed)) for seed in seeds]
        fits = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_member)(self._member(draw), X, y, weights, draw)
            for draw in draws
        )
        self.estimators_ = [member for member, _ in fits]
        self.columns_ = [draw["columns"] for draw in draws]
        left_out = [predicted for _, predicted in fits]
        self.oob_prediction_ = self._left_out(len(y), draws, left_out)

    def _draw(self, shape: tuple[int, int], seed: int) -> dict[str, Any]:
        """Return one member's rows, columns, parameters and seed."""
        rng = np.random.default_rng(seed)
        n_rows = max(1, round(self.row_share * shape[0]))
        n_columns = max(1, round(self.column_share * shape[1]))
        rows = rng.choice(shape[0], n_rows, replace=self.bootstrap)
        columns = np.sort(rng.choice(shape[1], n_columns, replace=False))
        return {
            "rows": rows if self.bootstrap or n_rows < shape[0] else np.sort(rows),
            "columns": None if n_columns == shape[1] else columns,
            "factors": {k: rng.uniform(*v) for k, v in (self.jitter or {}).items()},
            "seed": int(rng.integers(2**31 - 1)),
            "n_rows": shape[0],
        }

    def _template(self) -> Any:
        """Return the unfitted estimator that all members start from."""
        estimator = self._default if self.estimator is None else self.estimator
        if isinstance(estimator, str):
            estimator = load_object(estimator)()
        return clone(estimator).set_params(**(self.params or {}))

    def _check_jitter(self) -> None:
        """Refuse ranges of what is no number, all of them at once.

        Raises
        ------
        ValueError
        """
        template = self._template()
        known, kind = template.get_params(), type(template).__name__
        mistakes = [
            _jitter_mistake(name, known, kind) or _range_mistake(name, limits)
            for name, limits in (self.jitter or {}).items()
        ]
        if any(mistakes):
            raise ValueError(problems("jitter", list(filter(None, mistakes))))

    def _member(self, draw: Mapping[str, Any]) -> Any:
        """Return an unfitted member with its seed and its jittered parameters."""
        member = self._template()
        known = member.get_params()
        for name, factor in draw["factors"].items():
            value = known[name] * factor
            is_whole = isinstance(known[name], Integral)
            member.set_params(**{name: max(1, round(value)) if is_whole else value})
        seeds = [n for n in known if n.rpartition("__")[2] == "random_state"]
        return member.set_params(**dict.fromkeys(seeds, draw["seed"]))

    def _left_out(
        self, n_rows: int, draws: Sequence[Mapping[str, Any]], left_out: Sequence[Array]
    ) -> NDArray[np.float64]:
        """Return each row's mean prediction by members without it, NaN if none."""
        total = np.zeros((n_rows, self.n_outputs_))
        count = np.zeros(n_rows)
        for draw, predicted in zip(draws, left_out, strict=True):
            rows = unused_rows(draw)
            total[rows] += self._align(predicted) if len(rows) else 0.0
            count[rows] += 1
        mean = np.full_like(total, np.nan)
        np.divide(total, count[:, None], out=mean, where=count[:, None] > 0)
        return mean

    def _mean(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return the members' mean prediction of shape (n_rows, n_outputs)."""
        check_is_fitted(self)
        X = self._read(X)
        pairs = zip(self.estimators_, self.columns_, strict=True)
        members = [self._align(_predict(m, _columns(X, c))) for m, c in pairs]
        return np.mean(members, axis=0)


class BaggedClassifier(ProbabilityClassifierMixin, _Bagging):
    """Average copies of any classifier that differ by rows, columns or parameters.

    Parameters
    ----------
    estimator : estimator or "module:Class", optional
        A decision tree by default. A text is looked up and built with its defaults,
        so that pipeline files can name one.
    n_members : int
        Copies; each has a seed of its own.
    bootstrap : bool
        Whether each copy draws its rows with replacement. With False and
        ``row_share=1`` copies differ by seed, columns and jitter alone.
    row_share, column_share : float
        Shares of the rows and columns that each copy gets.
    jitter : dict of parameter to (low, high), optional
        Each copy multiplies these parameters by a factor drawn from the range. What
        is no number there (a tree's ``max_depth=None``) is refused: give it one by
        ``params`` first.
    params : dict, optional
        Parameters set on ``estimator`` first.
    n_jobs : int, optional
        Copies fitted at a time.
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray
    estimators_ : list
    oob_prediction_ : ndarray of shape (n_rows, n_classes)
        Mean probabilities by the copies that did not see the row; NaN where all did.
    oob_score_ : float
        Accuracy over the rows that some copy did not see; NaN without any.

    Examples
    --------
    >>> from ensemble_kit.models.bagging import BaggedClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, ["a", "a", "b", "b"] * 5
    >>> model = BaggedClassifier(random_state=0).fit(X, y)
    >>> model.predict([[0.2], [2.9]]).tolist(), model.oob_score_
    (['a', 'b'], 1.0)
    """

    _default = DecisionTreeClassifier()

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "BaggedClassifier":
        """Fit the copies to whatever the estimator takes, and labels."""
        check_consistent_length(X, y)
        X = self._read(X, reset=True)
        self.classes_, codes = encode_labels(y)
        self.n_outputs_ = len(self.classes_)
        self._fit(X, codes, sample_weight)
        seen = ~np.isnan(self.oob_prediction_[:, 0])
        best = self.oob_prediction_[seen].argmax(axis=1)
        score = accuracy_score(codes[seen], best) if seen.any() else np.nan
        self.oob_score_ = float(score)
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return mean probabilities of shape (n_rows, n_classes)."""
        return self._mean(X)

    def _align(self, predicted: tuple[Any, Any]) -> NDArray[np.float64]:
        """Return probabilities with a column for every class."""
        proba, classes = predicted
        aligned = np.zeros((len(proba), self.n_outputs_))
        aligned[:, classes] = proba
        return aligned


class BaggedRegressor(RegressorMixin, _Bagging):
    """Average copies of any regressor; see `BaggedClassifier`.

    Attributes
    ----------
    estimators_ : list
    oob_prediction_ : ndarray of shape (n_rows, 1)
    oob_score_ : float
        R2 over the rows that some copy did not see; NaN without any.
    """

    _default = DecisionTreeRegressor()

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "BaggedRegressor":
        """Fit the copies to whatever the estimator takes, and values."""
        check_consistent_length(X, y)
        X = self._read(X, reset=True)
        y = number_target(y)
        self.n_outputs_ = 1
        self._fit(X, y, sample_weight)
        seen = ~np.isnan(self.oob_prediction_[:, 0])
        enough = seen.sum() > 1
        score = r2_score(y[seen], self.oob_prediction_[seen, 0]) if enough else np.nan
        self.oob_score_ = float(score)
        return self

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        return self._mean(X)[:, 0]

    def _align(self, predicted: tuple[Any, Any]) -> NDArray[np.float64]:
        return np.reshape(predicted[0], (-1, 1)).astype(np.float64)


def _jitter_mistake(name: str, known: Mapping[str, Any], kind: str) -> str:
    """Return what is wrong with a parameter as one to multiply, or ""."""
    if name not in known:
        return f"{name}: {kind} has no such parameter{did_you_mean(name, known)}"
    value = known[name]
    if isinstance(value, Real) and not isinstance(value, bool):
        return ""
    return (
        f"{name}: {kind} has {value!r} there; expected a number that a factor can "
        f"multiply: give it one, by params={{{name!r}: ...}}"
    )


def _range_mistake(name: str, limits: Any) -> str:
    """Return what is wrong with the range of a factor, or ""."""
    with suppress(TypeError, ValueError):
        low, high = limits
        if 0 <= low <= high < np.inf:
            return ""
    return f"{name}: found {limits!r}; expected (low, high), factors of 0 or more"


def unused_rows(draw: Mapping[str, Any]) -> NDArray[np.int64]:
    """Return the rows that a draw left out."""
    used = np.zeros(draw["n_rows"], dtype=bool)
    used[draw["rows"]] = True
    return np.flatnonzero(~used)


def _fit_member(
    member: BaseEstimator,
    X: MatrixLike,
    y: Array,
    weights: Array | None,
    draw: Mapping[str, Any],
) -> Any:
    """Return a fitted member and its predictions of the rows it left out."""
    X, rows = _columns(X, draw["columns"]), draw["rows"]
    extra = {} if weights is None else {"sample_weight": weights[rows]}
    member.fit(_rows(X, rows), y[rows], **extra)
    unused = unused_rows(draw)
    return member, _predict(member, _rows(X, unused)) if len(unused) else None


def _predict(member: BaseEstimator, X: MatrixLike) -> tuple[Any, Any]:
    """Return probabilities and their classes, or values and None."""
    if hasattr(member, "classes_"):
        return member.predict_proba(X), member.classes_
    return member.predict(X), None


def _rows(X: MatrixLike, rows: NDArray[np.int64]) -> Any:
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]


def _columns(X: MatrixLike, columns: NDArray[np.int64] | None) -> Any:
    if columns is None:
        return X
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, columns]
    if isinstance(X, sparse.spmatrix | sparse.sparray):
        return X.tocsc()[:, columns].tocsr()
    return X[:, columns]
