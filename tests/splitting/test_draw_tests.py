import numpy as np
import pytest

from ensemble_kit.splitting.draw_tests import (
    count_runs,
    log_p_all_apart,
    log_p_last,
    log_p_unshared,
    share_of_unshared,
)


def test_blocks_take_few_turns_and_a_random_draw_many():
    order, rng = np.arange(400.0), np.random.default_rng(0)
    blocks, random = count_runs(order, order % 40 >= 25), rng.random(400) < 0.4
    assert blocks.n_test_runs == 10 and blocks.log_p < -20
    assert count_runs(order, random).log_p > -3


def test_rows_of_one_place_raise_nothing():
    rng = np.random.default_rng(1)
    years = np.sort(rng.integers(2000, 2005, 2000)).astype(float)
    is_test = np.arange(2000) >= 1400
    assert count_runs(rng.permutation(years), is_test).log_p > -3


def test_the_chance_of_the_runs_test_is_that_of_random_draws():
    rng = np.random.default_rng(2)
    found = [
        count_runs(np.arange(200.0), rng.permutation(200) < 60).log_p
        for _ in range(2000)
    ]
    # Runs are counted in whole numbers: a chance is at most what is said.
    assert 0.05 < np.mean(np.array(found) < -1) < 0.11
    assert 0.002 < np.mean(np.array(found) < -2) < 0.013


def test_the_chance_that_all_come_last_counts_ways():
    assert 10 ** log_p_all_apart(3, 2) == pytest.approx(2 / 10)


def test_last_rows_of_groups_by_chance_are_no_surprise():
    ones = np.ones(200)
    by_chance = np.arange(200) < 50
    assert log_p_last(3 * ones, ones, by_chance) == 0.0
    assert log_p_last(3 * ones, ones, np.ones(200, dtype=bool)) < -40


def test_groups_of_the_test_alone_are_expected_of_small_groups():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 300, 900)
    is_test = rng.random(900) < 0.3
    counts = [np.bincount(groups[side], minlength=300) for side in (~is_test, is_test)]
    share, expected = share_of_unshared(*counts)
    assert abs(share - expected) < 0.1 and log_p_unshared(*counts) > -3
    whole = rng.random(300) < 0.3
    counts = [
        np.bincount(groups[side], minlength=300)
        for side in (~whole[groups], whole[groups])
    ]
    assert share_of_unshared(*counts)[0] == 1 and log_p_unshared(*counts) < -6
