"""Estimators and transformers that a user hands over, in place of names."""

import inspect
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import InputTags, get_tags
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.hashing import derive_seed
from ensemble_kit.model_spec import UNMEASURED, ModelSpec
from ensemble_kit.pipeline.member import (
    Member,
    ModelFacts,
    Recipe,
    TransformerFacts,
    library_versions,
)

PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class GivenMember(Member):
    """A member whose model is an estimator, found by its token in the workspace.

    Parameters
    ----------
    token : str
        Unique within a run; ``model`` is the estimator's class name.
    accepts : tuple of str
        As in `ModelSpec`.
    as_array : bool
        Whether frames are handed to it as arrays.
    """

    token: str = ""
    accepts: tuple[str, ...] = ()
    as_array: bool = False

    @property
    def spec(self) -> ModelSpec:
        """Return an entry that stands for the estimator; it is never built from it."""
        return ModelSpec(
            name=self.model,
            family="given",
            classifier="builtins:object",
            regressor="builtins:object",
            accepts=frozenset(self.accepts),
            features="raw",
            cost=UNMEASURED,
        )

    def model_facts(self, kind: str) -> ModelFacts:
        """Return plain facts; the token stands for what the estimator is."""
        return {
            "name": self.model,
            "given": self.token,
            "accepts": sorted(self.accepts),
            "as_array": self.as_array,
            "task": kind,
            "params": {},
            "libraries": library_versions(),
        }


@dataclass(frozen=True)
class GivenRecipe(Recipe):
    """A feature set that is a transformer of the user's."""

    token: str = ""
    as_array: bool = False

    @property
    def is_raw(self) -> bool:
        """Return that it is a feature set though it has no blocks."""
        return False

    def facts(self) -> list[TransformerFacts]:
        """Return plain facts; the token stands for what the transformer is."""
        return [{"given": self.token, "as_array": self.as_array}]


@dataclass(frozen=True)
class WithMetadata:
    """An estimator that was handed over, with what its ``fit`` is told besides.

    Parameters
    ----------
    estimator : estimator
    metadata : mapping of str to object
        What has a value per row is cut to the rows that are fitted.
    n_rows : int
    """

    estimator: BaseEstimator
    metadata: Mapping[str, Any]
    n_rows: int

    def of_rows(self, rows: NDArray[np.intp]) -> dict[str, Any]:
        """Return the metadata of some rows."""
        return {
            name: np.asarray(value)[rows] if _per_row(value, self.n_rows) else value
            for name, value in self.metadata.items()
        }


def _per_row(value: Any, n_rows: int) -> bool:
    """Return whether there is one value per row."""
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return False
    return len(value) == n_rows


class GivenFeatures(TransformerMixin, BaseEstimator):
    """A transformer with the face of a feature set.

    Parameters
    ----------
    transformer : transformer
        It is cloned before it is fitted.
    as_array : bool
        Whether it gets frames as arrays.
    seed : int, optional
        For every ``random_state`` that is None.
    """

    def __init__(
        self,
        transformer: BaseEstimator,
        as_array: bool = False,
        seed: int | None = None,
    ):
        self.transformer = transformer
        self.as_array = as_array
        self.seed = seed

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "GivenFeatures":
        """Fit a clone."""
        self.fit_transform(X, y)
        return self

    def fit_transform(
        self, X: MatrixLike, y: ArrayLike | None = None, counted: object = None
    ) -> MatrixLike:
        """Fit a clone and return the features of the training rows."""
        self.transformer_ = clone(self.transformer)
        if self.seed is not None:
            seeded(self.transformer_, self.seed, unseeded(self.transformer))
        matrix = _matrix(self.transformer_.fit_transform(self._table(X), y))
        self.of_no_rows_ = matrix[:0]  # most transformers refuse a table without rows
        return matrix

    def transform(self, X: MatrixLike, counted: object = None) -> MatrixLike:
        """Return the features of other rows."""
        check_is_fitted(self)
        if X.shape[0] == 0:
            return self.of_no_rows_
        return _matrix(self.transformer_.transform(self._table(X)))

    def _table(self, X: MatrixLike) -> MatrixLike:
        return as_table(X, self.as_array)


@dataclass(frozen=True)
class Pattern:
    """An unfitted estimator, of which every fit takes a copy with seeds of its own.

    ``clone`` reads the signature of every part each time. Of a clone whose parts are
    of scikit-learn and of this library a deep copy is the same, in a fifth of the time.

    Parameters
    ----------
    estimator : estimator
        A clone of what was handed over.
    unseeded : tuple of str
        Its parameters that are seeds nobody has set.
    is_plain : bool
        Whether all its parts are of these, and copied as they are cloned.
    """

    estimator: Any
    unseeded: tuple[str, ...]
    is_plain: bool

    @classmethod
    def of(cls, given: Any) -> "Pattern":
        """Return the pattern of an estimator that was handed over."""
        own = given.estimator if isinstance(given, WithMetadata) else given
        estimator = clone(own)
        if not hasattr(estimator, "get_params"):
            return cls(estimator, (), False)
        params = estimator.get_params(deep=True)
        parts = [estimator, *params.values()]
        kinds = {type(part) for part in parts if hasattr(part, "get_params")}
        return cls(estimator, _unseeded(params), all(map(_is_copied_whole, kinds)))

    def copy(self, seed: int) -> BaseEstimator:
        """Return an unfitted copy with a seed for every one that is None."""
        copy = deepcopy(self.estimator) if self.is_plain else clone(self.estimator)
        return seeded(copy, seed, self.unseeded)


def _is_copied_whole(kind: type) -> bool:
    """Return whether a deep copy of one unfitted object is what ``clone`` gives."""
    is_known = kind.__module__.partition(".")[0] in ("sklearn", "ensemble_kit")
    own = getattr(kind, "__sklearn_clone__", None)
    return is_known and own is BaseEstimator.__sklearn_clone__


def unfitted_copy(estimator: Any) -> Any:
    """Return what ``clone`` returns, soon where an estimator is plainly unfitted.

    That is one of scikit-learn's whose attributes are parameters alone, numbers and
    words, or a chain of such. ``clone`` reads the signature of every part each time.
    """
    if type(estimator) is Pipeline and estimator.memory is None:
        return _copied_chain(estimator)
    own = vars(estimator) if hasattr(estimator, "__dict__") else {"": estimator}
    is_plain = _is_copied_whole(type(estimator)) and all(
        isinstance(value, PLAIN) and not name.endswith("_")
        for name, value in own.items()
    )
    return copy(estimator) if is_plain else clone(estimator)


def _copied_chain(chain: Pipeline) -> Pipeline:
    """Return a chain of copies of its steps, which are words or estimators."""
    copied = copy(chain)
    copied.steps = [
        (name, step if isinstance(step, PLAIN) else unfitted_copy(step))
        for name, step in chain.steps
    ]
    return copied


def as_table(X: MatrixLike, as_array: bool) -> MatrixLike:
    """Return a frame as an array where that is wanted."""
    return X.to_numpy() if as_array and isinstance(X, pd.DataFrame) else X


def unseeded(estimator: Any) -> tuple[str, ...]:
    """Return every ``random_state`` that is None, inner ones too."""
    if not hasattr(estimator, "get_params"):
        return ()
    return _unseeded(estimator.get_params(deep=True))


def _unseeded(params: Mapping[str, Any]) -> tuple[str, ...]:
    names = [n for n in sorted(params) if n.rpartition("__")[2] == "random_state"]
    return tuple(name for name in names if params[name] is None)


def seeded(estimator: BaseEstimator, seed: int, names: Sequence[str]) -> BaseEstimator:
    """Set seeds of an estimator, each derived from one, and return it."""
    for name in names:
        _set(estimator, name, derive_seed(seed, name))
    return estimator


def _set(estimator: Any, name: str, value: int) -> None:
    """Set one parameter, an inner one on the part that has it.

    ``set_params`` would list the parameters of all parts first.
    """
    outer, _, inner = name.partition("__")
    part = _part(estimator, outer) if inner else None
    if part is not None:
        _set(part, inner, value)
    elif not inner and type(estimator).set_params is BaseEstimator.set_params:
        setattr(estimator, name, value)
    else:
        estimator.set_params(**{name: value})


def _part(estimator: Any, name: str) -> Any:
    """Return the estimator that is a step or a parameter, where it is easily found."""
    step = dict(getattr(estimator, "steps", ())).get(name)
    if step is None and type(estimator).get_params is BaseEstimator.get_params:
        return getattr(estimator, name)
    return step


def accepts_of(estimator: BaseEstimator) -> tuple[str, ...]:
    """Return what an estimator accepts, in the words of the registry.

    One that tells nothing of itself takes numbers alone.
    """
    tags = _input_tags(estimator)
    accepts = {
        "nan": tags.allow_nan or _first_step_takes_nan(estimator),
        "sparse": tags.sparse,
        "category": tags.categorical,
        "text": tags.string,
        "weights": has_fit_parameter(estimator, "sample_weight"),
    }
    return tuple(sorted(name for name, accepted in accepts.items() if accepted))


class Takes(NamedTuple):
    """Whether missing numbers are taken, and a sparse matrix."""

    nan: bool
    sparse: bool


def takes_of(estimator: BaseEstimator) -> Takes:
    """Return the part of what an estimator accepts that is soon known."""
    tags = _input_tags(estimator)
    return Takes(tags.allow_nan or _first_step_takes_nan(estimator), tags.sparse)


def _input_tags(estimator: BaseEstimator) -> InputTags:
    """Return what an estimator tells of its input; without a word, numbers alone."""
    is_told = hasattr(estimator, "__sklearn_tags__")
    return get_tags(estimator).input_tags if is_told else InputTags()


def _first_step_takes_nan(estimator: BaseEstimator) -> bool:
    """Return whether a chain of steps may be given NaN, of which its tags say less.

    What looks at single columns may fill them; where it does not, it says so itself.
    """
    steps = getattr(getattr(estimator, "estimator", estimator), "steps", None)
    if not steps:
        return False
    first = steps[0][1]
    if first is None or isinstance(first, str):
        return False
    return hasattr(first, "transformers") or get_tags(first).input_tags.allow_nan


def is_given(value: object, method: str) -> bool:
    """Return whether a value is an object with a method, and no class."""
    return hasattr(value, method) and not inspect.isclass(value)


def _matrix(features: MatrixLike) -> MatrixLike:
    return sparse.csr_matrix(features) if sparse.issparse(features) else features
