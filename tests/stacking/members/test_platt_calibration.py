"""Decision values become probabilities that mean what they say."""

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize
from scipy.special import softmax

from ensemble_kit.stacking.members.platt_calibration import SoftenedLoss, fit_platt

START = np.array([1.0, 0.0, 0.0, 0.0])


def drawn(temperature, n_rows=6000, n_classes=3):
    """Return decisions, and classes drawn from the probabilities they stand for."""
    rng = np.random.default_rng(0)
    decisions, bias = rng.normal(size=(n_rows, n_classes)), np.array([0.4, 0, -0.4])
    chance = softmax(temperature * decisions + bias[:n_classes], axis=1)
    edges = chance.cumsum(axis=1)
    return decisions, (rng.uniform(size=(n_rows, 1)) > edges).sum(axis=1)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_temperature_and_biases_of_the_truth_are_found(scale):
    decisions, codes = drawn(2.0)
    found = fit_platt(decisions * scale, codes, np.ones(len(codes)))
    assert found.temperature * scale == pytest.approx(2.0, rel=0.05)
    bias = found.bias - found.bias.mean()
    np.testing.assert_allclose(bias, [0.4, 0, -0.4], atol=0.08)


def test_the_minimum_is_that_of_a_general_optimiser():
    decisions, codes = drawn(1.5, 200)
    softened = np.eye(3)[codes] * 0.9 + 0.1 / 3
    loss = SoftenedLoss(decisions, softened, np.full(200, 1 / 200))
    wanted = minimize(lambda theta: loss(theta)[:2], START, jac=True, tol=1e-12)
    found = fit_platt(decisions, codes, np.ones(200))
    own = SoftenedLoss(decisions, _softened_of(codes), np.full(200, 1 / 200))
    best = minimize(lambda theta: own(theta)[:2], START, jac=True, tol=1e-12)
    at = np.append(found.temperature, found.bias)
    assert own(at)[0] == pytest.approx(best.fun, abs=1e-7)
    theta = wanted.x + 0.3
    gradient = check_grad(lambda t: loss(t)[0], lambda t: loss(t)[1], theta)
    assert gradient < 1e-6
    step = 1e-5 * np.eye(len(theta))
    hessian = [(loss(theta + s)[1] - loss(theta - s)[1]) / 2e-5 for s in step]
    np.testing.assert_allclose(loss(theta)[2], hessian, atol=1e-6)


def _softened_of(codes):
    doubt = 0.25 / (len(codes) + 1)
    return np.eye(3)[codes] * (1 - 1.5 * doubt) + doubt / 2


@pytest.mark.parametrize("n_rows", [10, 100])
def test_classes_that_are_parted_perfectly_stay_a_little_uncertain(n_rows):
    decisions = np.repeat([[1.0, -1.0], [-1.0, 1.0]], n_rows, axis=0)
    codes = np.repeat([0, 1], n_rows)
    found = fit_platt(decisions, codes, np.ones(2 * n_rows)).probabilities(decisions)
    own = found[np.arange(2 * n_rows), codes]
    assert own == pytest.approx(1 - 0.25 / (2 * n_rows + 1), rel=1e-3)
    assert (own < 1).all()


@pytest.mark.parametrize("decisions", ["alike", "reversed", "noise"])
def test_decisions_that_tell_nothing_give_the_shares_of_the_classes(decisions):
    rng, codes = np.random.default_rng(0), np.repeat([0, 1], [300, 100])
    signs = np.column_stack([1.0 - codes, codes])
    values = {
        "alike": np.ones((400, 2)),
        "reversed": -signs + rng.normal(scale=0.1, size=(400, 2)),
        "noise": rng.normal(size=(400, 2)),
    }[decisions]
    found = fit_platt(values, codes, np.ones(400)).probabilities(values)
    assert found[:, 1] == pytest.approx(0.25, abs=0.05)


def test_weights_count_as_rows():
    decisions, codes = drawn(1.0, 300)
    light = np.where(codes == 2, 1e-9, 1.0)
    found = fit_platt(decisions, codes, light).probabilities(decisions.copy())
    assert found[:, 2].max() < 0.2
    for scale in (1e-200, 1e200):
        again = fit_platt(decisions, codes, light * scale)
        assert np.allclose(again.probabilities(decisions.copy()), found)
