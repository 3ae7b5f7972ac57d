"""Numbers for recipes: what is fitted on training rows, and looked up for others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.features.categories.target_categories import smoothed_means
from ensemble_kit.features.categories.target_tables import cross_fitted, look_up
from ensemble_kit.features.columns import LARGEST
from ensemble_kit.features.made.nearby import Nearby
from ensemble_kit.features.made.recipes import (
    Across,
    Arithmetic,
    Crossed,
    Digit,
    Grouped,
    Nearest,
    Recipe,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Rows of a table, as recipes read them.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        NaN where there is none.
    codes : ndarray of int, shape (n_rows, n_keys)
        Places of the levels; -1 for a level that training rows have not.
    sizes : sequence of int
        How many codes each key can have.
    """

    numbers: Floats
    codes: Codes
    sizes: Sequence[int]

    @property
    def n_columns(self) -> int:
        """Return how many numbers and keys there are."""
        return self.numbers.shape[1] + self.codes.shape[1]

    def take(self, rows: NDArray[np.int64]) -> "Rows":
        """Return some of the rows."""
        return Rows(self.numbers[rows], self.codes[rows], self.sizes)


@dataclass
class Maker:
    """Makes columns by recipes, with statistics from the rows it was fitted on.

    Parameters
    ----------
    recipes : sequence of Recipe
    smooth : "auto" or float
        See `TargetCategories`.

    Attributes
    ----------
    groups : dict
        By key and number: means and deviations of the levels, the last for unseen.
    levels : dict
        By keys: their combinations that occur, in order, and how often each does.
    tables : dict
        By keys: smoothed means of the target, of shape (n_levels + 2, n_outputs).
    nearby : dict
        By numbers: the rows that are searched.
    """

    recipes: Sequence[Recipe]
    smooth: str | float = "auto"
    n_outputs: int = 1
    groups: dict[tuple[int, int], tuple[Floats, Floats]] = field(default_factory=dict)
    levels: dict[tuple[int, ...], tuple[Codes, Codes]] = field(default_factory=dict)
    tables: dict[tuple[int, ...], Floats] = field(default_factory=dict)
    nearby: dict[tuple[int, ...], Nearby] = field(default_factory=dict)

    def fit(self, rows: Rows, targets: Floats, weights: Floats) -> "Maker":
        """Fit the statistics that the recipes read.

        Parameters
        ----------
        rows : Rows
        targets : ndarray of shape (n_rows, n_outputs)
        weights : ndarray of shape (n_rows,)
            For means of the target.
        """
        self.n_outputs = targets.shape[1]
        for recipe in self.recipes:
            if isinstance(recipe, Grouped):
                self._fit_group(rows, recipe.key, recipe.number)
            elif isinstance(recipe, Nearest):
                if recipe.numbers not in self.nearby:
                    numbers = rows.numbers[:, list(recipe.numbers)]
                    self.nearby[recipe.numbers] = Nearby.of(numbers, targets, weights)
            elif isinstance(recipe, Crossed):
                self._fit_levels(rows, recipe.keys)
                if recipe.encode == "target":
                    codes, n_levels = self._crossed(rows, recipe.keys)
                    self.tables[recipe.keys] = smoothed_means(
                        codes, n_levels, targets, weights, self.smooth
                    )
        return self

    def fit_make(
        self, rows: Rows, targets: Floats, weights: Floats, folds: Codes
    ) -> NDArray[np.float32]:
        """Fit, and return the same rows' columns; means of the target cross-fitted.

        Parameters
        ----------
        rows : Rows
        targets : ndarray of shape (n_rows, n_outputs)
        weights : ndarray of shape (n_rows,)
        folds : ndarray of int, shape (n_rows,)
        """
        self.fit(rows, targets, weights)
        parts = [
            self._fitted_out_of_fold(r, rows, targets, weights, folds)
            for r in self.recipes
        ]
        return _side_by_side(parts, len(rows.numbers))

    def make(self, rows: Rows) -> NDArray[np.float32]:
        """Return the columns of other rows, shape (n_rows, n_columns), NaN for gaps."""
        return _side_by_side(
            [self._make(r, rows) for r in self.recipes], len(rows.codes)
        )

    def widths(self) -> list[int]:
        """Return how many columns each recipe makes: one per output for means."""
        return [self.n_outputs if _sees_target(r) else 1 for r in self.recipes]

    def _fitted_out_of_fold(
        self,
        recipe: Recipe,
        rows: Rows,
        targets: Floats,
        weights: Floats,
        folds: Codes,
    ) -> NDArray[np.floating]:
        if isinstance(recipe, Nearest):
            return _nearest_out_of_fold(recipe, rows, targets, weights, folds)
        if not isinstance(recipe, Crossed) or recipe.encode != "target":
            return self._make(recipe, rows)
        codes, n_levels = self._crossed(rows, recipe.keys)

        def fit(
            codes: Codes, sizes: Sequence[int], targets: Floats, weights: Floats
        ) -> list[Floats]:
            (codes,) = codes.T
            return [smoothed_means(codes, sizes[0], targets, weights, self.smooth)]

        return cross_fitted(fit, codes[:, None], [n_levels], targets, weights, folds)

    def _make(self, recipe: Recipe, rows: Rows) -> NDArray[np.floating]:
        match recipe:
            case Arithmetic(operation, left, right):
                numbers = rows.numbers
                return _combined(operation, numbers[:, left], numbers[:, right])
            case Grouped(statistic, key, number):
                means, deviations = self.groups[key, number]
                codes, values = rows.codes[:, key], rows.numbers[:, number]
                return _compared(statistic, values, means[codes], deviations[codes])
            case Crossed(encode, keys):
                codes, n_levels = self._crossed(rows, keys)
                if encode == "target":
                    return look_up([self.tables[keys]], codes[:, None], self.n_outputs)
                counts = np.append(self.levels[keys][1], 0)
                return counts[np.where(codes < 0, n_levels, codes)].astype(np.float64)
            case Digit(what, number):
                return _digits(what, rows.numbers[:, number])
            case Nearest(what, places):
                return _said(self.nearby[places], what, rows.numbers[:, list(places)])
            case Across(what):
                return _across(what, rows.numbers)

    def _fit_group(self, rows: Rows, key: int, number: int) -> None:
        if (key, number) in self.groups:
            return
        codes, values = rows.codes[:, key], rows.numbers[:, number]
        there, size = np.isfinite(values), rows.sizes[key] + 1
        codes, values = codes[there], values[there]
        with np.errstate(all="ignore"):
            counts = np.bincount(codes, minlength=size)
            means = np.bincount(codes, values, size) / counts
            squares = np.bincount(codes, (values - means[codes]) ** 2, size)
            self.groups[key, number] = means, np.sqrt(squares / counts)

    def _fit_levels(self, rows: Rows, keys: tuple[int, ...]) -> None:
        if keys not in self.levels:
            both = _joined(rows, keys)
            levels, counts = np.unique(both[both >= 0], return_counts=True)
            self.levels[keys] = levels, counts.astype(np.int64)

    def _crossed(self, rows: Rows, keys: tuple[int, ...]) -> tuple[Codes, int]:
        """Return places among the combinations that occur, -1 for others."""
        levels, both = self.levels[keys][0], _joined(rows, keys)
        if not len(levels):
            return np.full(len(both), -1), 0
        places = np.minimum(np.searchsorted(levels, both), len(levels) - 1)
        return np.where(levels[places] == both, places, -1), len(levels)


def _sees_target(recipe: Recipe) -> bool:
    """Return whether a recipe makes a column for each output."""
    is_mean = isinstance(recipe, Crossed) and recipe.encode == "target"
    return is_mean or isinstance(recipe, Nearest)


def _said(nearby: Nearby, what: str, numbers: Floats) -> Floats:
    return nearby.means(numbers) if what == "target" else nearby.distances(numbers)


def _nearest_out_of_fold(
    recipe: Nearest, rows: Rows, targets: Floats, weights: Floats, folds: Codes
) -> Floats:
    """Return what the nearest rows of other folds say of each row."""
    numbers = rows.numbers[:, list(recipe.numbers)]
    means = np.full((len(numbers), targets.shape[1]), np.nan)
    for fold in np.unique(folds):
        held, other = folds == fold, folds != fold
        if (weights[other] > 0).any():
            nearby = Nearby.of(numbers[other], targets[other], weights[other])
            means[held] = _said(nearby, recipe.what, numbers[held])
    return means


def _across(what: str, numbers: Floats) -> Floats:
    """Return what all numbers of a row make together."""
    there = np.isfinite(numbers)
    if what == "gaps":
        return (~there).sum(axis=1).astype(np.float64)
    known = np.where(there, numbers, 0.0)
    if what == "zeros":
        return (there & (numbers == 0)).sum(axis=1).astype(np.float64)
    if what == "largest":
        return np.where(there, numbers, -np.inf).max(axis=1)
    if what == "sum":
        return known.sum(axis=1)
    n_there = np.maximum(there.sum(axis=1), 1)
    mean = known.sum(axis=1) / n_there
    squares = np.where(there, (numbers - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return np.sqrt(squares / n_there)


def _joined(rows: Rows, keys: tuple[int, ...]) -> Codes:
    """Return one whole number for the levels of several keys; -1 where one is new."""
    codes, both = rows.codes[:, list(keys)], np.zeros(len(rows.codes), dtype=np.int64)
    for place, key in enumerate(keys):
        both = both * rows.sizes[key] + codes[:, place]
    return np.where((codes < 0).any(axis=1), -1, both)


def _combined(operation: str, left: Floats, right: Floats) -> Floats:
    with np.errstate(all="ignore"):
        if operation == "+":
            return left + right
        if operation == "-":
            return left - right
        return left * right if operation == "×" else left / right


def _compared(
    statistic: str, values: Floats, means: Floats, deviations: Floats
) -> Floats:
    if statistic == "mean":
        return means
    if statistic == "deviation":
        return deviations
    with np.errstate(all="ignore"):
        return values - means if statistic == "difference" else values / means


def _digits(what: str, values: Floats) -> Floats:
    if what == "fraction":
        return values - np.floor(values)
    if what == "last_digit":
        return np.floor(np.abs(values)) % 10
    zeros = np.zeros(len(values))
    for power in (10.0, 100.0, 1000.0):
        zeros += values % power == 0
    return np.where(np.isfinite(values), zeros, np.nan)


def _side_by_side(
    parts: Sequence[NDArray[np.floating]], n_rows: int
) -> NDArray[np.float32]:
    """Return columns next to each other; what is not finite becomes NaN."""
    columns = [part if part.ndim == 2 else part[:, None] for part in parts]
    if not columns:
        return np.empty((n_rows, 0), dtype=np.float32)
    values = np.concatenate(columns, axis=1)
    values[~np.isfinite(values)] = np.nan
    return np.clip(values, -LARGEST, LARGEST).astype(np.float32)
