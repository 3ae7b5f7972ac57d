"""Rows like the test's, by a classifier of the two."""

import numpy as np
import pytest

from ensemble_kit.splitting.adversarial import (
    effective_rows,
    most_alike,
    tell_apart,
    weights_by_likeness,
)


@pytest.fixture
def shifted():
    """Return training rows around 0 and test rows around 1, in one of two columns."""
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(1500, 2)), rng.normal(size=(1000, 2))
    test[:, 0] += 1
    return train, test


def test_the_column_that_differs_tells_rows_apart(shifted):
    told = tell_apart(*shifted)
    # Two normals one deviation apart: Phi(1 / sqrt(2)).
    assert told.auc == pytest.approx(0.76, abs=0.04)
    assert told.interval[0] < 0.76 < told.interval[1] and told.gains.argmax() == 0
    assert told.odds.size == 0


def test_odds_follow_the_density_ratio(shifted):
    train, _ = shifted
    odds = tell_apart(*shifted, rate_rows=True).odds
    # Of two normals one deviation apart it is exp(x - 1/2).
    true = np.exp(train[:, 0] - 0.5)
    assert np.corrcoef(np.log(odds), np.log(true))[0, 1] > 0.8
    assert np.median(odds / true) == pytest.approx(1, abs=0.15)


def test_weights_make_the_mean_of_train_that_of_the_test(shifted):
    train, test = shifted
    weights = weights_by_likeness(tell_apart(*shifted, rate_rows=True))
    mean = np.average(train[:, 0], weights=weights)
    assert abs(mean - test[:, 0].mean()) < 0.3 and weights.mean() == pytest.approx(1)
    assert 100 < effective_rows(weights) < 1200


def test_rows_that_cannot_be_told_apart_weigh_alike(shifted):
    train, _ = shifted
    told = tell_apart(train[:700], train[700:], rate_rows=True)
    assert (weights_by_likeness(told) == 1).all()


def test_rows_beyond_the_sample_are_rated_as_those_inside(shifted):
    train, test = shifted
    odds = tell_apart(train, test, most_rows=500, rate_rows=True).odds
    assert len(odds) == len(train) and np.corrcoef(odds, train[:, 0])[0, 1] > 0.5


def test_the_rows_most_like_the_test_are_validated_and_all_others_fitted():
    odds = np.random.default_rng(0).random(90)
    folds = most_alike(odds, 5, share=0.5, seed=0)
    checked = np.flatnonzero(folds.times_validated)
    assert len(folds) == 5 and len(checked) == 45
    assert odds[checked].min() >= np.delete(odds, checked).max()
    assert all(len(fitted) == 90 - len(valid) for fitted, valid in folds)
