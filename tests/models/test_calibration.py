"""Probabilities from decision values."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.svm import LinearSVC

from ensemble_kit.models.calibration import (
    fit_calibrated,
    fit_calibration,
    inner_decisions,
)


def draw(temperature, bias, n_rows=4000):
    """Return decision values and classes drawn from their calibrated softmax."""
    rng = np.random.default_rng(0)
    decisions = rng.normal(size=(n_rows, 3))
    proba = softmax(temperature * decisions + bias, axis=1)
    codes = (proba.cumsum(axis=1) > rng.random((n_rows, 1))).argmax(axis=1)
    return decisions, codes


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_calibration_finds_the_temperature_and_biases_of_the_truth(temperature):
    bias = np.array([0.5, -1.0, 0.5])
    decisions, codes = draw(temperature, bias)
    found = fit_calibration(decisions, codes, np.ones(len(codes)))
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    assert found.bias - found.bias.mean() == pytest.approx(bias, abs=0.15)


def test_probabilities_have_the_bits_of_the_softmax_of_scipy():
    decisions, codes = draw(2.0, np.zeros(3), n_rows=50)
    found = fit_calibration(decisions, codes, np.ones(50))
    scores = found.temperature * decisions + found.bias
    assert found.probabilities(decisions).tobytes() == softmax(scores, axis=1).tobytes()


def test_weights_count_as_rows():
    decisions, codes = draw(1.0, np.zeros(3), n_rows=200)
    twice = np.arange(200) < 50
    weighted = fit_calibration(decisions, codes, 1.0 + twice)
    rows = np.r_[np.arange(200), np.flatnonzero(twice)]
    repeated = fit_calibration(decisions[rows], codes[rows], np.ones(250))
    assert weighted.temperature == pytest.approx(repeated.temperature, rel=1e-3)


def test_a_row_is_never_judged_by_a_model_that_saw_it():
    rng = np.random.default_rng(1)
    X, codes = rng.normal(size=(80, 60)), rng.integers(0, 2, 80)
    held_out = inner_decisions(LinearSVC, X, codes, None, 4, 0)
    own = LinearSVC().fit(X, codes).decision_function(X) > 0
    assert (own == codes).mean() > 0.95
    assert (held_out.argmax(axis=1) == codes).mean() < 0.75


def test_a_class_of_one_row_ends_no_fit():
    X = np.arange(12.0)[:, None]
    codes = np.array([0] * 6 + [1] * 5 + [2])
    _, calibration = fit_calibrated(LinearSVC, X, codes, None, 3, 0)
    assert np.isfinite(calibration.bias).all()
