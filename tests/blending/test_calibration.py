"""Clipping and temperature: honest probabilities, unchanged order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_kit.blending import TemperatureCalibration, clip_probabilities
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_a_temperature_is_found_again(kind, temperature, make_rows):
    rng = np.random.default_rng(0)
    p = make_rows[kind](20_000, 1)[0][:, 0]
    y = (p.cumsum(axis=1) > rng.uniform(size=(len(p), 1))).argmax(axis=1)
    changed = p**temperature / (p**temperature).sum(axis=1, keepdims=True)
    fitted = TemperatureCalibration(prior=0.0).fit(changed, y)
    assert fitted.temperature_ == pytest.approx(temperature, rel=0.05)


def test_calibration_keeps_the_order_of_classes_and_lowers_log_loss(make_rows):
    tensor, y = make_rows["multiclass"](2000, 1)
    p = tensor[:, 0] ** 3 / (tensor[:, 0] ** 3).sum(axis=1, keepdims=True)
    calibrated = (
        TemperatureCalibration().fit(p[:1000], y[:1000]).predict_proba(p[1000:])
    )
    assert np.array_equal(calibrated.argsort(axis=1), p[1000:].argsort(axis=1))
    loss = METRICS["log_loss"]
    assert loss(y[1000:], calibrated) < loss(y[1000:], p[1000:])


def test_the_prior_leaves_few_rows_nearly_alone():
    p = np.array([[0.9, 0.1]] * 3)
    weak, strong = (
        TemperatureCalibration(prior=prior).fit(p, [1, 1, 1]) for prior in (0.1, 100)
    )
    assert weak.temperature_ > 5
    assert strong.temperature_ < 1.1


@given(st.integers(2, 9), st.floats(0, 0.1), st.integers(0, 999))
def test_clipped_rows_sum_to_one_and_keep_their_order(n_classes, smallest, seed):
    p = np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.1), 20)
    clipped = clip_probabilities(p, smallest)
    assert clipped.min() >= smallest - 1e-12
    assert clipped.sum(axis=1) == pytest.approx(1)
    assert np.all(np.diff(np.take_along_axis(clipped, p.argsort(axis=1), 1)) >= -1e-12)


def test_what_is_not_probabilities_is_refused():
    with pytest.raises(PipelineError, match="smallest is 0.5"):
        clip_probabilities(np.full((2, 2), 0.5), smallest=0.5)
    with pytest.raises(PipelineError, match="found shape"):
        TemperatureCalibration().fit([[-1.0, 2.0]], [0])


def test_calibration_predicts_labels():
    p = np.array([[0.9, 0.1], [0.2, 0.8]])
    fitted = TemperatureCalibration().fit(p, ["no", "yes"])
    assert fitted.predict(p).tolist() == ["no", "yes"]
