"""Whether validation rows stand to training rows as test rows do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.splitting.drawings import Drawing, LastRows, Later
from ensemble_kit.splitting.folds import Folds, Rows

FAR = 3.0  # times as far from training rows
LEAST_STEPS = 2.0
MORE_UNSEEN = 0.2
LEAST_Z = 4.0
FEWEST_ROWS = 30
MOST_ROWS = 20_000

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """One way in which rows stand to training rows, of the test and of validation.

    Parameters
    ----------
    name : str
        The column, or what else is compared.
    what : str
        What the two numbers are.
    test, valid : float
    is_alarm : bool
        Whether they differ by more than noise and folds being smaller than train.
    """

    name: str
    what: str
    test: float
    valid: float
    is_alarm: bool

    def __str__(self) -> str:
        both = f"{self.test:.3g}, in validation {self.valid:.3g}"
        return f"{self.name!r}: {self.what} {both}"


STEPS = "steps from the nearest training row: test"
UNSEEN = "share of rows with a value that training rows have not: test"
FOLLOWED = "share of rows with later training rows{}: test"


def compare_likeness(
    columns: Mapping[str, tuple[pd.Series, pd.Series]],
    folds: Folds,
    drawing: Drawing | None = None,
    groups: NDArray[np.intp] | None = None,
) -> list[Likeness]:
    """Return how test rows and validation rows stand to their training rows.

    Numbers and dates: the mean number of distinct values between a row and the nearest
    training row. Categories: the share of rows whose level no training row has. Where
    test rows are the last ones, of all or of their group: the share of rows that have
    later training rows.

    Parameters
    ----------
    columns : mapping of str to (Series of n_rows, Series of n_test)
        Numbers, dates and categories.
    folds : Folds
    drawing : Drawing, optional
        How the test rows were drawn.
    groups : ndarray of int of shape (n_rows,), optional
        Of training rows, where the test has none of them.
    """
    found = [
        one
        for name, (train, test) in columns.items()
        if (one := _of_column(name, train, test, folds)) is not None
    ]
    if isinstance(drawing, Later):
        found.append(_followed("time", drawing.order, None, folds))
    if isinstance(drawing, LastRows):
        found.append(_followed("groups", drawing.order, drawing.groups, folds))
    if groups is not None:
        checked = [~np.isin(groups[valid], groups[fit]) for fit, valid in _few(folds)]
        valid = np.concatenate([*checked, np.zeros(0, dtype=bool)])
        found.append(_shares("groups", UNSEEN, np.ones_like(valid), valid))
    return found


def _of_column(
    name: str, train: pd.Series, test: pd.Series, folds: Folds
) -> Likeness | None:
    if isinstance(train.dtype, pd.CategoricalDtype):
        return _unseen(name, train, test, folds)
    ranks, n_train = _ranks(train, test)
    of_train, of_test = ranks[:n_train], ranks[n_train:]
    of_test = of_test[~np.isnan(of_test)]
    found = [
        _steps(of_train[fitted], of_train[checked]) for fitted, checked in _few(folds)
    ]
    valid = np.concatenate([*found, np.zeros(0)])
    if min(len(of_test), len(valid)) < FEWEST_ROWS:
        return None
    ahead, seen = _steps(of_train, of_test).mean(), valid.mean()
    far, near = max(ahead, seen), max(min(ahead, seen), 1e-9)
    is_alarm = far - near > LEAST_STEPS and far > FAR * near
    return Likeness(name, STEPS, float(ahead), float(seen), bool(is_alarm))


def _ranks(train: pd.Series, test: pd.Series) -> tuple[Numbers, int]:
    """Return the place of every value among all distinct ones, NaN for missing."""
    both = pd.concat([train, test], ignore_index=True)
    return both.rank(method="dense").to_numpy(float), len(train)


def _steps(fitted: Numbers, checked: Numbers) -> Numbers:
    """Return how many distinct values lie between rows and the nearest fitted one."""
    places = np.unique(fitted[~np.isnan(fitted)])
    checked = checked[~np.isnan(checked)]
    if not len(places) or not len(checked):
        return np.zeros(0)
    after = np.searchsorted(places, checked)
    right = np.abs(places[np.minimum(after, len(places) - 1)] - checked)
    left = np.abs(places[np.maximum(after - 1, 0)] - checked)
    return np.minimum(left, right)


def _unseen(
    name: str, train: pd.Series, test: pd.Series, folds: Folds
) -> Likeness | None:
    """Return the shares of rows whose level no training row has."""
    codes, known = train.cat.codes.to_numpy(), train.cat.categories
    of_test = known.get_indexer(test.astype(object))
    checked = [
        ~np.isin(codes[valid][codes[valid] >= 0], codes[fitted])
        for fitted, valid in _few(folds)
    ]
    valid = np.concatenate([*checked, np.zeros(0, dtype=bool)])
    missed = ~np.isin(of_test[test.notna().to_numpy()], codes)
    if min(len(missed), len(valid)) < FEWEST_ROWS:
        return None
    return _shares(name, UNSEEN, missed, valid)


def _followed(
    name: str, order: Numbers, groups: NDArray[np.intp] | None, folds: Folds
) -> Likeness:
    """Return the shares of rows that have later training rows; none of the test's."""
    of = np.zeros(len(order), dtype=np.intp) if groups is None else groups
    found = []
    for fitted, checked in _few(folds):
        last = np.full(int(of.max()) + 1, -np.inf)
        there = fitted[~np.isnan(order[fitted])]
        np.maximum.at(last, of[there], order[there])
        found.append(last[of[checked]] > order[checked])
    valid = np.concatenate([*found, np.zeros(0, dtype=bool)])
    what = FOLLOWED.format("" if groups is None else " of their group")
    return _shares(name, what, np.zeros_like(valid), valid)


def _shares(
    name: str, what: str, test: NDArray[np.bool_], valid: NDArray[np.bool_]
) -> Likeness:
    if not len(valid):
        return Likeness(name, what, 0.0, 0.0, False)
    one, other = float(test.mean()), float(valid.mean())
    both = (test.sum() + valid.sum()) / (len(test) + len(valid))
    noise = np.sqrt(both * (1 - both) * (1 / len(test) + 1 / len(valid)))
    is_alarm = abs(one - other) > max(MORE_UNSEEN, LEAST_Z * noise)
    return Likeness(name, what, one, other, bool(is_alarm))


def _few(folds: Folds) -> Iterator[tuple[Rows, Rows]]:
    """Yield folds with as many of their validation rows as are needed."""
    most = max(FEWEST_ROWS, MOST_ROWS // max(1, len(folds)))
    for fitted, checked in folds:
        step = max(1, -(-len(checked) // most))
        yield fitted, checked[::step]


def alarms(found: Sequence[Likeness]) -> list[Likeness]:
    """Return what differs by more than noise, the largest difference first."""
    apart = [one for one in found if one.is_alarm]
    return sorted(apart, key=lambda one: -abs(one.test - one.valid))
