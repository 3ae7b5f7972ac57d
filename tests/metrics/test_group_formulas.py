"""Metrics that go by groups of rows, against sums over the groups one by one."""

import numpy as np
import pytest

from ensemble_kit.blending.guard import compare_blends
from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics import METRICS
from ensemble_kit.oof.tensors import steering_metric
from ensemble_kit.tasks import Task

RNG = np.random.default_rng(0)
GROUPS = RNG.choice(["a", "b", "c", "d"], 200)
LEVEL = np.array([{"a": 0.0, "b": 10.0, "c": -30.0, "d": 4.0}[g] for g in GROUPS])
Y = LEVEL + RNG.normal(size=200)
VALUES = Y + RNG.normal(scale=0.5, size=200)
WEIGHT = RNG.uniform(0.2, 3.0, 200)


def direct(y, values, weight, groups):
    """Return the metric from sums over each group."""
    errors, spread = 0.0, 0.0
    for group in set(groups):
        rows = groups == group
        center = (weight[rows] * y[rows]).sum() / weight[rows].sum()
        errors += (weight[rows] * (y[rows] - values[rows]) ** 2).sum()
        spread += (weight[rows] * (y[rows] - center) ** 2).sum()
    return 1 - errors / spread


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_r2_within_groups_is_that_of_sums_over_the_groups(weight):
    metric = METRICS["r2_within@shop"].grouped(GROUPS)
    expected = direct(Y, VALUES, np.ones(200) if weight is None else weight, GROUPS)
    assert metric(Y, VALUES[:, None], weight) == pytest.approx(expected, abs=1e-12)


def test_knowing_the_groups_means_alone_is_worth_nothing():
    means = np.array([Y[group == GROUPS].mean() for group in GROUPS])
    assert METRICS["r2"](Y, means[:, None]) > 0.98
    found = METRICS["r2_within"].grouped(GROUPS)(Y, means[:, None])
    assert found == pytest.approx(0.0, abs=1e-12)


def test_one_group_makes_it_the_plain_r2():
    found = METRICS["r2_within"].grouped(np.zeros(200))(Y, VALUES[:, None])
    assert found == pytest.approx(METRICS["r2"](Y, VALUES[:, None]))


def test_a_group_of_one_row_or_of_one_value_adds_errors_and_no_spread():
    y = np.array([1.0, 3.0, 5.0, 5.0, 9.0])
    groups = np.array(["two", "two", "flat", "flat", "single"])
    values = np.array([1.0, 3.0, 5.0, 4.0, 8.0])
    found = METRICS["r2_within"].grouped(groups)(y, values[:, None])
    assert found == pytest.approx(1 - (1 + 1) / 2)


def test_without_a_group_that_varies_it_is_zero():
    groups, y = np.array([0, 0, 0, 1]), np.array([0.1, 0.1, 0.1, 7.3])
    assert METRICS["r2_within"].grouped(groups)(y, y[:, None] + 1) == 0.0


def test_it_is_scored_in_the_units_of_the_target():
    task = Task("regression", transform="log1p")
    y, values = np.abs(Y), np.abs(VALUES)
    metric = METRICS["r2_within"].grouped(GROUPS)
    found = metric.on(task)(task.encode(y), task.encode(values)[:, None])
    assert found == pytest.approx(metric(y, values[:, None]))


def test_some_rows_are_scored_by_their_own_groups():
    metric, rows = METRICS["r2_within"].grouped(GROUPS), np.arange(0, 200, 3)
    own = METRICS["r2_within"].grouped(GROUPS[rows])
    assert metric.at(rows)(Y[rows], VALUES[rows, None]) == own(
        Y[rows], VALUES[rows, None]
    )


def test_rows_without_groups_are_refused():
    with pytest.raises(RunError, match="goes by a group of each row.*'shop' is named"):
        METRICS["r2_within@shop"](Y, VALUES[:, None])
    with pytest.raises(RunError, match="groups of 200 rows and was called on 3"):
        METRICS["r2_within"].grouped(GROUPS)(Y[:3], VALUES[:3, None])
    assert "r2_within@" not in METRICS


def test_a_blend_is_steered_by_squared_errors_which_rank_alike():
    metric = METRICS["r2_within"].grouped(GROUPS)
    assert steering_metric(metric, 1) is METRICS["rmse"]
    members = Y[:, None] + RNG.normal(size=(200, 30)) * RNG.uniform(0.1, 3, 30)
    scores = [
        [m(Y, each[:, None]) for each in members.T] for m in (metric, METRICS["rmse"])
    ]
    assert np.argsort(scores[0]).tolist() == np.argsort(scores[1])[::-1].tolist()


def test_blends_are_compared_by_the_groups_of_the_held_rows():
    metric = METRICS["r2_within"].grouped(GROUPS)
    members = [Y + RNG.normal(size=200) for _ in range(3)]
    table = compare_blends(members, Y, metric, np.arange(200) % 4)
    held = [np.arange(200) % 4 == fold for fold in range(4)]
    mean = np.mean(members, axis=0)
    expected = np.mean(
        [direct(Y[rows], mean[rows], np.ones(50), GROUPS[rows]) for rows in held]
    )
    assert table.loc["mean", "score"] == pytest.approx(expected)
