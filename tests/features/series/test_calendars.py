"""Times become steps, and what comes round again is found."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.features.series.calendars import LOST, Calendar, clear_season


@pytest.mark.parametrize(
    ("frequency", "seasons"),
    [("h", (24, 168)), ("D", (7, 364)), ("W", (52,)), ("MS", (12,)), ("QS", (4,))],
)
def test_a_season_is_a_day_a_week_or_a_year_of_the_columns_dates(frequency, seasons):
    times = pd.Series(pd.date_range("2020-01-01", periods=90, freq=frequency))
    calendar = Calendar.of(times)
    assert calendar.usual_seasons() == seasons
    assert calendar.places(times).tolist() == list(range(90))


def test_ends_of_months_are_a_step_apart_and_gaps_stay_gaps():
    times = pd.Series(
        pd.to_datetime(["2020-01-31", "2020-02-29", "2020-03-31", "2020-06-30", None])
    )
    assert Calendar.of(times).places(times).tolist() == [0, 1, 2, 5, LOST]


def test_one_time_alone_and_none_at_all_have_a_calendar():
    one = pd.Series([4.0, 4.0])
    assert Calendar.of(one).places(one).tolist() == [0, 0]
    none = pd.Series([np.nan])
    assert Calendar.of(none).places(none).tolist() == [LOST]


def test_noise_and_a_line_have_no_season():
    random = np.random.default_rng(0)
    assert clear_season(random.normal(size=300)) == 0
    assert clear_season(np.arange(300.0)) == 0
    assert clear_season(np.ones(300)) == 0
    assert clear_season(np.arange(4.0)) == 0


def test_a_season_is_found_below_a_trend_and_noise():
    steps = np.arange(200)
    noise = np.random.default_rng(0).normal(size=200)
    assert clear_season(3 * np.sin(steps * 2 * np.pi / 11) + steps / 9 + noise) == 11
