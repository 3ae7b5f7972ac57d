"""All features of one table, fitted as one transformer."""

import inspect
from collections.abc import Mapping, Sequence
from copy import copy
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.column_roles import ROLES as COLUMN_ROLES
from ensemble_kit.column_roles import role_of
from ensemble_kit.exceptions import CompetitionError, PipelineError, problems
from ensemble_kit.features.assembly import assemble
from ensemble_kit.features.columns import SharedFrame, as_frame
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.identity_memo import IdentityMemo

if TYPE_CHECKING:
    from ensemble_kit.features.counting.counted_texts import CountedTexts

FEW = 1000  # rows: what is made of them is kept while other feature sets may want it
ROLES = (
    "number",
    "category",
    "datetime",
    "text",
    "texts",
    "pair",
    "table",
    "series",
    "raw",
)


class FeatureSet(WordsMixin, BaseEstimator):
    """Give each transformer the columns of its role and join what they return.

    Parameters
    ----------
    blocks : list of (label, role, transformer)
        A transformer is cloned before it is fitted. The role says what it gets:
        "number", "category" and "datetime": a frame of the columns of that dtype;
        "text": one text column, each column its own clone; "texts": a frame of all
        text columns; "pair": a frame of two text columns, each pair its own clone;
        "table": a frame of all numbers and categories;
        "series": a frame of all columns but texts;
        "raw": the frame is handed on as it is, and the transformer is None.
        A block whose role has no column is left out.
    random_state : int, optional
        Seed for every transformer whose own ``random_state`` was left alone.
    texts : list of str, optional
        The text columns that blocks of the role "text" are given; all of them
        without it. Other roles do not heed it.
    unsupervised : list of str
        Labels of the blocks that `fit_transform` may fit on more texts than those
        of the training rows.
    single : bool, default False
        Return a dense matrix in single precision, at half the memory.

    Attributes
    ----------
    fitted_ : list of (label, columns, transformer)

    Examples
    --------
    >>> import pandas as pd
    >>> from ensemble_kit.features.numbers.standard_numbers import StandardNumbers
    >>> X = pd.DataFrame({"a": [1.0, 3.0], "b": ["so", "so"]})
    >>> features = FeatureSet([("standard", "number", StandardNumbers())])
    >>> features.fit_transform(X)
    array([[-1.],
           [ 1.]])
    """

    def __init__(
        self,
        blocks: Sequence[tuple[str, str, Any]] = (),
        random_state: int | None = None,
        texts: Sequence[str] | None = None,
        unsupervised: Sequence[str] = (),
        single: bool = False,
    ):
        self.blocks = blocks
        self.random_state = random_state
        self.texts = texts
        self.unsupervised = unsupervised
        self.single = single

    def fit(
        self,
        X: pd.DataFrame,
        y: ArrayLike | None = None,
        counted: Mapping[tuple[str, str], Any] | None = None,
    ) -> "FeatureSet":
        """Fit every block; see `fit_transform`."""
        X = self._begin(X)
        for _, columns, transformer in self.fitted_:
            transformer.fit(self._input(X, columns, transformer, counted), y)
        return self

    def fit_transform(
        self,
        X: pd.DataFrame,
        y: ArrayLike | None = None,
        counted: Mapping[tuple[str, str], Any] | None = None,
        everywhere: tuple[pd.DataFrame, Mapping[tuple[str, str], Any]] | None = None,
        sample_weight: ArrayLike | None = None,
        ready: Mapping[tuple[str, str], tuple[Any, Any]] | None = None,
    ) -> np.ndarray | sparse.csr_matrix | pd.DataFrame:
        """Fit every block and return the features of the training rows.

        Parameters
        ----------
        X : DataFrame
            Its dtypes are the columns' roles.
        y : array of int or float
            Class numbers, or floats for a regression.
        counted : dict of (column, counter key) to counted texts, optional
            What to give a text block in place of the column when its ``counter()``
            has that key: counting then happens once for all folds.
        everywhere : (DataFrame, dict), optional
            Text columns of all rows there are, and their counted texts. Blocks named
            in ``unsupervised`` are fitted on these, and see no y.
        sample_weight : array of float, optional
            For the blocks that take weights of rows, such as means of the target.
        ready : dict of (label, column) to (transformer, matrix), optional
            Blocks of texts that were fitted on these very rows before, and what they
            make of them.
        """
        parts = self.fit_parts(X, y, counted, everywhere, sample_weight, ready)
        return self.join(X, parts)

    def fit_parts(
        self,
        X: pd.DataFrame,
        y: ArrayLike | None = None,
        counted: Mapping[tuple[str, str], Any] | None = None,
        everywhere: tuple[pd.DataFrame, Mapping[tuple[str, str], Any]] | None = None,
        sample_weight: ArrayLike | None = None,
        ready: Mapping[tuple[str, str], tuple[Any, Any]] | None = None,
    ) -> list[Any]:
        """Fit every block and return what each makes of the training rows.

        See `fit_transform`.
        """
        X, parts, ready = self._begin(X), [], ready or {}
        for at, (label, columns, transformer) in enumerate(self.fitted_):
            if isinstance(columns, str) and (label, columns) in ready:
                fitted, part = ready[label, columns]
                self.fitted_[at] = (label, columns, fitted)
                parts.append(part)
                continue
            of_rows = self._input(X, columns, transformer, counted)
            if everywhere is None or label not in self.unsupervised:
                weights = _weights_for(transformer, sample_weight)
                parts.append(transformer.fit_transform(of_rows, y, **weights))
                continue
            frame, counted_there = everywhere
            transformer.fit(self._input(frame, columns, transformer, counted_there))
            parts.append(transformer.transform(of_rows))
        return parts

    def transform(
        self,
        X: pd.DataFrame,
        counted: Mapping[tuple[str, str], Any] | None = None,
        taken: dict[Any, Any] | None = None,
        ready: Mapping[tuple[str, str], Any] | None = None,
    ) -> np.ndarray | sparse.csr_matrix | pd.DataFrame:
        """Return the features of other rows.

        Parameters
        ----------
        X : DataFrame
        counted : dict, optional
            Counted texts by column and counter.
        taken : dict, optional
            Columns of this X that were taken already, and what transformers made of
            a few rows of them; what is new is noted there. Feature sets of one table
            can share it.
        ready : dict of (label, column) to matrix, optional
            What blocks of texts have made of these rows before.

        Raises
        ------
        CompetitionError
            When a column that was there in ``fit`` is missing.
        """
        return self.join(X, self.parts(X, counted, taken, ready))

    def parts(
        self,
        X: pd.DataFrame,
        counted: Mapping[tuple[str, str], Any] | None = None,
        taken: dict[Any, Any] | None = None,
        ready: Mapping[tuple[str, str], Any] | None = None,
    ) -> list[Any]:
        """Return what each block makes of other rows; see `transform`."""
        check_is_fitted(self)
        X = self._read(X)
        missing = [name for name in self.feature_names_in_ if name not in X.columns]
        if missing:
            mistakes = [f"no column {name!r}" for name in missing]
            raise CompetitionError(problems("the table", mistakes))
        made = ready or {}
        return [
            made[label, columns]
            if isinstance(columns, str) and (label, columns) in made
            else self._part(X, columns, transformer, counted, taken)
            for label, columns, transformer in self.fitted_
        ]

    def know(self, X: pd.DataFrame, y: ArrayLike) -> "FeatureSet":
        """Let blocks that look back look back on these rows, and return the set.

        What was fitted stays: the training rows of a fold end before the last ones.
        """
        for _, columns, transformer in self.fitted_:
            if hasattr(transformer, "know"):
                transformer.know(X[columns], y)
        return self

    def as_fitted(self) -> "FeatureSet":
        """Return a set whose blocks know the rows they were fitted on alone."""
        fitted = copy(self)
        fitted.fitted_ = [
            (label, columns, as_fitted(block)) for label, columns, block in self.fitted_
        ]
        return fitted

    def join(
        self, X: pd.DataFrame, parts: Sequence[Any]
    ) -> np.ndarray | sparse.csr_matrix | pd.DataFrame:
        """Return the matrix of what `parts` has returned."""
        return self._assembled(pd.DataFrame(as_frame(X)), parts)

    @property
    def made_(self) -> list[str]:
        """Return how the columns that a screen kept are made."""
        check_is_fitted(self)
        of_blocks = (getattr(block, "kept_", []) for _, _, block in self.fitted_)
        return [str(name) for names in of_blocks for name in names]

    @property
    def coverage_(self) -> list[float]:
        """Return the share of words that vectors of a file know, of each such block."""
        check_is_fitted(self)
        shares = (getattr(block, "coverage_", None) for _, _, block in self.fitted_)
        return [float(share) for share in shares if share is not None]

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``label__name``, and ``label__column__name`` for text columns."""
        check_is_fitted(self)
        names = []
        for label, columns, transformer in self.fitted_:
            inner = [str(name) for name in transformer.get_feature_names_out()]
            if isinstance(transformer, _Raw):
                names += inner
                continue
            column = f"{columns}__" if isinstance(columns, str) else ""
            names += [f"{label}__{column}{name}" for name in inner]
        return np.array(names or ["nothing"], dtype=object)

    def _begin(self, X: pd.DataFrame) -> pd.DataFrame:
        """Clone the transformers, each with its columns."""
        X = pd.DataFrame(as_frame(X))
        self._check_blocks()
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        columns_by_role = roles_of(X)
        self.fitted_ = [
            (label, columns, self._clone(transformer))
            for label, role, transformer in self.blocks
            for columns in _inputs(role, columns_by_role, list(X.columns))
            if role != "text" or self.texts is None or columns in self.texts
        ]
        return X

    def _read(self, X: MatrixLike) -> pd.DataFrame:
        """Return rows as a frame; an array has as many columns as in training."""
        if isinstance(X, pd.DataFrame):
            return pd.DataFrame(X)
        frame = as_frame(X)
        return frame if hasattr(X, "columns") else self._same_columns(frame)

    def _check_blocks(self) -> None:
        wrong = [
            f"{label}: role {role!r} is none of {', '.join(ROLES)}"
            for label, role, _ in self.blocks
            if role not in ROLES
        ]
        if wrong:
            raise PipelineError(problems("the feature set", wrong))

    def _clone(self, transformer: BaseEstimator) -> BaseEstimator:
        """Clone, with our seed where the transformer has none of its own."""
        if transformer is None:
            return _Raw()
        copy = clone(transformer)
        seed = inspect.signature(type(copy)).parameters.get("random_state")
        if seed is not None and copy.random_state == seed.default:
            copy.set_params(random_state=self.random_state)
        return copy

    def _part(
        self,
        X: pd.DataFrame,
        columns: str | list[str],
        transformer: BaseEstimator,
        counted: Mapping[tuple[str, str], Any] | None,
        taken: dict[Any, Any] | None,
    ) -> Any:
        """Return what one block makes of rows; feature sets may share a transformer."""
        if taken is None or len(X) > FEW:
            matrix = self._input(X, columns, transformer, counted, taken)
            return transformer.transform(matrix)
        place = (id(transformer), columns if isinstance(columns, str) else "")
        if place not in taken:
            matrix = self._input(X, columns, transformer, counted, taken)
            taken[place] = transformer.transform(matrix)
        return taken[place]

    def _input(
        self,
        X: pd.DataFrame,
        columns: str | list[str],
        transformer: BaseEstimator,
        counted: Mapping[tuple[str, str], "CountedTexts"] | None,
        taken: dict[Any, Any] | None = None,
    ) -> Any:
        """Return counted texts where there are some, else the columns."""
        if counted and isinstance(columns, str) and hasattr(transformer, "counter"):
            work = counter_of if taken is None else counter_of_fitted
            key = (columns, work(transformer)[1])
            if key in counted:
                return counted[key]
        if taken is None:
            return X[columns]
        place = columns if isinstance(columns, str) else tuple(columns)
        if place not in taken:
            table = X[columns]
            if isinstance(table, pd.DataFrame) and len(table) <= FEW:
                table = SharedFrame(table)
            taken[place] = table
        return taken[place]

    def _assembled(
        self, X: pd.DataFrame, parts: Sequence[Any]
    ) -> np.ndarray | sparse.csr_matrix | pd.DataFrame:
        framed = any(isinstance(part, pd.DataFrame) for part in parts)
        matrix = assemble(parts, self.get_feature_names_out() if framed else [], X)
        if self.single and isinstance(matrix, np.ndarray):
            return matrix.astype(np.float32, copy=False)
        return matrix


def as_fitted(fitted: Any) -> Any:
    """Return something fitted as it was before it came to know later rows.

    See `FeatureSet.know`; what looks back on nothing is returned as it is.
    """
    return fitted.as_fitted() if hasattr(fitted, "as_fitted") else fitted


def takes_weights(transformer: object) -> bool:
    """Return whether a featurizer's fit goes by weights of rows."""
    fit = getattr(transformer, "fit_transform", None)
    if fit is None or not getattr(transformer, "uses_weights", True):
        return False
    return "sample_weight" in inspect.signature(fit).parameters


def _weights_for(
    transformer: BaseEstimator, sample_weight: ArrayLike | None
) -> dict[str, ArrayLike]:
    if sample_weight is None or not takes_weights(transformer):
        return {}
    return {"sample_weight": sample_weight}


class _Raw(TransformerMixin, BaseEstimator):
    """Hands a frame on, for models that read text or categories themselves."""

    def fit(self, X: pd.DataFrame, y: ArrayLike | None = None) -> "_Raw":
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        return X

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        return self.feature_names_in_


def counter_of(transformer: Any) -> tuple[Any, str]:
    """Return how a text block counts, and the key of what it counts so."""
    counter = transformer.counter()
    return counter, counter.key


# Of blocks that are fitted and no more changed, which each row asks for anew.
counter_of_fitted = IdentityMemo(counter_of)


def roles_of(X: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns of each role, by dtype; see `role_of`.

    Examples
    --------
    >>> import pandas as pd
    >>> roles_of(pd.DataFrame({"a": [1], "b": ["x"]}))
    {'number': ['a'], 'category': [], 'datetime': [], 'text': ['b']}
    """
    roles: dict[str, list[str]] = {role: [] for role in COLUMN_ROLES}
    for name, dtype in X.dtypes.items():
        roles[role_of(dtype)].append(name)
    return roles


def _inputs(role: str, columns: Mapping[str, list[str]], every: list[str]) -> list[Any]:
    """Return what each clone of a block gets: a column's name, or a list of names."""
    if role == "text":
        return list(columns["text"])
    if role == "pair":
        return [list(pair) for pair in combinations(columns["text"], 2)]
    if role == "table":
        names = [name for kind in ("number", "category") for name in columns[kind]]
    elif role == "series":
        names = [name for name in every if name not in columns["text"]]
    else:
        names = every if role == "raw" else columns["text" if role == "texts" else role]
    return [names] if names else []
