"""What a line through time says of the target."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.features.dates.date_trend import DateTrend


def dated(n_days=400, begin="2022-01-01", freq="D"):
    return pd.DataFrame({"when": pd.date_range(begin, periods=n_days, freq=freq)})


def test_a_line_goes_on_beyond_what_was_seen():
    X, later = dated(), dated(30, "2023-06-01")
    days = np.arange(400.0)
    trend = DateTrend().fit(X, 2 * days + 1)
    wanted = 2 * (later["when"] - X["when"][0]).dt.days + 1
    assert trend.transform(later)[:, 0] == pytest.approx(wanted.to_numpy())


def test_training_rows_get_a_trend_that_has_not_seen_their_target():
    X, y = dated(40), np.random.default_rng(0).normal(size=40)
    y[7] = 1e6
    trend = DateTrend(random_state=0)
    inside = trend.fit_transform(X, y)
    assert inside[7, 0] < 1e3 < trend.transform(X)[7, 0]


def test_seasons_are_those_that_have_come_round():
    season = np.sin(2 * np.pi * np.arange(400) / 7)
    line, waves = (
        DateTrend(seasonal=seasonal).fit(dated(), season) for seasonal in (False, True)
    )
    assert np.abs(line.transform(dated())).max() < 0.1
    assert waves.transform(dated())[:, 0] == pytest.approx(season, abs=0.01)
    assert waves.seasons_ == [(7.0, 3)]  # 400 days are no year and a half
    hours = DateTrend(seasonal=True).fit(dated(24 * 30, freq="h"), np.zeros(720))
    assert hours.seasons_ == [(7.0, 3), (1.0, 3)]


def test_the_column_with_most_dates_is_taken_and_gaps_get_the_mean():
    X = dated(50).assign(other=pd.Timestamp("2024-01-01"))[["other", "when"]]
    trend = DateTrend().fit(X, np.arange(50.0))
    assert trend.column_ == 1
    X.loc[3, "when"] = pd.NaT
    assert trend.transform(X)[3, 0] == pytest.approx(24.5)


def test_weights_decide_which_rows_the_line_follows():
    y = np.where(np.arange(100) < 50, 0.0, 10.0)
    weights = np.where(np.arange(100) < 50, 1.0, 1e-9)
    flat = DateTrend().fit(dated(100), y, sample_weight=weights)
    assert np.abs(flat.transform(dated(50))).max() < 1e-3


@pytest.mark.parametrize(
    "X", [pd.DataFrame({"when": pd.to_datetime(["2024-01-01"] * 6)}), dated(6) + pd.NaT]
)
def test_dates_that_are_all_one_or_missing_give_the_mean(X):
    y = np.arange(6.0)
    found = DateTrend().fit(X, y).transform(X)
    assert found[:, 0] == pytest.approx(np.full(6, 2.5))


def test_classes_have_a_trend_each():
    y = np.array(["a", "b", "c"] * 20)
    trend = DateTrend().fit(dated(60), y)
    assert trend.transform(dated(60)).shape == (60, 3)
    assert len(trend.get_feature_names_out()) == 3
