"""A small boosted forest on the members' predictions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from ensemble_kit.arrays import RandomState
from ensemble_kit.blending.blend_mixins import BlendMixin
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
)

Array = NDArray[Any]


class TreeBlend(BlendMixin, BaseEstimator):
    """Boost shallow trees on the members' outputs.

    Trees find regions where one member is better than another, at the price of
    many rows: with few, smoother blends win.

    Parameters
    ----------
    n_estimators : int
        Boosting rounds; trees per class and round.
    learning_rate : float
    num_leaves : int
        Leaves of a tree.
    min_child_samples : int
        Rows of a leaf at least.
    random_state : int, RandomState or None
    n_jobs : int
        Threads.

    Attributes
    ----------
    model_ : LGBMClassifier or LGBMRegressor
    weights_ : ndarray of shape (n_members,)
        Each member's share of the gain in all splits.
    classes_ : ndarray
        The labels behind the columns, for classification.
    """

    def __init__(
        self,
        n_estimators: int = 60,
        learning_rate: float = 0.08,
        num_leaves: int = 7,
        min_child_samples: int = 50,
        random_state: RandomState = 0,
        n_jobs: int = 1,
    ):
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "TreeBlend":
        """Boost the trees.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
            Class numbers or labels, or values.
        sample_weight : array-like of shape (n_rows,), optional
        """
        from lightgbm import LGBMClassifier, LGBMRegressor

        rows = self._fitting_rows(X, y, sample_weight)
        booster = LGBMClassifier if rows.classification else LGBMRegressor
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self.model_ = booster(
            n_estimators=self.n_estimators,
            learning_rate=self.learning_rate,
            num_leaves=self.num_leaves,
            min_child_samples=self.min_child_samples,
            importance_type="gain",
            random_state=seed,
            n_jobs=self.n_jobs,
            deterministic=True,
            force_row_wise=True,
            verbosity=-1,
        )
        matrix = _side_by_side(rows.tensor)
        self.model_.fit(matrix, rows.y, sample_weight=rows.weight * len(rows.y))
        self.weights_ = self._shares(rows)
        return self

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        # the booster itself: it names its columns and would ask for a frame
        raw = np.asarray(self.model_.booster_.predict(_side_by_side(tensor)))
        if self.n_outputs_ == 1:
            return raw[:, None]
        fitted = np.stack([1 - raw, raw], axis=1) if raw.ndim == 1 else raw
        outputs = np.zeros((len(tensor), self.n_outputs_))
        outputs[:, self.model_.classes_] = fitted[:, : len(self.model_.classes_)]
        return outputs

    def _shares(self, rows: Rows) -> NDArray[np.float64]:
        """Return each member's share of the gain."""
        gain = self.model_.feature_importances_.reshape(rows.n_members, -1).sum(axis=1)
        total = gain.sum()
        return gain / total if total > 0 else np.full(len(gain), 1 / len(gain))


def _side_by_side(tensor: Array) -> NDArray[np.float64]:
    """Return the members' outputs as columns, the first class left out."""
    first = 1 if tensor.shape[2] > 1 else 0
    return np.ascontiguousarray(
        tensor[:, :, first:].reshape(len(tensor), -1), dtype=np.float64
    )
