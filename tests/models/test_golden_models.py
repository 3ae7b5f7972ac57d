"""Predictions of our own models, pinned: a change raises the entry's ``version``."""

import numpy as np
import pytest

from ensemble_kit.models.bagging import BaggedRegressor
from ensemble_kit.models.linear.factorization_machine import (
    FactorizationMachineClassifier,
    FactorizationMachineRegressor,
)
from ensemble_kit.models.linear.linear_svm import LinearSVMClassifier
from ensemble_kit.models.linear.naive_bayes import NaiveBayesClassifier
from ensemble_kit.models.linear.nb_svm import NBSVMClassifier
from ensemble_kit.models.linear.quadratic_discriminant import QuadraticDiscriminant
from ensemble_kit.models.linear.ridge_classifier import CalibratedRidgeClassifier
from ensemble_kit.models.linear.sparse_logistic import SparseLogisticClassifier
from ensemble_kit.models.neighbors.class_distances import ClassDistancesClassifier
from ensemble_kit.models.neighbors.gaussian_process import (
    GaussianProcessClassifier,
    GaussianProcessRegressor,
)
from ensemble_kit.models.neighbors.kernel_svm import KernelSVMClassifier
from ensemble_kit.models.neighbors.nearest_rows import NearestRowsClassifier
from ensemble_kit.models.table_nets.sparse_mlp import (
    SparseMLPClassifier,
    SparseMLPRegressor,
)
from ensemble_kit.models.table_nets.table_mlp import (
    TableMLPClassifier,
    TableMLPRegressor,
)

SMALL = {"n_members": 2, "hidden": (16,), "random_state": 0}
GOLDEN = [
    (BaggedRegressor(n_members=5, random_state=0), (0.40177, -1.68953, -5.0907)),
    (ClassDistancesClassifier(random_state=0), (0.999492, 0.846395, 0.00370977)),
    (FactorizationMachineClassifier(random_state=0), (0.336034, 0.483245, 0.414081)),
    (FactorizationMachineRegressor(random_state=0), (-0.41062, 0.327626, -0.384205)),
    (GaussianProcessClassifier(random_state=0), (0.562069, 0.659371, 0.140792)),
    (GaussianProcessRegressor(random_state=0), (-0.126119, -1.15602, -5.30514)),
    (KernelSVMClassifier(random_state=0), (0.759499, 0.714845, 0.153524)),
    (LinearSVMClassifier(random_state=0), (0.745204, 0.694483, 0.0186078)),
    (NaiveBayesClassifier(random_state=0), (0.452495, 0.573586, 0.0534997)),
    (
        NearestRowsClassifier(n_neighbors=7, weights="distance"),
        (0.93125, 0.93125, 0.05625),
    ),
    (NBSVMClassifier(random_state=0), (0.784231, 0.578003, 0.0731387)),
    (QuadraticDiscriminant(random_state=0), (0.996542, 0.67933, 0.0111414)),
    (CalibratedRidgeClassifier(random_state=0), (0.797734, 0.612682, 0.0436508)),
    (SparseLogisticClassifier(random_state=0), (0.565371, 0.700748, 0.141664)),
    (SparseMLPClassifier(**SMALL), (0.339532, 0.518598, 0.30027)),
    (SparseMLPRegressor(**SMALL), (-0.51293, 3.53033, -6.24298)),
    (TableMLPClassifier(n_cycles=2, **SMALL), (0.525202, 0.427693, 0.213825)),
    (TableMLPRegressor(n_cycles=2, **SMALL), (-1.55197, -0.0178751, -4.41381)),
]


def predictions(model):
    """Return the first rows' predictions on a table whose numbers are formulas."""
    grid = np.arange(120.0)
    X = np.column_stack([grid % 7, (grid * 5) % 11, (grid * 3) % 4])
    score = X[:, 0] * X[:, 2] - X[:, 1] + np.sin(grid)
    if hasattr(model, "predict_proba"):
        model.fit(X, np.digitize(score, [-2, 6]))
        return model.predict_proba(X[:3])[:, 1]
    return model.fit(X, score).predict(X[:3])


@pytest.mark.parametrize(
    ("model", "expected"), GOLDEN, ids=[type(m).__name__ for m, _ in GOLDEN]
)
def test_predictions_are_the_pinned_ones(model, expected):
    assert predictions(model) == pytest.approx(expected, rel=2e-3, abs=1e-4)
