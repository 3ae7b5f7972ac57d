"""Linear models of sparse texts as plain arrays, and how strong their penalty is."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import MultinomialNB

from ensemble_kit.features.cross_fitting import contrasts
from ensemble_kit.features.texts.count_chunks import row_runs

Linear = tuple[NDArray[np.float64], NDArray[np.float64]]
Split = tuple[NDArray[np.int64], NDArray[np.int64]]

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
USUAL = 1.0
# A stronger or weaker penalty must agree better by this share.
_GAIN = 0.01
# Validation rows that are enough to choose by, and training rows that are enough to
# choose with: the best penalty of rows of length 1 hardly changes with their number.
_ENOUGH_ROWS = 2000
_ENOUGH_TRAINING_ROWS = 20_000


def fit_ridge(X: sp.csr_matrix, targets: NDArray[Any], alpha: float) -> Linear:
    """Return coefficients (n_terms, n_targets) and intercepts of a ridge regression.

    Indicators of classes are taken as -1 and 1 by whoever makes them. Of two classes
    the second is fitted; the first is its mirror image.
    """
    n_targets = targets.shape[1]
    wanted = targets[:, 1] if n_targets == 2 else targets
    ridge = Ridge(alpha=alpha, solver="lsqr", tol=1e-3, copy_X=False)
    ridge.fit(X, wanted)
    coef, intercept = ridge.coef_.T, np.atleast_1d(ridge.intercept_)
    if n_targets == 2:
        return np.outer(coef, [-1, 1]), np.outer(intercept, [-1, 1])[0]
    return coef.reshape(X.shape[1], -1), intercept


def fit_naive_bayes(
    X: sp.csr_matrix, indicators: NDArray[Any], smoothing: float
) -> Linear:
    """Return log-probabilities (n_terms, n_classes) and log-priors.

    Every class has a column, those without a row included. What is positive
    indicates a class.
    """
    inside = indicators > 0
    model = MultinomialNB(alpha=smoothing)
    labels, classes = inside.argmax(1), np.arange(inside.shape[1])
    for rows in row_runs(X):  # which are made doubles on the way
        model.partial_fit(X[rows], labels[rows], classes=classes)
    prior = np.log((inside.sum(axis=0) + 1) / (len(inside) + 1))
    return model.feature_log_prob_.T, prior


def choose_penalty(
    weights: sp.csr_matrix, targets: NDArray[Any], splits: Sequence[Split]
) -> float:
    """Return the ridge penalty whose scores of unseen rows follow the targets best.

    Penalties are tried from the usual one outwards as far as they help, on as many
    of the splits as give two thousand validation rows.
    """
    n_splits = -(-_ENOUGH_ROWS // max(1, len(splits[0][1])))

    @cache
    def score(place: int) -> float:
        penalties = [
            _agreement(weights, targets, split, PENALTIES[place])
            for split in splits[:n_splits]
        ]
        return float(np.mean(penalties))

    best = PENALTIES.index(USUAL)
    for step in (1, -1):
        while 0 <= best + step < len(PENALTIES) and score(best + step) > (
            score(best) + _GAIN * abs(score(best))
        ):
            best += step
    return PENALTIES[best]


def _agreement(
    weights: sp.csr_matrix, targets: NDArray[Any], split: Split, penalty: float
) -> float:
    """Return the mean correlation of scores and targets, which no scale changes."""
    train, valid = split
    train = train[:: -(-len(train) // _ENOUGH_TRAINING_ROWS)]
    fitted = fit_ridge(weights[train], targets[train], penalty)
    coef, intercept = map(contrasts, fitted)
    scores, wanted = weights[valid] @ coef + intercept, contrasts(targets[valid])
    scores, wanted = scores - scores.mean(axis=0), wanted - wanted.mean(axis=0)
    sizes = np.sqrt((scores**2).sum(axis=0) * (wanted**2).sum(axis=0))
    return float(np.mean((scores * wanted).sum(axis=0) / np.where(sizes > 0, sizes, 1)))
