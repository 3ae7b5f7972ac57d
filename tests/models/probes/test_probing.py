"""Probes: the right complexity from one inner split."""

import time

import numpy as np
import pytest

from ensemble_kit.models.boosting.lightgbm_boosting import (
    LightGBMClassifier,
    LightGBMRegressor,
)
from ensemble_kit.models.linear.ridge_classifier import CalibratedRidgeClassifier
from ensemble_kit.models.probes.noting import note, noting, thinned
from ensemble_kit.models.probes.probing import RoundsWatch, lightgbm_rounds
from ensemble_kit.models.probes.probing_epochs import passes
from ensemble_kit.models.probes.probing_grid import best_of
from ensemble_kit.models.probes.valid_losses import log_loss, valid_loss
from ensemble_kit.models.table_nets.sparse_mlp import SparseMLPClassifier


def noisy(n_rows=300, noise=1.0):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 4))
    y = (X[:, 0] + noise * rng.normal(size=n_rows) > 0).astype(int)
    half = n_rows // 2
    return X[:half], y[:half], X[half:], y[half:]


def test_patience_falls_with_rows_and_grows_with_rounds():
    assert RoundsWatch(1_000).patience() == 100
    assert RoundsWatch(20_000).patience() == 50
    assert RoundsWatch(10_000_000).patience() == 20
    assert RoundsWatch(60_000, gain_round=1_000).patience() == 320


def test_rounds_grow_by_the_rows_the_probe_held_out():
    watch = RoundsWatch(800)
    watch.stop(100, 0.5)
    assert watch.rounds(n_valid=200) == 125


def test_a_probe_stops_when_gains_are_not_worth_their_time():
    watch = RoundsWatch(10_000)
    losses = 1.0 - 1e-8 * np.arange(10_000)
    stopped = next(n for n, loss in enumerate(losses, 1) if watch.stop(n, loss))
    assert stopped < 200


def test_noise_gets_fewer_rounds_than_signal():
    model = LightGBMClassifier(random_state=0)
    loud = lightgbm_rounds(model, *noisy(noise=4.0))
    clear = lightgbm_rounds(model, *noisy(noise=0.1))
    assert loud["n_estimators"] < clear["n_estimators"]


def test_a_probe_returns_by_its_deadline():
    X_fit, _, X_valid, _ = noisy()
    y_fit, y_valid = X_fit.sum(axis=1), X_valid.sum(axis=1)
    late = time.monotonic() - 1.0
    model = LightGBMRegressor(learning_rate=1e-3, random_state=0)
    found = lightgbm_rounds(model, X_fit, y_fit, X_valid, y_valid, None, late)
    assert found["n_estimators"] <= 20


def test_a_class_known_to_valid_rows_alone_ends_no_probe():
    X_fit, y_fit, X_valid, y_valid = noisy()
    y_valid = np.where(np.arange(len(y_valid)) < 5, 7, y_valid)
    found = lightgbm_rounds(
        LightGBMClassifier(random_state=0), X_fit, y_fit, X_valid, y_valid
    )
    assert found["n_estimators"] > 0


def test_an_unknown_class_costs_a_fixed_price():
    proba = np.array([[0.5, 0.5], [0.5, 0.5]])
    loss = log_loss(proba, np.array([0, 9]), np.array([0, 1]))
    assert loss == pytest.approx((np.log(2) - np.log(1e-6)) / 2)


def test_a_grid_is_climbed_to_its_best_value():
    split, grid = noisy(noise=0.5), (0.01, 1.0, 100.0, 1e4, 1e6)
    model = CalibratedRidgeClassifier(alpha=1.0, random_state=0)
    found = best_of("alpha", grid, model, *split)
    losses = [
        valid_loss(model.set_params(alpha=a).fit(*split[:2]), *split[2:]) for a in grid
    ]
    assert losses[grid.index(found["alpha"])] <= losses[1]


def test_a_network_trained_as_long_as_its_probe_is_the_probes_network():
    X_fit, y_fit, X_valid, y_valid = noisy()
    model = SparseMLPClassifier(hidden=(8,), n_members=1, random_state=0)
    found = passes("epochs", 6, 6, model, X_fit, y_fit, X_valid, y_valid)
    losses = [
        valid_loss(model.set_params(epochs=n).fit(X_fit, y_fit), X_valid, y_valid)
        for n in range(1, 7)
    ]
    assert int(np.argmin(losses)) + 1 == found["epochs"]


def test_what_a_probe_saw_is_noted_where_anybody_listens():
    split = noisy(noise=0.5)
    with noting() as noted:
        found = lightgbm_rounds(LightGBMClassifier(random_state=0), *split)
        best_of("alpha", (0.01, 1.0, 100.0), CalibratedRidgeClassifier(), *split)
    rounds = np.array(noted["n_estimators"])
    # As many rows were held out as were fitted on: twice the rounds are taken.
    lowest = int(rounds[rounds[:, 1].argmin(), 0])
    assert found["n_estimators"] == 2 * lowest
    assert 2 <= len(noted["alpha"]) <= 3
    note("alpha", 1.0, 0.5)  # to nobody
    assert len(noted["alpha"]) <= 3


def test_a_long_curve_keeps_its_ends_and_its_lowest_point():
    points = [(k, abs(k - 333) / 999) for k in range(1, 1000)]
    few = thinned(points[::-1])
    assert len(few) <= 60 and (333, 0.0) in few
    assert few[0] == points[0] and few[-1] == points[-1]
    assert thinned([(2, 0.1), (1, 0.2)]) == [(1, 0.2), (2, 0.1)]
