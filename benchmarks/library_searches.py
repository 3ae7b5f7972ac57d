"""The libraries' estimators with the search each library recommends for them.

Boosting stops early on a fifth of its training rows; scikit-learn's linear models are
its ...CV classes with the penalties these try by themselves, and its other models sit
in a GridSearchCV over decades. Every fold searches for itself, on its training rows.
"""

import inspect
from functools import partial
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import is_classifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import HuberRegressor
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVR, LinearSVR
from xgboost import XGBClassifier, XGBRegressor

LEAVES = {"min_samples_leaf": [1, 3, 10, 30]}
NEIGHBORS = {"n_neighbors": [5, 15, 60]}
INVERSE_PENALTIES = {"C": [0.01, 0.1, 1.0, 10.0]}
PENALTIES = {"alpha": [0.01, 0.1, 1.0, 10.0]}


class _StopsEarly:
    """Fits on four fifths of the rows and stops by the loss of the others."""

    def fit(self, X: Any, y: Any) -> Any:
        """Fit to a table and its target."""
        strata = y if is_classifier(self) and np.bincount(y).min() > 1 else None
        parts = train_test_split(X, y, test_size=0.2, random_state=0, stratify=strata)
        X_fit, X_held, y_fit, y_held = parts
        return super().fit(X_fit, y_fit, **self._watch(X_held, y_held))


class _StoppedLightGBM(_StopsEarly):
    def _watch(self, X: Any, y: Any) -> dict[str, Any]:
        return {"eval_X": X, "eval_y": y}


class _StoppedXGBoost(_StopsEarly):
    def _watch(self, X: Any, y: Any) -> dict[str, Any]:
        return {"eval_set": [(X, y)], "verbose": False}


class StoppedLGBMClassifier(_StoppedLightGBM, LGBMClassifier):
    """LightGBM's classifier."""


class StoppedLGBMRegressor(_StoppedLightGBM, LGBMRegressor):
    """LightGBM's regressor."""


class StoppedXGBClassifier(_StoppedXGBoost, XGBClassifier):
    """XGBoost's classifier."""


class StoppedXGBRegressor(_StoppedXGBoost, XGBRegressor):
    """XGBoost's regressor."""


def searched(
    estimator: type, grid: dict[str, list[float]], random_state: int = 0
) -> GridSearchCV:
    """Return scikit-learn's search over a grid, in five folds."""
    seeded = "random_state" in inspect.signature(estimator).parameters
    model = estimator(random_state=random_state) if seeded else estimator()
    scoring = "neg_log_loss" if is_classifier(model) else "neg_mean_squared_error"
    return GridSearchCV(model, grid, scoring=scoring)


knn_classifier = partial(searched, KNeighborsClassifier, NEIGHBORS)
knn_regressor = partial(searched, KNeighborsRegressor, NEIGHBORS)
extra_trees_classifier = partial(searched, ExtraTreesClassifier, LEAVES)
extra_trees_regressor = partial(searched, ExtraTreesRegressor, LEAVES)
random_forest_classifier = partial(searched, RandomForestClassifier, LEAVES)
random_forest_regressor = partial(searched, RandomForestRegressor, LEAVES)
huber = partial(searched, HuberRegressor, PENALTIES)
naive_bayes = partial(searched, MultinomialNB, PENALTIES)
linear_svm = partial(searched, LinearSVR, INVERSE_PENALTIES)
kernel_svm = partial(searched, SVR, INVERSE_PENALTIES)
