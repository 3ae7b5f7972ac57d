"""Boosted trees for how far a series comes to be from what it was."""

import numpy as np
import pytest

from ensemble_kit.models.boosting.detrended_boosting import DetrendedLightGBM
from ensemble_kit.models.boosting.differenced_boosting import DifferencedLightGBM

RNG = np.random.default_rng(0)
BEFORE = np.append(np.full(60, np.nan), np.arange(240.0))
X = np.column_stack([BEFORE, RNG.normal(size=300)])
Y = np.append(np.full(60, -900.0), BEFORE[60:] + np.sign(X[60:, 1]))
LATER = np.array([[900.0, 2.0], [900.0, -2.0]])


def test_rows_that_nothing_was_known_of_move_no_forecast():
    model = DifferencedLightGBM(n_estimators=100, random_state=0)
    found = model.fit(X, Y).predict(LATER)
    assert found == pytest.approx([901, 899], abs=0.3)
    others = np.where(np.isnan(BEFORE), 10_000.0, Y)
    assert np.array_equal(model.fit(X, others).predict(LATER), found)
    few = {"n_estimators": 5, "random_state": 0}
    errors = [
        np.abs(kind(**few).fit(X, Y).predict(LATER) - [901, 899]).max()
        for kind in (DifferencedLightGBM, DetrendedLightGBM)
    ]
    assert errors[0] < errors[1] / 10


def test_weights_of_rows_are_kept_beside():
    heavy = np.where(X[:, 1] > 0, 1.0, 0.0)
    model = DifferencedLightGBM(n_estimators=100, random_state=0)
    found = model.fit(X, Y, heavy).predict(LATER)
    assert found == pytest.approx([901, 901], abs=0.3)


def test_the_probe_looks_at_rows_that_something_was_known_of():
    losses = []
    model = DifferencedLightGBM(n_estimators=40, learning_rate=0.2, random_state=0)
    X_valid = np.vstack([LATER, [np.nan, 0.0]])
    valid = (X_valid, np.array([901.0, 899.0, -900.0]), None)
    model.fit_watched(X, Y, None, valid, lambda at, loss: losses.append(loss) or False)
    assert losses[-1] < 0.1 < losses[0] < 2


def test_where_nothing_is_known_of_any_row_the_mean_is_learnt():
    unknown = np.column_stack([np.full(80, np.nan), RNG.normal(size=80)])
    model = DifferencedLightGBM(n_estimators=20, random_state=0)
    found = model.fit(unknown, np.full(80, 7.0)).predict(unknown)
    assert found == pytest.approx(np.full(80, 7.0))
