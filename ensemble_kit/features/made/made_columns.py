"""Columns made of numbers and categories, as far as they pay."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.categories.target_tables import (
    relative_weights,
    target_columns,
)
from ensemble_kit.features.columns import as_numbers, fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.features.made.making import Maker, Rows
from ensemble_kit.features.made.recipes import Recipe, candidates, name_of
from ensemble_kit.features.made.screening import Target, gains, proved, ranked
from ensemble_kit.splitting.inner_rows import balanced_folds

RANKING_SHARE = 0.6


class MadeColumns(WordsMixin, BaseEstimator):
    """Make columns of pairs of columns, and keep those that pay.

    Numbers are added, subtracted, multiplied and divided by each other, compared with
    their group's mean, and taken apart into digits; categories, and numbers of few
    values, become means of the target and counts over one to three of them. The nearest
    rows by many numbers say their targets and how far they are, for each class; of
    eight numbers and more there are sums, spreads, zeros and gaps. Boosted
    trees rank all of it on a part of the training rows; what is ranked first is kept
    where it lowers their loss on the others by two standard errors, else nothing is.

    Parameters
    ----------
    max_numbers, max_keys : int, default 12 and 10
        Of the columns at hand, those that boosted trees gain most from.
    max_columns : int, default 30
        How many are kept at most.
    few_values : int, default 40
        A number with no more distinct values than that is a key, too.
    screen_rows : int, default 20000
        Ranking and proof take a sample of so many rows.
    n_splits : int, default 5
        Folds of the cross-fitting of means of the target.
    random_state : int, optional

    Attributes
    ----------
    kept_ : list of str
        Names that say how each column is made.

    Notes
    -----
    A float target is a value; any other is a class, and K > 2 classes give K means.
    ``fit_transform`` is cross-fitted: a row's means come from rows of other folds.

    Examples
    --------
    >>> import pandas as pd
    >>> random = np.random.default_rng(0)
    >>> X = pd.DataFrame(random.normal(size=(2000, 3)), columns=["a", "b", "c"])
    >>> made = MadeColumns(max_columns=1, random_state=0)
    >>> made.fit(X, (X.a - X.b > 0).astype(int)).kept_
    ['a - b']
    """

    def __init__(
        self,
        max_numbers: int = 12,
        max_keys: int = 10,
        max_columns: int = 30,
        few_values: int = 40,
        screen_rows: int = 20_000,
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.max_numbers = max_numbers
        self.max_keys = max_keys
        self.max_columns = max_columns
        self.few_values = few_values
        self.screen_rows = screen_rows
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Choose the columns and fit what they are made with on all rows."""
        rows, targets, weights = self._begin(X, y, sample_weight)
        self.maker_.fit(rows, targets, weights)
        return self

    def fit_transform(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Fit, and return the columns, shape (n_rows, n_kept), NaN for gaps."""
        rows, targets, weights = self._begin(X, y, sample_weight)
        folds = balanced_folds(y, self.n_splits, self.random_state)
        columns = self.maker_.fit_make(rows, targets, weights, folds)
        return columns[:, self.columns_]

    def transform(self, X: MatrixLike) -> NDArray[np.float32]:
        """Return the columns of other rows."""
        return self.maker_.make(self._read(self._same_columns(X)))[:, self.columns_]

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Return names that say how the columns are made."""
        check_is_fitted(self)
        return np.array(self.kept_, dtype=object)

    def _begin(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        """Choose what is made; return the rows, their targets and weights."""
        frame, y = self._learn_columns(X), np.asarray(y)
        self._read_columns(frame)
        rows, targets = self._read(frame), target_columns(y)
        weights = relative_weights(sample_weight, len(y))
        if y.dtype.kind != "f":
            y = np.unique(y, return_inverse=True)[1]
        recipes, self.columns_ = self._choose(rows, Target(y, weights), targets)
        self.maker_ = Maker(recipes, n_outputs=targets.shape[1])
        self.kept_ = self._names()
        return rows, targets, weights

    def _read_columns(self, frame: pd.DataFrame) -> None:
        """Note which columns are numbers, and which are keys and their levels."""
        is_key = [isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes]
        self.numbers_ = [place for place, key in enumerate(is_key) if not key]
        few = [p for p in self.numbers_ if self._has_few_values(frame.iloc[:, p])]
        self.keys_ = sorted([p for p, key in enumerate(is_key) if key] + few)
        self.levels_ = fit_levels(frame.iloc[:, self.keys_])

    def _has_few_values(self, column: pd.Series) -> bool:
        return 1 < column.nunique() <= self.few_values

    def _read(self, frame: pd.DataFrame) -> Rows:
        numbers = as_numbers(frame.iloc[:, self.numbers_])
        codes = level_codes(frame.iloc[:, self.keys_], self.levels_)
        return Rows(numbers, codes, [len(levels) + 1 for levels in self.levels_])

    def _choose(
        self, rows: Rows, target: Target, targets: NDArray[np.float64]
    ) -> tuple[list[Recipe], list[int]]:
        """Return the recipes that pay, and which of their columns are kept."""
        random = np.random.default_rng(self.random_state)
        sample = random.permutation(np.flatnonzero(target.weights))[: self.screen_rows]
        parts = np.split(sample, [int(RANKING_SHARE * len(sample))])
        ranking, proving = (target.take(part) for part in parts)
        if not rows.n_columns or not ranking.is_like(target):
            return [], []
        seed = int(random.integers(2**31 - 10))
        base = _base(rows.take(parts[0])), _base(rows.take(parts[1]))
        maker = Maker(self._candidates(gains(base[0], ranking, seed, 0.5)))
        folds = balanced_folds(ranking.y, self.n_splits, seed)
        columns = maker.fit_make(
            rows.take(parts[0]), targets[parts[0]], ranking.weights, folds
        )
        gain = gains(np.hstack([base[0], columns]), ranking, seed)[rows.n_columns :]
        best = ranked(columns, gain, self.max_columns)
        made = columns[:, best], maker.make(rows.take(parts[1]))[:, best]
        n_kept = proved(base, made, (ranking, proving), seed)
        return _of_columns(maker, best[:n_kept])

    def _candidates(self, gain: NDArray[np.float64]) -> list[Recipe]:
        """Return what can be made of the columns that gain most by themselves."""
        n_numbers = len(self.numbers_)
        numbers = np.argsort(-gain[:n_numbers], kind="stable")[: self.max_numbers]
        every = np.argsort(-gain[:n_numbers], kind="stable")
        keys = np.argsort(-gain[n_numbers:], kind="stable")[: self.max_keys]
        same = [
            (place, self.numbers_.index(column))
            for place, column in enumerate(self.keys_)
            if column in self.numbers_
        ]
        return candidates(numbers.tolist(), keys.tolist(), same, every.tolist())

    def _names(self) -> list[str]:
        numbers = [self.feature_names_in_[place] for place in self.numbers_]
        keys = [self.feature_names_in_[place] for place in self.keys_]
        names = []
        for recipe, width in zip(
            self.maker_.recipes, self.maker_.widths(), strict=True
        ):
            name = name_of(recipe, numbers, keys)
            names += [name] if width == 1 else [f"{name}_{k}" for k in range(width)]
        return [names[place] for place in self.columns_]


def _base(rows: Rows) -> NDArray[np.float32]:
    """Return the table's own columns: numbers, then codes of the keys."""
    return np.hstack([rows.numbers, rows.codes]).astype(np.float32)


def _of_columns(maker: Maker, columns: list[int]) -> tuple[list[Recipe], list[int]]:
    """Return the recipes of some columns, and the columns' places among theirs."""
    ends = np.cumsum(maker.widths())
    owners = np.searchsorted(ends, columns, side="right").tolist()
    recipes = list(dict.fromkeys(owners))
    widths, starts, begin = maker.widths(), {}, 0
    for owner in recipes:
        starts[owner] = begin
        begin += widths[owner]
    places = [
        starts[owner] + column - (int(ends[owner]) - widths[owner])
        for owner, column in zip(owners, columns, strict=True)
    ]
    return [maker.recipes[owner] for owner in recipes], places
