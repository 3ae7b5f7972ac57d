"""A small picture of every column: train beside test, and the target along it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.reporting.page.marks import Bin, profile, short
from ensemble_kit.reporting.page.parts import Figure
from ensemble_kit.store.frames import is_text

N_BINS = 10
N_LEVELS = 9
MOST_PICTURES = 48
OTHERS = "others"
MISSING = "missing"
FEWEST_IN_BIN = 5

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class ColumnFacts:
    """What is known of one column.

    Parameters
    ----------
    name, role : str
    missing_train, missing_test : float
        Shares of rows.
    distinct : int
        Values among the training rows.
    strength : float
        See `feature_strength`; NaN where it says nothing.
    """

    name: str
    role: str
    missing_train: float
    missing_test: float
    distinct: int
    strength: float


@dataclass(frozen=True)
class TargetShown:
    """What of the target is drawn along a column: a mean of some numbers.

    Parameters
    ----------
    name : str
    values : ndarray of shape (n_rows,)
    """

    name: str
    values: NDArray[np.float64]


@dataclass(frozen=True)
class PartName:
    """What a part of a column's range is called, and where it begins."""

    name: str
    tick: str


def column_facts(
    competition: Competition, strengths: Mapping[str, float]
) -> list[ColumnFacts]:
    """Return the facts of every feature column, in order."""
    return [
        _facts(str(name), competition, strengths[str(name)]) for name in competition.X
    ]


def shown_targets(competition: Competition) -> list[TargetShown]:
    """Return what can be drawn along a column: the mean, or a share per class."""
    task, y = competition.task, competition.y
    if not task.is_classification:
        return [TargetShown(f"mean of {competition.target}", task.restore(y))]
    first = 1 if task.kind == "binary" else 0
    return [
        TargetShown(f"share of {label}", (y == code).astype(np.float64))
        for code, label in enumerate(task.classes)
        if code >= first
    ][:N_LEVELS]


def column_pictures(competition: Competition, names: Sequence[str]) -> list[Figure]:
    """Return the pictures of some columns."""
    targets = shown_targets(competition)
    return [_picture(name, competition, targets) for name in names]


def binned(column: pd.Series, other: pd.Series) -> tuple[Codes, Codes, list[PartName]]:
    """Return the part that each cell of two columns falls into, and the parts' names.

    Numbers and dates fall into tenths of their range without its outermost
    hundredths, categories into their commonest levels, texts by their length.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _levels(column, other)
    first, second = _as_numbers(column), _as_numbers(other)
    return _ranges(first, second, _namer(column))


def _facts(name: str, competition: Competition, strength: float) -> ColumnFacts:
    column, test = competition.X[name], competition.X_test[name]
    return ColumnFacts(
        name,
        competition.roles[name],
        float(column.isna().mean()),
        float(test.isna().mean()) if len(test) else 0.0,
        int(column.nunique()),
        float("nan") if is_text(column.dtype) else strength,
    )


def _picture(
    name: str, competition: Competition, targets: Sequence[TargetShown]
) -> Figure:
    column, test = competition.X[name], competition.X_test[name]
    codes, test_codes, labels = binned(column, test)
    counts = np.bincount(codes, minlength=len(labels))
    test_counts = np.bincount(test_codes, minlength=len(labels))
    means = {
        target.name: _means(codes, target.values, counts, len(labels))
        for target in targets
    }
    widest = max(means, key=lambda key: _spread(means[key], counts))
    bins = [
        Bin(
            label.name,
            label.tick,
            float(train),
            float(there),
            None if np.isnan(mean) else float(mean),
        )
        for label, train, there, mean in zip(
            labels,
            counts / max(1, len(column)),
            test_counts / max(1, len(test)),
            means[widest],
            strict=True,
        )
    ]
    what = "length in characters" if is_text(column.dtype) else competition.roles[name]
    description = f"{what}; dots: {widest}"
    return profile(name, description, bins, widest)


def _means(
    codes: Codes, values: NDArray[np.float64], counts: Codes, n_bins: int
) -> NDArray[np.float64]:
    """Return the mean of each part; NaN where it has but a few rows."""
    sums = np.bincount(codes, weights=values, minlength=n_bins)
    means = np.full(n_bins, np.nan)
    enough = counts >= FEWEST_IN_BIN
    means[enough] = sums[enough] / counts[enough]
    return means


def _spread(means: NDArray[np.float64], counts: Codes) -> float:
    """Return how far the parts' means lie apart, weighted by their rows."""
    there = ~np.isnan(means)
    if not there.any():
        return 0.0
    weights = counts[there] / counts[there].sum()
    middle = float(weights @ means[there])
    return float(weights @ (means[there] - middle) ** 2)


def _levels(column: pd.Series, other: pd.Series) -> tuple[Codes, Codes, list[PartName]]:
    common = column.value_counts()
    shown = [level for level in common.index[:N_LEVELS] if common[level] > 0]
    parts = [_places_among(shown, cells) for cells in (column, other)]
    is_cut = any((part == len(shown)).any() for part in parts)
    names = [str(level) for level in shown] + ([OTHERS] if is_cut else [])
    labels = [PartName(name, name) for name in names]
    first, second = (np.where(part < 0, len(labels), part) for part in parts)
    return _with_missing(first, second, labels)


def _places_among(shown: Sequence[object], cells: pd.Series) -> Codes:
    """Return the place of each cell's level, one behind the last; missing is -1."""
    number = {level: at for at, level in enumerate(shown)}
    of_level = [number.get(level, len(shown)) for level in cells.cat.categories]
    return np.array([*of_level, -1], dtype=np.int64)[cells.cat.codes.to_numpy()]


def _ranges(
    first: NDArray[np.float64], second: NDArray[np.float64], named: "_Namer"
) -> tuple[Codes, Codes, list[PartName]]:
    there = first[np.isfinite(first)]
    if not len(there):
        edges = np.array([])
        labels = [PartName("any", "any")]
    elif len(np.unique(there)) <= N_BINS:
        values = np.unique(there)
        edges = (values[1:] + values[:-1]) / 2
        labels = [PartName(named(v), named(v)) for v in values]
    else:
        low, high = np.quantile(there, [0.01, 0.99])
        if low == high:
            low, high = there.min(), there.max()
        edges = np.linspace(low, high, N_BINS + 1)[1:-1]
        ends = [named(v) for v in (there.min(), *edges, there.max())]
        labels = [
            PartName(f"{a} to {b}", a) for a, b in zip(ends[:-1], ends[1:], strict=True)
        ]

    def codes_of(values: NDArray[np.float64]) -> Codes:
        codes = np.searchsorted(edges, values, side="right").astype(np.int64)
        codes[~np.isfinite(values)] = len(labels)
        return codes

    return _with_missing(codes_of(first), codes_of(second), labels)


def _with_missing(
    first: Codes, second: Codes, labels: list[PartName]
) -> tuple[Codes, Codes, list[PartName]]:
    if (first == len(labels)).any() or (second == len(labels)).any():
        return first, second, [*labels, PartName(MISSING, MISSING)]
    return first, second, labels


def _as_numbers(column: pd.Series) -> NDArray[np.float64]:
    if is_text(column.dtype):
        lengths = column.str.len()
        return lengths.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = (column - pd.Timestamp(0, tz=column.dt.tz)) / pd.Timedelta(days=1)
        return days.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


class _Namer:
    """Writes a number of a column, or the day it stands for."""

    def __init__(self, is_date: bool):
        self.is_date = is_date

    def __call__(self, value: float) -> str:
        if not self.is_date:
            return short(float(value))
        day = np.datetime64("1970-01-01") + np.timedelta64(int(value), "D")
        return str(day)


def _namer(column: pd.Series) -> _Namer:
    return _Namer(pd.api.types.is_datetime64_any_dtype(column.dtype))
