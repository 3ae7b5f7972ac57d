"""Forests asked for few rows: the same sums in the same order, without the ceremony.

Scikit-learn starts a job for every tree. For a handful of rows that takes a hundred
times as long as the walk down the tree.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.oof.matrix import Matrix

FEW = 100
FORESTS = (
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
)


class ForestWalk:
    """A fitted forest of one output that predicts a few dense rows.

    Parameters
    ----------
    forest : fitted forest of scikit-learn
    """

    def __init__(self, forest: BaseEstimator):
        self.forest = forest

    @property
    def classes_(self) -> NDArray[Any]:
        """Return the forest's classes."""
        return self.forest.classes_

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the forest's probabilities, bit for bit."""
        return self._mean(X, len(self.forest.classes_))

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return a regression forest's values, bit for bit."""
        return self._mean(X, 1)[:, 0]

    def _mean(self, X: NDArray[Any], n_outputs: int) -> NDArray[np.float64]:
        rows = np.ascontiguousarray(X, dtype=np.float32)
        total = np.zeros((len(rows), n_outputs))
        for tree in self.forest.estimators_:
            total += tree.tree_.predict(rows)[:, :n_outputs]
        total /= len(self.forest.estimators_)
        return total


def for_few_rows(estimator: BaseEstimator, X: Matrix) -> Any:
    """Return what predicts these rows as the estimator does, sooner where it can."""
    is_few = isinstance(X, np.ndarray) and X.ndim == 2 and len(X) <= FEW
    if not (is_few and _is_forest(estimator) and estimator.n_outputs_ == 1):
        return estimator
    return ForestWalk(estimator)


def coded_for_few(estimator: BaseEstimator, parts: Sequence[Any]) -> Any:
    """Return a few rows as an estimator reads them of a frame, without that frame.

    Parameters
    ----------
    estimator : fitted estimator
    parts : sequence
        From `FeatureSet.parts`.

    Returns
    -------
    object or None
        None where there are many rows, no frame is to be made, or the estimator has
        no such way.
    """
    is_framed = any(isinstance(part, pd.DataFrame) for part in parts)
    if not is_framed or parts[0].shape[0] > FEW or not hasattr(estimator, "coded"):
        return None
    return estimator.coded(parts)


def _is_forest(estimator: BaseEstimator) -> bool:
    """Return whether this is a forest of scikit-learn's, importing nothing for that."""
    home, name = sys.modules.get("sklearn.ensemble"), type(estimator).__name__
    return name in FORESTS and type(estimator) is getattr(home, name, None)
