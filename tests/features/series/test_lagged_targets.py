"""What lags tell, and that no row sees its own target or a later one."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.series.lagged_targets import LaggedTargets

N_DAYS = 24


def two_shops():
    """Return 24 days of two shops, in a random order, and their targets."""
    days = pd.date_range("2024-01-01", periods=N_DAYS)
    table = pd.DataFrame(
        {
            "day": np.tile(days, 2),
            "shop": pd.Categorical(np.repeat(["a", "b"], N_DAYS)),
            "price": np.random.default_rng(1).normal(size=2 * N_DAYS),
        }
    )
    y = np.concatenate([np.arange(N_DAYS), 100.0 + np.arange(N_DAYS)]).astype(float)
    order = np.random.default_rng(0).permutation(len(y))
    return table.iloc[order].reset_index(drop=True), y[order]


def made(lags, X, y=None):
    found = lags.transform(X) if y is None else lags.fit_transform(X, y)
    return pd.DataFrame(found, columns=lags.get_feature_names_out())


def test_rows_to_come_look_back_from_the_end_of_their_series():
    X, y = two_shops()
    lags = LaggedTargets("day", ["shop"], length=3, windows=(2,)).fit(X, y)
    later = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-25", "2024-01-27", "2024-01-25"]),
            "shop": pd.Categorical(["a", "a", "b"]),
            "price": 0.0,
        }
    )
    found = made(lags, later)
    assert found["since"].tolist() == [1, 3, 1]
    assert found["last_1"].tolist() == [23, 23, 123]
    assert found["last_2"].tolist() == [22, 22, 122]
    assert found["mean_2"].tolist() == [22.5, 22.5, 122.5]
    assert found["deviation_2"].tolist() == [0.5, 0.5, 0.5]
    assert found["mean_all"].tolist() == [11.5, 11.5, 111.5]
    assert found["season_7"].tolist() == [17, 19, 117]
    assert found["season_7_mean"].tolist() == [10, 12, 110]
    assert found["slope"].tolist() == [1, 1, 1]


def test_relative_lags_are_those_without_the_last_known_target():
    X, y = two_shops()
    plain, relative = (
        made(LaggedTargets("day", ["shop"], length=3, relative=told), X, y)
        for told in (False, True)
    )
    level = [
        name
        for name in plain
        if name.startswith(("last_", "mean_", "season_")) and name != "last_1"
    ]
    moved = plain.copy()
    moved[level] = plain[level].sub(plain["last_1"], axis=0)
    assert len(level) == 10 and np.allclose(relative, moved, equal_nan=True)


def test_training_rows_look_back_as_far_as_the_rows_to_come_have_to():
    X, y = two_shops()
    lags = LaggedTargets("day", ["shop"], length=3, gap=2, shifts=1)
    found = made(lags, X, y)
    first_of_shop = np.where(X.shop == "a", 0, 100)
    place = y - first_of_shop
    known = found["last_1"] - first_of_shop
    ahead = (place - known)[~known.isna()]
    assert set(ahead) == {3, 4, 5}
    assert (found["since"].dropna() == ahead).all()
    assert found["last_1"].isna().sum() == 2 * 3


def test_no_row_sees_its_own_target_or_a_later_one():
    X, y = two_shops()
    settings = {"time": "day", "groups": ["shop"], "length": 4, "gap": 1}
    before = made(LaggedTargets(**settings), X, y)
    for place in (0, 9, 17, N_DAYS - 1):
        cut = X.day.sort_values().unique()[place]
        changed = np.where(X.day >= cut, -1000.0, y)
        after = made(LaggedTargets(**settings), X, changed)
        seen = X.day <= cut
        pd.testing.assert_frame_equal(before[seen], after[seen])


def test_classes_are_told_by_their_shares():
    X, _ = two_shops()
    y = (X.day.dt.day % 2).to_numpy()
    found = made(LaggedTargets("day", ["shop"], shifts=1, windows=(2,)), X, y)
    assert set(found["last_1"].dropna()) == {0, 1}
    three = made(LaggedTargets("day", ["shop"], shifts=1), X, X.day.dt.day % 3)
    assert {"last_1_0", "last_1_1", "last_1_2"} <= set(three)


def test_repeated_times_count_as_their_mean_and_lost_ones_as_nothing():
    X = pd.DataFrame({"t": [0.0, 0.0, 1.0, np.nan]})
    lags = LaggedTargets("t", shifts=1).fit(X, np.array([2.0, 4.0, 5.0, 900.0]))
    found = made(lags, pd.DataFrame({"t": [1.0, 2.0, np.nan]}))
    assert found["last_1"].tolist()[:2] == [3, 5]
    assert found.iloc[2].isna().all()


def test_missing_steps_are_gaps_of_seasons_and_are_stepped_over_by_lags():
    days = np.array([0, 1, 2, 3, 4, 5, 8, 9])
    X = pd.DataFrame({"day": days.astype(float)})
    lags = LaggedTargets("day", shifts=3, windows=(), seasons=(3, 5))
    made(lags, X, 10.0 * days)
    found = made(lags, pd.DataFrame({"day": [10.0, 12.0]}))
    assert found["since"].tolist() == [1, 3]
    assert (
        found[["last_1", "last_2", "last_3"]].to_numpy().tolist() == [[90, 80, 50]] * 2
    )
    assert np.isnan(found["season_3"][0]) and found["season_3"][1] == 90
    assert found["season_5"][0] == 50 and np.isnan(found["season_5"][1])


def test_a_series_of_one_point_or_of_none_is_told_as_far_as_it_goes():
    X = pd.DataFrame({"t": [0.0], "g": pd.Categorical(["a"])})
    lags = LaggedTargets("t", ["g"], shifts=2).fit(X, np.array([7.0]))
    found = made(lags, pd.DataFrame({"t": [3.0, 3.0], "g": pd.Categorical(["a", "z"])}))
    assert found["last_1"].tolist()[0] == 7 and np.isnan(found["last_2"][0])
    assert found.iloc[1].isna().all()


def test_scaled_lags_have_no_gaps_and_other_rows_are_scaled_alike():
    X, y = two_shops()
    lags = LaggedTargets("day", ["shop"], length=2, scaled=True)
    found = made(lags, X, y)
    assert np.isfinite(found).all().all()
    assert np.allclose(found.mean(), 0, atol=1e-4)
    again = LaggedTargets("day", ["shop"], length=2, scaled=True).fit(X, y)
    assert made(again, X).equals(made(lags, X))


def test_what_is_known_later_moves_the_look_back_and_nothing_else():
    X, y = two_shops()
    early = (X.day < "2024-01-20").to_numpy()
    lags = LaggedTargets("day", ["shop"]).fit(X[early], y[early])
    row = X[:1].assign(day=pd.Timestamp("2024-01-26"), shop=pd.Categorical(["b"]))
    assert made(lags, row)["last_1"].item() == 118
    assert made(lags.know(X, y), row)["last_1"].item() == 123


def test_a_column_that_is_not_there_and_a_length_of_nothing_are_refused():
    X, y = two_shops()
    with pytest.raises(PipelineError, match="no column 'when', 'city'"):
        LaggedTargets("when", ["city"]).fit(X, y)
    with pytest.raises(PipelineError, match="found length 0 and gap 0"):
        LaggedTargets("day", length=0).fit(X, y)


WALK = np.cumsum(np.random.default_rng(0).normal(size=300))
NOISE = np.random.default_rng(1).normal(size=300)
WEEK = np.resize([0.0, 9, 3, 1, 7, 2, 5], 300)


@pytest.mark.parametrize(
    ("y", "nearest"),
    [
        (WALK, {"last_1"}),
        (40 + NOISE, {"mean_all"}),
        (40 + 5 * WEEK + NOISE, {"season_7_mean"}),
    ],
)
def test_differences_are_taken_to_what_comes_nearest(y, nearest):
    X = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=300)})
    plain = made(LaggedTargets("day"), X, y)
    lags = LaggedTargets("day", differenced=True)
    changes = made(lags, X, y)
    assert {lags.nearest_} == nearest
    base = plain[lags.nearest_].fillna(plain["mean_all"])
    assert changes.columns.tolist() == ["nearest", *plain.columns]
    assert np.allclose(changes["nearest"], base, equal_nan=True)
    for told in ("last_2", "mean_7", "season_7"):
        apart = plain[told] - base
        assert np.allclose(changes[told], apart, atol=1e-4, equal_nan=True)
    for told in ("since", "deviation_7", "slope"):
        assert np.array_equal(changes[told], plain[told], equal_nan=True)


def test_differences_to_classes_are_refused():
    X = pd.DataFrame({"day": np.arange(12.0)})
    with pytest.raises(PipelineError, match="of one target; found 3 columns"):
        LaggedTargets("day", differenced=True).fit(X, np.resize(["a", "b", "c"], 12))


def test_lags_that_were_stored_before_differences_were_a_choice_are_read():
    X = pd.DataFrame({"day": np.arange(40.0)})
    lags = LaggedTargets("day").fit(X, NOISE[:40])
    found = lags.transform(X)
    del lags.__dict__["differenced"]
    assert np.array_equal(lags.transform(X), found, equal_nan=True)
