"""Windows in time: what they validate, what they are fitted on, what they refuse."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.running.preparing.sources import fold_line, make_folds
from ensemble_kit.splitting.time_windows import TimeWindows, windows_of

DAYS = pd.date_range("2020-01-01", "2020-06-30").to_numpy()


def test_windows_are_months_counted_back_and_fits_end_a_gap_before_them():
    order = np.random.default_rng(0).permutation(len(DAYS))
    days = pd.Series(DAYS[order])
    folds = TimeWindows(3, "1 month", "7 days").split(days.to_numpy())
    found = [
        (days[train].max(), days[valid].min(), days[valid].max())
        for train, valid in folds
    ]
    assert found == [
        tuple(map(pd.Timestamp, dates.split()))
        for dates in (
            "2020-03-23 2020-03-31 2020-04-30",
            "2020-04-23 2020-05-01 2020-05-30",
            "2020-05-23 2020-05-31 2020-06-30",
        )
    ]
    assert all(days[train].min() == days.min() for train, _ in folds)


def test_windows_of_numbers_are_as_long_as_the_number():
    folds = TimeWindows(2, 3, 1).split(np.arange(12.0))
    assert [(train.tolist()[-1], valid.tolist()) for train, valid in folds] == [
        (4, [6, 7, 8]),
        (7, [9, 10, 11]),
    ]


def test_rows_without_a_time_are_fitted_on_and_never_validated():
    times = np.array([0.0, 1.0, np.nan, 2.0, 3.0])
    ((train, valid),) = TimeWindows(1, 2).split(times)
    assert train.tolist() == [0, 1, 2] and valid.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("n_splits", "params", "said"),
    [
        (2, {}, "need their length"),
        (2, {"periods": "1 month"}, "unknown 'periods'; did you mean 'period'"),
        (2, {"period": "1 moon"}, "'1 moon'"),
        (2, {"period": 30}, "as in '7 days'; found 30"),
        (2, {"period": "1 month", "gap": "1 year"}, "has no rows before it"),
        (7, {"period": "1 month"}, "window 7 of 7.*has no rows"),
        (2, {"period": "0 days"}, "'0 days'"),
    ],
)
def test_windows_that_cannot_be_are_refused(n_splits, params, said):
    with pytest.raises(PipelineError, match=said):
        windows_of(n_splits, params).split(DAYS)


def test_a_window_without_rows_is_named():
    days = DAYS[(np.datetime64("2020-04-02") > DAYS) | (DAYS[-20] < DAYS)]
    with pytest.raises(
        PipelineError, match="window 2 of 3.*has no rows; make n_splits"
    ):
        TimeWindows(3, "1 month").split(days)


def test_a_number_of_numbered_times_is_wanted():
    with pytest.raises(PipelineError, match="times are numbers here.*'1 month'"):
        TimeWindows(2, "1 month").split(np.arange(12.0))
    with pytest.raises(PipelineError, match="no row has a time"):
        TimeWindows(2, 1).split(np.full(3, np.nan))


def test_a_pipeline_asks_for_them_by_name(competition_folder):
    spec = FoldSpec("time", 2, params={"period": "10 days", "gap": "2 days"})
    competition = load_competition(competition_folder())
    with pytest.raises(PipelineError, match="need the time of every row"):
        make_folds(competition, spec)
    timed = replace(competition, times=DAYS[:120])
    folds = make_folds(timed, spec)
    assert [len(valid) for _, valid in folds] == [10, 10]
    assert [len(train) for train, _ in folds] == [98, 108]
    told = fold_line(timed, spec)
    assert (
        told
        == "folds validate windows of 10 days, fitted on what lies 2 days before them"
    )
