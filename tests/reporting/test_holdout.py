"""The interval of a holdout's score."""

import numpy as np
import pytest

from ensemble_kit.metrics import METRICS
from ensemble_kit.reporting.holdout import interval_of_draws


def test_an_interval_is_longer_away_from_the_optimum_and_never_beyond_it():
    drawn = np.random.default_rng(0).normal(0.96, 0.02, 500)
    low, high = interval_of_draws(METRICS["auc"], 0.96, drawn, 60)
    assert low < 0.96 - 0.04 and 0.96 < high < 1 and 0.96 - low > 2 * (high - 0.96)
    low, high = interval_of_draws(METRICS["rmse"], 2.0, 2 + 4 * (drawn - 0.96), 60)
    assert 0 < low < 2 - 0.1 and high - 2 > 2 - low


def test_an_interval_holds_in_95_of_100_draws_of_small_skewed_samples():
    rng, held = np.random.default_rng(0), []
    for _ in range(400):
        wrong = rng.random(60) < 0.06
        drawn = 1 - wrong[rng.integers(0, 60, (200, 60))].mean(axis=1)
        metric, score = METRICS["accuracy"], 1 - wrong.mean()
        low, high = interval_of_draws(metric, score, drawn, 60)
        held.append(low <= 0.94 <= high or score == 1)
    assert 0.92 < np.mean(held) < 0.99


@pytest.mark.parametrize("score", [1.0, 1.2])
def test_a_score_at_its_optimum_or_beyond_is_told_by_percentiles(score):
    low, high = interval_of_draws(METRICS["accuracy"], score, [0.9, score], 20)
    assert low < high <= score
