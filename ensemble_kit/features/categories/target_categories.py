"""Categories by the target's mean."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from ensemble_kit.features.categories.target_tables import TargetTablesMixin
from ensemble_kit.parameter_limits import NOT_NEGATIVE, SEVERAL, Limits, one_of


class TargetCategories(TargetTablesMixin, BaseEstimator):
    """Replace each category by a smoothed mean of the target.

    ``fit_transform`` is cross-fitted: a row's numbers come from tables that never
    saw its target, so a model that trains on them is not misled. ``transform`` uses
    tables from all training rows.

    Parameters
    ----------
    smooth : "auto" or float, default "auto"
        Weight of the overall mean, in rows. "auto" takes the target's variance
        within levels over its variance between them.
    n_splits : int, default 5
        Folds of the cross-fitting.
    random_state : int, optional
        Seed of those folds.

    Notes
    -----
    With "auto" a level's number is the best linear prediction of its mean in a
    random-effects model, one weight for all levels of a column; scikit-learn's
    "auto" (Micci-Barreca, 2001) trusts levels of a single row fully. With a number
    the two are the same. Rows count by their weights. A float target is a value; any
    other is a class, and K > 2 classes give K columns for each category.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": ["x", "x", "y", "y"]})
    >>> encoder = TargetCategories(smooth=0.0).fit(X, [0, 1, 1, 1])
    >>> encoder.transform(X).ravel().tolist()
    [0.5, 0.5, 1.0, 1.0]
    """

    _parameter_constraints: ClassVar[Limits] = {
        "smooth": [one_of(["auto"]), NOT_NEGATIVE],
        "n_splits": [SEVERAL],
    }

    def __init__(
        self,
        smooth: str | float = "auto",
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.smooth = smooth
        self.n_splits = n_splits
        self.random_state = random_state

    def _check(self) -> None:
        if self.smooth != "auto" and not float(self.smooth) >= 0:
            raise ValueError(f"smooth: 'auto' or a number >= 0, not {self.smooth!r}")
        if self.n_splits < 2:
            raise ValueError(f"n_splits must be at least 2, not {self.n_splits!r}")

    def _said(self) -> str:
        return "target"

    def _tables(
        self,
        codes: np.ndarray,
        sizes: Sequence[int],
        targets: np.ndarray,
        weights: np.ndarray,
    ) -> list[np.ndarray]:
        return [
            smoothed_means(codes[:, j], size, targets, weights, self.smooth)
            for j, size in enumerate(sizes)
        ]


def smoothed_means(
    codes: np.ndarray,
    n_levels: int,
    targets: np.ndarray,
    weights: np.ndarray,
    smooth: str | float,
) -> np.ndarray:
    """Return smoothed means of shape (n_levels + 2, n_outputs)."""
    prior = np.zeros(targets.shape[1])
    if weights.any():
        prior = np.average(targets, axis=0, weights=weights)
    table = np.tile(prior, (n_levels + 2, 1))
    counts = np.bincount(codes, weights, n_levels + 2)
    seen = counts > 0
    for k, target in enumerate(targets.T):
        sums = np.bincount(codes, weights * target, n_levels + 2)[seen]
        few = _prior_rows(codes, counts, target, weights)
        own = few if smooth == "auto" else float(smooth)
        if np.isfinite(own):
            table[seen, k] = (sums + own * prior[k]) / (counts[seen] + own)
    return table


def _prior_rows(
    codes: np.ndarray, counts: np.ndarray, target: np.ndarray, weights: np.ndarray
) -> float:
    """Return the overall mean's weight in rows: variance within over between levels.

    The variances are those of a one-way analysis of variance with random effects;
    infinite when the levels differ by no more than chance.
    """
    n_rows, n_levels = float(counts.sum()), np.count_nonzero(counts)
    n_seen = np.count_nonzero(weights)
    if not 1 < n_levels < n_seen:
        return np.inf if n_levels == n_seen else 0.0
    sums = np.bincount(codes, weights * target, len(counts))
    means = sums / np.where(counts > 0, counts, 1.0)
    within = (weights * (target - means[codes]) ** 2).sum() / (n_rows - n_levels)
    overall = np.average(target, weights=weights)
    spread = (counts * (means - overall) ** 2).sum() - (n_levels - 1) * within
    between = spread / (n_rows - (counts**2).sum() / n_rows)
    return float(within / between) if between > 0 else np.inf
