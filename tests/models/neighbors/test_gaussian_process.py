"""Gaussian processes whose kernel is fitted on some of the rows."""

import numpy as np
import pytest

from ensemble_kit.models.neighbors.gaussian_process import (
    ENOUGH_ROWS,
    GaussianProcessClassifier,
    GaussianProcessRegressor,
)


@pytest.fixture
def table():
    """Return three columns, of which the second says nothing."""
    return np.random.default_rng(0).normal(size=(ENOUGH_ROWS + 100, 3))


def test_a_kernel_of_some_rows_serves_all(table):
    y = np.sin(2 * table[:, 0]) + table[:, 2]
    model = GaussianProcessRegressor(random_state=0).fit(table[:-50], y[:-50])
    errors = model.predict(table[-50:]) - y[-50:]
    assert np.abs(errors).mean() < 0.1


def test_a_class_too_rare_for_the_sample_is_still_a_class(table):
    y = np.where(table[:, 0] > 0, "a", "b")
    y[7] = "rare"
    model = GaussianProcessClassifier(random_state=0).fit(table, y)
    assert model.predict_proba(table).shape == (len(table), 3)
    assert (model.predict(table) == y).mean() > 0.95


def test_two_classes_are_told_apart_on_more_rows_than_the_kernel_saw(table):
    y = (table[:, 0] ** 2 > table[:, 2]).astype(int)
    model = GaussianProcessClassifier(random_state=0).fit(table[:-50], y[:-50])
    assert (model.predict(table[-50:]) == y[-50:]).mean() > 0.85
