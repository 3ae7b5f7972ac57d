"""Which made columns pay: ranked on one part of the training rows, proved on another.

Boosted trees on all candidates rank them by gain, each tree seeing a tenth of the
columns, so that what says the same as a column at hand gets its share of chances. How
many of the ranked are taken, or none, is settled on rows that did not rank.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZES = (10, 30)
SIGMAS = 2.0
TREES, RANKING_ROUNDS, RANKING_SEEDS = 300, 80, 3
SAME = 0.98
LEAST_ROWS, MOST_CLASSES = 200, 30


class Target:
    """A target as boosted trees take it.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Floats for a regression, else class codes from 0.
    weights : ndarray of shape (n_rows,)
    """

    def __init__(self, y: NDArray[Any], weights: NDArray[np.float64]):
        self.y = y
        self.weights = weights
        self.n_classes = 0 if y.dtype.kind == "f" else len(np.unique(y))

    def take(self, rows: NDArray[np.int64]) -> "Target":
        """Return the target of some rows."""
        return Target(self.y[rows], self.weights[rows])

    def is_like(self, whole: "Target") -> bool:
        """Return whether rows of a whole are enough, with all of its classes."""
        if len(whole.y) < LEAST_ROWS or not 1 != whole.n_classes <= MOST_CLASSES:
            return False
        return self.n_classes == whole.n_classes

    @property
    def objective(self) -> dict[str, Any]:
        """Return what LightGBM is to minimise."""
        if self.n_classes == 0:
            return {"objective": "regression"}
        if self.n_classes == 2:
            return {"objective": "binary"}
        return {"objective": "multiclass", "num_class": self.n_classes}

    @property
    def trees_per_round(self) -> int:
        """Return how many trees a round of boosting fits."""
        return self.n_classes if self.n_classes > 2 else 1


def boosted(
    X: NDArray[np.float32],
    target: Target,
    n_rounds: int,
    seed: int,
    feature_fraction: float = 1.0,
) -> Any:
    """Return a small LightGBM booster, fitted on one thread."""
    import lightgbm

    parameters = {
        **target.objective,
        "learning_rate": 0.1,
        "num_leaves": 15,
        "max_bin": 63,
        "lambda_l2": 1.0,
        "feature_fraction": feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": seed,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbose": -1,
    }
    n_rounds = max(5, min(n_rounds, TREES // target.trees_per_round))
    data = lightgbm.Dataset(X, target.y, weight=target.weights)
    return lightgbm.train(parameters, data, n_rounds)


def gains(
    X: NDArray[np.float32], target: Target, seed: int, share: float = 0.1
) -> NDArray[np.float64]:
    """Return each column's gain in boosted trees, over a few seeds."""
    gain = np.zeros(X.shape[1])
    for k in range(RANKING_SEEDS):
        booster = boosted(X, target, RANKING_ROUNDS, seed + k, share)
        gain += booster.feature_importance("gain")
    return gain


def ranked(
    columns: NDArray[np.float32], gain: NDArray[np.float64], n_wanted: int
) -> list[int]:
    """Return the columns of most gain, those left out that order rows like another.

    Parameters
    ----------
    columns : ndarray of shape (n_rows, n_columns)
    gain : ndarray of shape (n_columns,)
    n_wanted : int
    """
    chosen: list[int] = []
    orders: list[NDArray[np.float64]] = []
    for place in np.argsort(-gain, kind="stable"):
        if len(chosen) == n_wanted or gain[place] <= 0:
            break
        order = _standard_ranks(columns[:, place])
        if all(abs(np.mean(order * other)) < SAME for other in orders):
            chosen.append(int(place))
            orders.append(order)
    return chosen


def proved(
    base: tuple[NDArray[np.float32], NDArray[np.float32]],
    made: tuple[NDArray[np.float32], NDArray[np.float32]],
    targets: tuple[Target, Target],
    seed: int,
    sizes: Sequence[int] = SIZES,
) -> int:
    """Return how many of the ranked columns lower the loss on rows that did not rank.

    None where no number of them does so by two standard errors.

    Parameters
    ----------
    base, made : pair of ndarray
        The table's own columns and the ranked ones, of the rows that ranked and of
        others.
    targets : pair of Target
    seed : int
    sizes : sequence of int
    """
    alone = _losses(base, targets, seed)
    best, least = 0, float(alone.mean())
    for size in sorted({min(size, made[0].shape[1]) for size in sizes} - {0}):
        wide = tuple(
            np.hstack([part, more[:, :size]])
            for part, more in zip(base, made, strict=True)
        )
        losses = _losses(wide, targets, seed)
        gain = alone - losses
        error = gain.std() / np.sqrt(len(gain))
        if losses.mean() < least and gain.mean() > SIGMAS * error:
            best, least = size, float(losses.mean())
    return best


def _losses(
    X: Sequence[NDArray[np.float32]], targets: tuple[Target, Target], seed: int
) -> NDArray[np.float64]:
    """Return the weighted loss of every row that was not fitted on."""
    predicted = boosted(X[0], targets[0], TREES, seed, 0.7).predict(X[1])
    y, weights = targets[1].y, targets[1].weights
    if targets[0].n_classes == 0:
        return weights * (y - predicted) ** 2
    if targets[0].n_classes == 2:
        predicted = np.column_stack([1 - predicted, predicted])
    return -weights * np.log(np.maximum(predicted[np.arange(len(y)), y], 1e-9))


def _standard_ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return ranks of mean 0 and deviation 1; gaps come first."""
    order = np.argsort(np.nan_to_num(values, nan=-np.inf), kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = np.arange(len(values))
    _, places = np.unique(values, return_inverse=True)
    means = np.bincount(places, ranks) / np.bincount(places)
    centred = means[places] - ranks.mean()
    spread = centred.std()
    return centred / spread if spread else centred
