"""Seasons of short series: what others tell of them, and what a series keeps."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.models.series.arima import Arima
from ensemble_kit.models.series.exponential_smoothing import ExponentialSmoothing
from ensemble_kit.models.series.forecaster import Timed
from ensemble_kit.models.series.shared_seasons import SharedSeason, shrunk_season

N_MONTHS, N_SHOPS, N_TEST = 36, 12, 6
SHAPE = np.array([3, -1, 2, 0, -2, -3, 1, 4, -4, 2, -3, 1.0])
MONTHS = np.arange(N_MONTHS)


def shops(noise=1.0, seed=0, n_shops=N_SHOPS):
    """Return shops of very different sizes with one season, and the test flags."""
    random = np.random.default_rng(seed)
    sizes = np.geomspace(1, 100, n_shops)[:, None]
    rest = 20 + noise * random.normal(size=(n_shops, N_MONTHS))
    y = (sizes * (SHAPE[MONTHS % 12] + rest)).ravel()
    table = pd.DataFrame(
        {
            "month": np.tile(
                pd.date_range("2020-01", periods=N_MONTHS, freq="MS"), n_shops
            ),
            "shop": pd.Categorical(
                np.repeat([f"s{k:02d}" for k in range(n_shops)], N_MONTHS)
            ),
            "size": np.repeat(sizes, N_MONTHS),
        }
    )
    return table, y, np.tile(MONTHS >= N_MONTHS - N_TEST, n_shops)


def errors(kind, table, y, is_test):
    """Return the root of the mean square of errors beside the sizes of shops."""
    model = kind("month", ["shop"]).fit(table[~is_test], y[~is_test])
    missed = (model.predict(table[is_test]) - y[is_test]) / table["size"][is_test]
    return float(np.sqrt(np.mean(missed**2)))


@pytest.mark.parametrize("kind", [ExponentialSmoothing, Arima])
def test_a_season_that_all_share_is_told_by_all(kind):
    table, y, is_test = shops()
    together = errors(kind, table, y, is_test)
    alone = [
        errors(kind, table.iloc[rows], y[rows], is_test[rows])
        for shop in table["shop"].cat.categories
        if len(rows := np.flatnonzero(table["shop"] == shop))
    ]
    assert together < 0.9 * np.sqrt(np.mean(np.square(alone)))


def test_a_series_is_told_of_the_others_alone():
    random = np.random.default_rng(0)
    series = [Timed(random.normal(size=N_MONTHS), N_MONTHS - 1) for _ in range(5)]
    shared = SharedSeason.of(12, series)
    others = SharedSeason.of(12, series[1:])
    assert np.allclose(shared.of_others(0), others.of_others())
    assert not np.allclose(shared.of_others(1), others.of_others())


def test_a_clear_season_of_its_own_is_kept_whatever_others_have():
    random = np.random.default_rng(0)
    own = np.roll(SHAPE, 5)
    values = 5 * own[MONTHS % 12] + 0.5 * random.normal(size=N_MONTHS)
    found = shrunk_season(Timed(values, N_MONTHS - 1), SHAPE)
    assert np.abs(found - 5 * (own - own.mean())).max() < 1


def test_noise_is_given_next_to_no_season():
    spreads = []
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=N_MONTHS)
        means = [noise[month == MONTHS % 12].mean() for month in range(12)]
        found = shrunk_season(Timed(noise, N_MONTHS - 1), SHAPE)
        spreads.append(found.std() / np.std(means))
    assert np.mean(spreads) < 0.5


def test_a_season_falls_on_its_own_months_wherever_a_series_ends():
    values = SHAPE[(MONTHS + 7) % 12]
    found = shrunk_season(Timed(values, N_MONTHS + 6), SHAPE)
    assert np.allclose(found, SHAPE - SHAPE.mean(), atol=1e-6)


def test_of_two_series_nothing_is_shared():
    series = [Timed(SHAPE[MONTHS % 12], N_MONTHS - 1)] * 2
    assert SharedSeason.of(12, series) is None
    short = Timed(SHAPE[:10], 9)
    assert SharedSeason.of(12, [*series, short]) is None


def test_a_model_that_was_stored_before_seasons_were_shared_still_forecasts():
    y = np.cumsum(np.random.default_rng(0).normal(size=N_MONTHS))
    table = pd.DataFrame({"step": MONTHS})
    model = ExponentialSmoothing("step").fit(table, y)
    asked = pd.DataFrame({"step": [N_MONTHS, N_MONTHS + 3]})
    found = model.predict(asked)
    model.fitted_ = {code: fitted[:3] for code, fitted in model.fitted_.items()}
    del model.shared_
    assert np.array_equal(model.predict(asked), found)
