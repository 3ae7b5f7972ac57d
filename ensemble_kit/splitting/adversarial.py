"""How alike training rows are to test rows, by a small classifier of the two."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.splitting.folds import Folds, Rows

MOST_ROWS = 5000
MOST_FOLDS = 5
ROWS_OF_A_FOLD = 1000
FEWEST_ROWS = 30
LARGEST_ODDS = 10.0
N_FITS = 2
PARAMETERS: dict[str, Any] = {
    "n_estimators": 50,
    "num_leaves": 15,
    "learning_rate": 0.1,
    "min_child_samples": 20,
    "n_jobs": 1,
    "verbose": -1,
    "random_state": 0,
    "deterministic": True,
    "force_row_wise": True,
}

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class ToldApart:
    """How well a small model tells rows from training rows.

    Parameters
    ----------
    auc : float
        Out of fold; 0.5 is not at all.
    n_train, n_other : int
        Rows it was measured on.
    gains : ndarray of shape (n_columns,)
        How much each column told.
    odds : ndarray of shape (n_rows,)
        Of each training row, by models that have not seen it: how much likelier such
        a row is among the others; 1 where they are alike. Empty where it is not asked.
    """

    auc: float
    n_train: int
    n_other: int
    gains: Numbers
    odds: Numbers

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the AUC."""
        reach = 1.96 * self.standard_error
        return max(0.0, self.auc - reach), min(1.0, self.auc + reach)

    @property
    def standard_error(self) -> float:
        """Return the standard error of the AUC."""
        return auc_error(self.auc, self.n_train, self.n_other)


def auc_error(auc: float, n_one: int, n_other: int) -> float:
    """Return the standard error of an AUC (Hanley and McNeil 1982)."""
    squared = (
        auc * (1 - auc)
        + (n_one - 1) * (auc / (2 - auc) - auc**2)
        + (n_other - 1) * (2 * auc**2 / (1 + auc) - auc**2)
    )
    return float(np.sqrt(max(squared, 0.0) / (n_one * n_other)))


def tell_apart(
    train: Numbers,
    other: Numbers,
    most_rows: int = MOST_ROWS,
    rate_rows: bool = False,
) -> ToldApart:
    """Return how well other rows are told from training rows.

    Two small LightGBM models, each fitted on a half of at most so many rows of each
    kind, judge the rows that they have not seen.

    Parameters
    ----------
    train, other : ndarray of shape (n_rows, n_columns)
        Numbers; NaN for missing.
    most_rows : int
    rate_rows : bool
        Whether the odds of every training row are wanted.
    """
    drawn = _drawn((len(train), len(other)), most_rows)
    seen, gains, models = _judged(train[drawn[0]], other[drawn[1]])
    n_train, n_other = map(len, drawn)
    odds = np.zeros(0)
    if rate_rows:
        chance = np.mean([_positive(model, train) for model in models], axis=0)
        chance[drawn[0]] = seen[:n_train]
        odds = chance / np.maximum(1 - chance, 1e-9) * n_train / n_other
    return ToldApart(_auc(seen, n_train), n_train, n_other, gains, odds)


def _drawn(sizes: tuple[int, int], most_rows: int) -> list[Rows]:
    """Return the places of rows that are drawn of each kind, in order."""
    rng = np.random.default_rng(1)
    return [np.sort(rng.permutation(size)[:most_rows]) for size in sizes]


def _auc(seen: Numbers, n_train: int) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(np.arange(len(seen)) >= n_train, seen))


def _judged(train: Numbers, other: Numbers) -> tuple[Numbers, Numbers, list[Any]]:
    """Return what each half's model says of the other half, the gains, the models."""
    from lightgbm import LGBMClassifier

    X = np.vstack([train, other])
    is_other = np.repeat([0, 1], [len(train), len(other)])
    fold = np.random.default_rng(0).permutation(len(X)) % N_FITS
    seen, gains, models = np.zeros(len(X)), np.zeros(X.shape[1]), []
    for number in range(N_FITS):
        model = LGBMClassifier(importance_type="gain", **PARAMETERS)
        model.fit(X[fold != number], is_other[fold != number])
        seen[fold == number] = _positive(model, X[fold == number])
        gains += model.feature_importances_
        models.append(model)
    return seen, gains, models


def weights_by_likeness(apart: ToldApart) -> Numbers:
    """Return weights of training rows by which they are as the others; mean 1.

    The odds of a row, ten at most and a tenth at least: few rows that stand for all
    would leave a score of them alone (Shimodaira 2000). All 1 where the rows cannot be
    told apart.
    """
    if apart.interval[0] <= 0.5:
        return np.ones(len(apart.odds))
    weights = np.clip(apart.odds, 1 / LARGEST_ODDS, LARGEST_ODDS)
    return weights / weights.mean()


def effective_rows(weights: Numbers) -> float:
    """Return how many rows of one weight tell as much as these (Kish 1965).

    Examples
    --------
    >>> effective_rows(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    return float(weights.sum() ** 2 / np.square(weights).sum())


def most_alike(odds: Numbers, n_splits: int, share: float, seed: int) -> Folds:
    """Return folds that validate only the training rows most like the test.

    Every fold is fitted on all rows but its own.

    Parameters
    ----------
    odds : ndarray of shape (n_rows,)
        See `ToldApart`.
    n_splits : int
    share : float
        How many of the rows are validated.
    seed : int
        Deals them to the folds, and breaks ties.

    Examples
    --------
    >>> folds = most_alike(np.array([0.1, 3.0, 0.2, 2.0]), 2, share=0.5, seed=0)
    >>> sorted(int(row) for _, valid in folds for row in valid)
    [1, 3]
    """
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(odds)), -odds))
    n_valid = min(len(odds), max(n_splits, round(share * len(odds))))
    dealt = rng.permutation(order[:n_valid])
    everyone = np.arange(len(odds))
    parts = [np.sort(dealt[number::n_splits]) for number in range(n_splits)]
    pairs = [(np.setdiff1d(everyone, part), part) for part in parts if len(part)]
    return Folds(tuple(pairs), len(odds))


def apart_in_folds(train: Numbers, folds: Folds) -> list[ToldApart]:
    """Return how well the validation rows of some folds are told from fitted ones."""
    found = []
    for pair in list(folds)[:MOST_FOLDS]:
        if _are_enough(*pair):
            drawn = _drawn((len(pair[0]), len(pair[1])), ROWS_OF_A_FOLD)
            few = [rows[places] for rows, places in zip(pair, drawn, strict=True)]
            seen, gains, _ = _judged(*(train[rows] for rows in few))
            auc = _auc(seen, len(few[0]))
            n_fitted, n_valid = (len(rows) for rows in few)
            found.append(ToldApart(auc, n_fitted, n_valid, gains, np.zeros(0)))
    return found


def _are_enough(fitted: Rows, checked: Rows) -> bool:
    return min(len(fitted), len(checked)) >= FEWEST_ROWS


def _positive(model: Any, X: Numbers) -> Numbers:
    return np.asarray(model.predict_proba(X), dtype=np.float64)[:, 1]
