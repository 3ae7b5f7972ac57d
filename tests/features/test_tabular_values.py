"""Numbers of single featurizers, against scikit-learn and by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, TargetEncoder

from ensemble_kit.features.categories.count_categories import CountCategories
from ensemble_kit.features.categories.crossed_categories import CrossedCategories
from ensemble_kit.features.categories.native_categories import NativeCategories
from ensemble_kit.features.categories.one_hot_categories import OneHotCategories
from ensemble_kit.features.categories.ordinal_categories import OrdinalCategories
from ensemble_kit.features.categories.target_categories import TargetCategories
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.dates.date_parts import DateParts
from ensemble_kit.features.numbers.binned_numbers import BinnedNumbers
from ensemble_kit.features.numbers.quantile_numbers import QuantileNumbers
from ensemble_kit.features.numbers.standard_numbers import StandardNumbers


def categories(n_rows=300, seed=0):
    random = np.random.default_rng(seed)
    X = pd.DataFrame({"a": (random.random(n_rows) ** 2 * 30 // 1).astype(str)})
    X["b"] = random.choice(list("xyz"), n_rows)
    return X


@pytest.mark.parametrize("smooth", [0.0, 5.0])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "continuous"])
def test_target_means_are_those_of_scikit_learn(smooth, kind):
    X, random = categories(), np.random.default_rng(1)
    y = random.normal(size=300)
    if kind != "continuous":
        y = random.integers(0, 2 if kind == "binary" else 3, 300)
    theirs = TargetEncoder(smooth=smooth, target_type=kind).fit(X, y).transform(X)
    ours = TargetCategories(smooth=smooth).fit(X, y).transform(X)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_weights_of_rows_are_as_rows_that_repeat_in_target_means():
    X, random = categories(), np.random.default_rng(1)
    y, times = random.normal(size=300), random.integers(1, 4, 300)
    rows = np.repeat(np.arange(300), times)
    told = TargetCategories(smooth=0.0).fit(X, y, sample_weight=5.0 * times)
    repeated = TargetCategories(smooth=0.0).fit(X.iloc[rows], y[rows])
    np.testing.assert_allclose(told.transform(X), repeated.transform(X), rtol=1e-5)


@pytest.mark.parametrize(
    "encoder", [TargetCategories(random_state=0), CrossedCategories(random_state=0)]
)
def test_rows_of_hardly_any_weight_say_nothing_in_target_means(encoder):
    X, random = categories(), np.random.default_rng(1)
    y = (X["a"].astype(float) > 9).to_numpy() * 1.0
    turned = random.random(300) < 0.5
    encoded = encoder.fit_transform(
        X, np.where(turned, 1 - y, y), sample_weight=np.where(turned, 1e-9, 3.0)
    )
    r = np.corrcoef(np.nan_to_num(encoded)[:, 0], y)[0, 1]
    assert r > (0.9 if isinstance(encoder, TargetCategories) else 0.7)
    assert encoder.fit_transform(X, y, sample_weight=np.full(300, 1e-4)) == (
        pytest.approx(encoder.fit_transform(X, y), abs=1e-6)
    )


def test_automatic_smoothing_weighs_noise_against_differences_of_levels():
    random = np.random.default_rng(0)
    levels = np.repeat(np.arange(400), 10)
    y = random.normal(size=400)[levels] + 2 * random.normal(size=4000)
    X = pd.DataFrame({"a": levels})
    automatic = TargetCategories().fit(X, y).transform(X)
    # Variance 4 within levels, 1 between them: 4 rows of the overall mean.
    expected = TargetCategories(smooth=4.0).fit(X, y).transform(X)
    assert np.corrcoef(automatic.ravel(), expected.ravel())[0, 1] > 0.9999
    np.testing.assert_allclose(automatic.std(), expected.std(), rtol=0.1)


def test_levels_that_differ_by_chance_get_the_overall_mean():
    X = pd.DataFrame({"a": np.arange(200) % 50, "id": np.arange(200)})
    y = np.random.default_rng(2).normal(size=200)
    found = TargetCategories().fit(X, y).transform(X)
    np.testing.assert_allclose(found[:, 1], y.mean(), rtol=1e-6)


@pytest.mark.parametrize("limits", [(1, None), (10, None), (1, 2)])
def test_one_hot_columns_are_those_of_scikit_learn(limits):
    X, test = categories(), categories(50, seed=5).replace("7.0", "new")
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=limits[0],
        max_categories=limits[1] and limits[1] + 1,
    )
    theirs = encoder.fit(X).transform(test).toarray()
    ours = OneHotCategories(*limits).fit(X).transform(test).toarray()
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(_sorted_columns(ours), _sorted_columns(theirs))


def _sorted_columns(values):
    return values[:, np.lexsort(values)]


def test_quantiles_between_the_ends_are_those_of_scikit_learn():
    X = pd.DataFrame({"a": np.random.default_rng(0).normal(size=500).round(1)})
    theirs = QuantileTransformer(n_quantiles=100, output_distribution="normal")
    expected = theirs.fit_transform(X)
    found = QuantileNumbers(n_quantiles=100).fit_transform(X)
    between = np.abs(expected) < 2
    np.testing.assert_allclose(found[between], expected[between], atol=1e-9)


def test_many_rows_at_the_lowest_value_are_no_outliers():
    X = pd.DataFrame({"a": [0.0] * 60 + [1.0] * 40})
    found = QuantileNumbers().fit_transform(X)
    np.testing.assert_allclose(np.unique(found), [-0.524, 0.842], atol=0.05)


def test_standard_numbers_have_mean_0_and_deviation_1():
    X = pd.DataFrame({"a": [1e150, 3e150, np.nan], "b": [1e-9, 2e-9, 3e-9]})
    X["constant"] = 0.1
    found = StandardNumbers(indicator=False).fit_transform(X)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found.std(axis=0)[1:], [1, 0], atol=1e-12)


def test_an_outlier_is_cut_at_the_limit():
    train = pd.DataFrame({"a": [0.0, 1.0]})
    found = StandardNumbers(limit=3.0).fit(train).transform(pd.DataFrame({"a": [1e9]}))
    assert found.tolist() == [[3.0]]


def test_bins_hold_equal_shares_and_missing_stands_apart():
    X = pd.DataFrame({"a": [*np.arange(100.0), np.nan]})
    found = BinnedNumbers(n_bins=4).fit_transform(X)
    assert found.sum(axis=0).tolist() == [[25, 25, 25, 25, 1]]


def test_whole_floats_and_integers_are_one_level():
    levels = fit_levels(pd.DataFrame({"a": [1.0, np.nan, 2.0]}))
    assert level_codes(pd.DataFrame({"a": [2, 1, 3]}), levels).ravel().tolist() == [
        1,
        0,
        -1,
    ]


def test_ordinal_numbers_by_frequency_or_alphabet():
    X = pd.DataFrame({"a": ["b", "a", "b", "c", "c", "c"]})
    by_count = OrdinalCategories().fit_transform(X).ravel()
    by_name = OrdinalCategories(order="lexical").fit_transform(X).ravel()
    assert by_count.tolist() == [1, 2, 1, 0, 0, 0]
    assert by_name.tolist() == [1, 0, 1, 2, 2, 2]


def test_native_levels_are_those_of_the_training_rows():
    X = pd.DataFrame({"a": pd.Categorical(["b", "a", "a"], categories=list("abcd"))})
    native = NativeCategories().fit_transform(X)["a"]
    assert native.cat.categories.tolist() == ["a", "b"]
    capped = NativeCategories(max_levels=1).fit_transform(X)["a"]
    assert capped.isna().tolist() == [True, False, False]


def test_unseen_level_counts_nothing():
    counts = CountCategories(scale="count").fit(pd.DataFrame({"a": ["x", "x", None]}))
    found = counts.transform(pd.DataFrame({"a": ["x", None, "y"]}))
    assert found.ravel().tolist() == [2, 1, 0]


def test_crosses_learn_what_the_columns_alone_cannot():
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.integers(0, 2, (400, 3)), columns=list("abc")).astype(str)
    y = (X["a"] == X["b"]).astype(int).to_numpy()
    crosses = CrossedCategories(random_state=0)
    found = crosses.fit_transform(X, y)
    assert list(crosses.get_feature_names_out())[0] == "a×b_target"
    assert np.corrcoef(found[:, 0], y)[0, 1] > 0.99
    assert abs(np.corrcoef(found[:, 1], y)[0, 1]) < 0.2


def test_pairs_that_hardly_repeat_are_left_out():
    X = pd.DataFrame({"id": np.arange(100), "a": np.arange(100) % 2})
    assert CrossedCategories(encode="count").fit(X).pairs_ == []


def test_dates_are_split_and_missing_ones_stay_missing():
    dates = pd.Series(["2024-02-29T13:30", None, "2023-01-01T00:00"])
    dates = dates.astype("datetime64[s]")
    parts = DateParts().fit(pd.DataFrame({"d": dates}))
    found = dict(
        zip(
            parts.get_feature_names_out(),
            parts.transform(pd.DataFrame({"d": dates})).T,
            strict=True,
        )
    )
    assert found["d_days"][0] == 19782.5625
    assert [found[f"d_{part}"][0] for part in ("year", "month", "hour")] == [
        2024,
        2,
        13,
    ]
    assert np.isnan([values[1] for values in found.values()]).all()


def test_december_is_next_to_january_on_the_circle():
    dates = pd.DataFrame(
        {"d": pd.to_datetime(["2023-12-05", "2024-01-05", "2024-06-05"])}
    )
    parts = DateParts(cyclic=True).fit(dates)
    places = [
        list(parts.get_feature_names_out()).index(f"d_month_{f}")
        for f in ("sin", "cos")
    ]
    circle = parts.transform(dates)[:, places]
    near, far = np.linalg.norm(circle[0] - circle[1:], axis=1)
    assert near == pytest.approx(2 * np.sin(np.pi / 12))
    assert far > 1.9
