"""Intervals of scores from parts of the rows left out."""

import numpy as np
import pytest

from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.jackknife import estimate, quick_scorer, row_parts


def mean_estimate(values, units):
    without = np.array([values[rows].mean() for rows in row_parts(units)])
    return estimate(values.mean(), without)


def test_the_interval_of_a_mean_holds_the_truth_in_95_of_100_draws():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        low, high = mean_estimate(rng.normal(size=150), np.arange(150)).interval
        held += low <= 0 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_rows_of_one_group_count_as_one():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 10)
    values = rng.normal(size=60)[groups]
    together, apart = (mean_estimate(values, u) for u in (groups, np.arange(600)))
    assert together.standard_error > 2 * apart.standard_error


def test_few_units_have_no_interval():
    assert row_parts(np.arange(19)) == []
    assert estimate(0.5, np.array([])).interval is None


def test_an_interval_ends_at_the_optimum():
    without = np.array([0.9, 1.0] * 10)
    assert estimate(0.98, without, METRICS["accuracy"]).interval[1] == 1.0


def test_a_quick_auc_is_the_metric():
    rng = np.random.default_rng(0)
    positive = rng.random(200).round(2)
    y, probabilities = rng.integers(0, 2, 200), np.stack([1 - positive, positive], 1)
    quick = quick_scorer(METRICS["auc"])(y, probabilities, None)
    assert quick == pytest.approx(METRICS["auc"](y, probabilities), abs=1e-12)
