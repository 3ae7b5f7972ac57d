"""LightGBM in the kit's hands."""

import numpy as np
import pytest

from ensemble_kit.catalog import MODELS


@pytest.mark.parametrize("name", ["lightgbm", "lightgbm_dart"])
def test_targets_far_from_zero_are_met(name):
    X = np.random.default_rng(0).normal(size=(400, 3))
    y = 1000.0 + X[:, 0]
    model = MODELS[name].build("regression", {"n_estimators": 200}, 0)
    errors = y - model.fit(X, y).predict(X)
    assert np.sqrt(np.mean(errors**2)) < 0.3
