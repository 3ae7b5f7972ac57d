"""Intervals of scores from parts of the rows left out."""

import numpy as np
import pytest

from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.jackknife import (
    auc_without_parts,
    estimate,
    part_of_rows,
    quick_scorer,
    row_parts,
    scores_without_parts,
)


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


@pytest.mark.slow
def test_the_interval_of_a_high_auc_holds_the_truth_in_95_of_100_draws():
    rng, metric, held = np.random.default_rng(0), METRICS["auc"], 0
    parts = part_of_rows(np.arange(100))
    for _ in range(300):
        positive = rng.random(100) < 0.5
        drawn = rng.normal(size=100) + 2.66 * positive  # an AUC of 0.97
        proba = np.column_stack([-drawn, drawn])
        without = auc_without_parts(drawn, positive, parts)
        value = metric(positive.astype(int), proba)
        low, high = estimate(value, without, metric).interval
        held += low <= 0.97 <= high <= 1
    assert 0.92 <= held / 300 <= 0.98


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
    assert 0.98 < estimate(0.98, without, METRICS["accuracy"]).interval[1] < 1.0


def test_a_quick_auc_is_the_metric():
    rng = np.random.default_rng(0)
    positive = rng.random(200).round(2)
    y, probabilities = rng.integers(0, 2, 200), np.stack([1 - positive, positive], 1)
    quick = quick_scorer(METRICS["auc"])(y, probabilities, None)
    assert quick == pytest.approx(METRICS["auc"](y, probabilities), abs=1e-12)


def test_the_auc_without_a_part_is_that_of_the_rows_that_stay():
    rng = np.random.default_rng(0)
    scores, positive = rng.random(300).round(2), rng.random(300) < 0.2
    units = np.arange(300) // 2
    found = auc_without_parts(scores, positive, part_of_rows(units))
    wanted = [
        METRICS["auc"](
            positive[rows].astype(int), np.stack([1 - scores, scores], 1)[rows]
        )
        for rows in row_parts(units)
    ]
    assert found == pytest.approx(wanted, abs=1e-12)


def test_no_auc_is_told_where_a_part_holds_all_of_a_class():
    parts = part_of_rows(np.arange(40))
    found = auc_without_parts(np.linspace(0, 1, 40), parts == 3, parts)
    assert np.flatnonzero(np.isnan(found)).tolist() == [3]


def test_parts_that_are_scored_alone_tell_a_mean_to_the_last_digits():
    values = np.random.default_rng(0).normal(size=12_345)
    parts = part_of_rows(np.arange(12_345) // 3)
    plain, alone = (
        scores_without_parts(lambda rows: values[rows].mean(), parts, is_large)
        for is_large in (False, True)
    )
    assert alone == pytest.approx(plain, abs=1e-12)
    assert not np.array_equal(alone, plain)  # they were found in another way


@pytest.mark.parametrize("name", ["f1", "mcc", "log_loss", "average_precision"])
def test_parts_that_are_scored_alone_give_the_interval_of_parts_left_out(name):
    rng, metric = np.random.default_rng(0), METRICS[name]
    y = (rng.random(40_000) < 0.3).astype(int)
    positive = 1 / (1 + np.exp(-rng.normal(size=40_000) - 2 * y + 1))
    probabilities = np.stack([1 - positive, positive], axis=1)
    parts = part_of_rows(np.arange(40_000))

    def score(rows):
        return metric(y[rows], probabilities[rows])

    value = score(np.arange(40_000))
    errors = [
        estimate(value, scores_without_parts(score, parts, is_large)).standard_error
        for is_large in (False, True)
    ]
    assert errors[1] == pytest.approx(errors[0], rel=0.05)


def test_parts_of_few_rows_are_left_out_one_by_one():
    parts, seen = part_of_rows(np.arange(200)), []
    scores_without_parts(lambda rows: seen.append(len(rows)) or 0.0, parts, True)
    assert seen == [190] * 20
