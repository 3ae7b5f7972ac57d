"""Whether validation rows stand to training rows as test rows do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.splitting.adversarial import (
    ROWS_OF_A_FOLD,
    apart_in_folds,
    tell_apart,
)
from ensemble_kit.splitting.drawings import Drawing, LastRows, Later
from ensemble_kit.splitting.folds import Folds, Rows
from ensemble_kit.splitting.ranks import dense_ranks

FAR = 3.0  # times as far from training rows
LEAST_STEPS = 2.0
MORE_UNSEEN = 0.2
MORE_TOLD = 0.2
FEWEST_TOLD = 100
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
    by_fold : tuple of float
        The second number of each fold.
    interval : (float, float), optional
        Between what the first one lies in 95 of 100 draws of the rows, where it is an
        estimate.
    """

    name: str
    what: str
    test: float
    valid: float
    is_alarm: bool
    by_fold: tuple[float, ...] = ()
    interval: tuple[float, float] | None = None

    def __str__(self) -> str:
        both = f"{self.test:.3g}, in validation {self.valid:.3g}"
        return f"{self.name!r}: {self.what} {both}"


STEPS = "steps from the nearest training row: test"
APART = "AUC of a small model that tells rows from training rows: test"
UNSEEN = "share of rows with a value that training rows have not: test"
REPEATED = "share of rows that nearly repeat a training row: test"
FOLLOWED = "share of rows with later training rows{}: test"


def compare_likeness(
    columns: Mapping[str, tuple[pd.Series, pd.Series]],
    folds: Folds,
    drawing: Drawing | None = None,
    groups: NDArray[np.intp] | None = None,
    twins: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None,
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
    twins : (ndarray of shape (n_rows,), ndarray of shape (n_test,)), optional
        Numbers of training and of test rows, the same for near-duplicates.
    """
    likeness = [
        one
        for name, (train, test) in columns.items()
        if (one := _of_column(name, train, test, folds)) is not None
    ]
    if isinstance(drawing, Later):
        likeness.append(_followed("time", drawing.order, None, folds))
    if isinstance(drawing, LastRows):
        likeness.append(_followed("groups", drawing.order, drawing.groups, folds))
    if groups is not None:
        checked = [~np.isin(groups[valid], groups[fit]) for fit, valid in _few(folds)]
        n_alone = _n_alone(np.concatenate([groups[v] for _, v in _few(folds)]))
        ones = np.ones(sum(map(len, checked)), dtype=bool)
        likeness.append(_shares("groups", UNSEEN, ones, checked, n_alone, n_alone))
    if twins is not None:
        likeness += _repeated(*twins, folds)
    return likeness


def _of_column(
    name: str, train: pd.Series, test: pd.Series, folds: Folds
) -> Likeness | None:
    if isinstance(train.dtype, pd.CategoricalDtype):
        return _unseen(name, train, test, folds)
    ranks, n_train = _ranks(train, test)
    of_train, of_test = ranks[:n_train], ranks[n_train:]
    of_test = of_test[~np.isnan(of_test)]
    shares = [
        _steps(of_train[fitted], of_train[checked]) for fitted, checked in _few(folds)
    ]
    valid = np.concatenate([*shares, np.zeros(0)])
    if min(len(of_test), len(valid)) < FEWEST_ROWS:
        return None
    ahead, seen = _steps(of_train, of_test).mean(), valid.mean()
    is_alarm = _are_apart(ahead, seen)
    if is_alarm and seen > ahead:
        is_alarm = _are_apart(_steps_of_fewer(of_train, of_test, folds, seen), seen)
    by_fold = tuple(float(part.mean()) for part in shares if len(part))
    return Likeness(name, STEPS, float(ahead), float(seen), is_alarm, by_fold)


def _ranks(train: pd.Series, test: pd.Series) -> tuple[Numbers, int]:
    """Return the place of every value among all distinct ones, NaN for missing."""
    both = pd.concat([train, test], ignore_index=True)
    if both.dtype == np.float64:
        return dense_ranks(both.to_numpy()), len(train)
    return both.rank(method="dense").to_numpy(float), len(train)


def _steps(fitted: Numbers, checked: Numbers) -> Numbers:
    """Return how many distinct values lie between rows and the nearest fitted one."""
    places = _places(fitted)
    checked = checked[~np.isnan(checked)]
    if not len(places) or not len(checked):
        return np.zeros(0)
    after = np.searchsorted(places, checked)
    right = np.abs(places[np.minimum(after, len(places) - 1)] - checked)
    left = np.abs(places[np.maximum(after - 1, 0)] - checked)
    return np.minimum(left, right)


def _places(ranks: Numbers) -> Numbers:
    """Return the distinct ranks, rising: they are small whole numbers, or NaN."""
    there = ranks[~np.isnan(ranks)].astype(np.intp)
    return np.flatnonzero(np.bincount(there)).astype(np.float64)


def _are_apart(ahead: float, seen: float) -> bool:
    far, near = max(ahead, seen), max(min(ahead, seen), 1e-9)
    return bool(far - near > LEAST_STEPS and far > FAR * near)


def _steps_of_fewer(
    of_train: Numbers, of_test: Numbers, folds: Folds, most: float
) -> float:
    """Return the mean steps of test rows from as many training rows as folds fit.

    The fewer rows are fitted, the further is the nearest of them from any row: the
    first windows in time have a tenth of all. It is ``most`` at most, what validation
    rows have.
    """
    generator = np.random.default_rng(0)
    steps, sizes = [], []
    for fitted, checked in _few(folds):
        drawn = generator.choice(of_train, len(fitted), replace=False)
        found = _steps(drawn, of_test)
        if len(found) and len(checked):
            steps.append(found.mean())
            sizes.append(len(checked))
    return min(most, float(np.average(steps, weights=sizes))) if steps else 0.0


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
    is_known = test.notna().to_numpy()
    missed = ~np.isin(of_test[is_known], codes)
    if min(len(missed), sum(map(len, checked))) < FEWEST_ROWS:
        return None
    levels = np.concatenate([codes[v][codes[v] >= 0] for _, v in _few(folds)])
    n_test = _n_alone(pd.factorize(test[is_known].astype(object))[0])
    return _shares(name, UNSEEN, missed, checked, n_test, _n_alone(levels))


def _n_alone(levels: NDArray[np.integer[Any]]) -> float:
    """Return how many rows of their own tell as much as these (Kish 1965).

    Rows of one level are all unseen, or none is.
    """
    sizes = np.unique(levels, return_counts=True)[1].astype(float)
    return float(sizes.sum() ** 2 / np.square(sizes).sum()) if len(sizes) else 0.0


def _followed(
    name: str, order: Numbers, groups: NDArray[np.intp] | None, folds: Folds
) -> Likeness:
    """Return the shares of rows that have later training rows; none of the test's."""
    of = np.zeros(len(order), dtype=np.intp) if groups is None else groups
    is_followed = []
    for fitted, checked in _few(folds):
        last = np.full(int(of.max()) + 1, -np.inf)
        there = fitted[~np.isnan(order[fitted])]
        np.maximum.at(last, of[there], order[there])
        is_followed.append(last[of[checked]] > order[checked])
    what = FOLLOWED.format("" if groups is None else " of their group")
    none = np.zeros(sum(map(len, is_followed)), dtype=bool)
    return _shares(name, what, none, is_followed)


def _repeated(
    of_train: NDArray[np.intp], of_test: NDArray[np.intp], folds: Folds
) -> list[Likeness]:
    """Return the shares of rows that nearly repeat training rows, where there are."""
    checked = [
        np.isin(of_train[valid], of_train[fitted]) for fitted, valid in _few(folds)
    ]
    in_test = np.isin(of_test, of_train)
    if not in_test.any() and not any(part.any() for part in checked):
        return []
    valid = np.concatenate([of_train[rows] for _, rows in _few(folds)])
    n_test, n_valid = _n_alone(of_test), _n_alone(valid)
    return [_shares("near-duplicates", REPEATED, in_test, checked, n_test, n_valid)]


def _shares(
    name: str,
    what: str,
    test: NDArray[np.bool_],
    by_fold: Sequence[NDArray[np.bool_]],
    n_test: float | None = None,
    n_valid: float | None = None,
) -> Likeness:
    """Return two shares, and whether they differ by more than so many rows would."""
    valid = np.concatenate([*by_fold, np.zeros(0, dtype=bool)])
    if not len(valid):
        return Likeness(name, what, 0.0, 0.0, False)
    one, other = float(test.mean()), float(valid.mean())
    both = (test.sum() + valid.sum()) / (len(test) + len(valid))
    n_test, n_valid = n_test or len(test), n_valid or len(valid)
    noise = np.sqrt(both * (1 - both) * (1 / n_test + 1 / n_valid))
    is_alarm = abs(one - other) > max(MORE_UNSEEN, LEAST_Z * noise)
    shares = tuple(float(part.mean()) for part in by_fold if len(part))
    return Likeness(name, what, one, other, bool(is_alarm), shares)


def compare_told_apart(
    train: Numbers, test: Numbers, folds: Folds, name: str
) -> Likeness | None:
    """Return how well a small model tells test, and validation, from training rows.

    An alarm where the test is told from them so much better, or so much worse, that
    noise cannot be the reason. None where rows are too few.

    Parameters
    ----------
    train : ndarray of shape (n_rows, n_columns)
    test : ndarray of shape (n_test, n_columns)
    folds : Folds
    name : str
    """
    if min(len(train), len(test)) < FEWEST_TOLD or not train.shape[1]:
        return None
    in_folds = apart_in_folds(train, folds)
    if not in_folds:
        return None
    of_test = tell_apart(train, test, ROWS_OF_A_FOLD)
    by_fold = tuple(apart.auc for apart in in_folds)
    valid = float(np.mean(by_fold))
    noise = np.hypot(
        of_test.standard_error,
        np.mean([apart.standard_error for apart in in_folds]) / np.sqrt(len(in_folds)),
    )
    is_alarm = abs(of_test.auc - valid) > max(MORE_TOLD, LEAST_Z * noise)
    return Likeness(
        name, APART, of_test.auc, valid, bool(is_alarm), by_fold, of_test.interval
    )


def _few(folds: Folds) -> Iterator[tuple[Rows, Rows]]:
    """Yield folds with as many of their validation rows as are needed."""
    most = max(FEWEST_ROWS, MOST_ROWS // max(1, len(folds)))
    for fitted, checked in folds:
        step = max(1, -(-len(checked) // most))
        yield fitted, checked[::step]


def alarms(likeness: Sequence[Likeness]) -> list[Likeness]:
    """Return what differs by more than noise, the largest difference first."""
    apart = [one for one in likeness if one.is_alarm]
    return sorted(apart, key=lambda one: -abs(one.test - one.valid))
