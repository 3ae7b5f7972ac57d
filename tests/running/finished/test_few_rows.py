"""Few rows take shorter ways to the same bits."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from ensemble_kit.features.categories.native_categories import NativeCategories
from ensemble_kit.features.columns import (
    FEW,
    SharedFrame,
    as_numbers,
    fit_levels,
    level_codes,
)
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.features.numbers.passthrough_numbers import PassthroughNumbers
from ensemble_kit.features.numbers.standard_numbers import StandardNumbers
from ensemble_kit.models.boosting.lightgbm_boosting import LightGBMClassifier
from ensemble_kit.running.finished.few_rows import (
    ForestWalk,
    coded_for_few,
    for_few_rows,
)
from ensemble_kit.running.finished.predicting import share_blocks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 6))
Y = np.searchsorted([-0.5, 0.5], X[:, 0] + RNG.normal(scale=0.3, size=150))


@pytest.mark.parametrize("kind", [ExtraTreesClassifier, RandomForestClassifier])
def test_a_forest_walked_gives_the_forests_probabilities(kind):
    forest = kind(n_estimators=40, random_state=0).fit(X, Y)
    walk = for_few_rows(forest, X[:7])
    assert isinstance(walk, ForestWalk)
    assert np.array_equal(walk.predict_proba(X[:7]), forest.predict_proba(X[:7]))
    assert for_few_rows(forest, X) is forest


@pytest.mark.parametrize("kind", [ExtraTreesRegressor, RandomForestRegressor])
def test_a_forest_walked_gives_the_forests_values(kind):
    forest = kind(n_estimators=40, random_state=0).fit(X, X[:, 1])
    assert np.array_equal(
        for_few_rows(forest, X[:7]).predict(X[:7]), forest.predict(X[:7])
    )


def test_categories_looked_up_one_by_one_are_those_of_the_index():
    values = [*"abcabcaab", None, 3.0, "3", "z", "", True] * 5
    frame = pd.DataFrame({"a": values, "b": pd.Categorical([str(v) for v in values])})
    levels = fit_levels(frame[:30])
    levels[0].remove("b")
    levels[1].remove("z")
    whole = level_codes(frame, levels)
    parts = [level_codes(frame[at : at + FEW], levels) for at in range(0, 75, FEW)]
    assert np.array_equal(np.vstack(parts), whole)


def test_lightgbm_reads_few_rows_of_a_frame_as_it_reads_many():
    table = pd.DataFrame(X, columns=list("abcdef"))
    table["kind"] = pd.Categorical(RNG.choice(list("xyz"), 150))
    table["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(150), "D")
    model = LightGBMClassifier(n_estimators=20).fit(table[:120], Y[:120])
    later = pd.concat([table] * 2, ignore_index=True)
    later.loc[3, "kind"] = None
    later.loc[4, ["a", "b"]] = [np.nan, np.inf]
    later["kind"] = later["kind"].cat.add_categories("new")
    later.loc[5, "kind"] = "new"
    whole = model.predict_proba(later)
    parts = [model.predict_proba(later[at : at + 50]) for at in range(0, 300, 50)]
    assert np.array_equal(np.vstack(parts), whole)


@pytest.fixture
def table():
    table = pd.DataFrame(X, columns=list("abcdef"))
    table.loc[7, "b"] = np.inf
    table["kind"] = pd.Categorical(RNG.choice(list("xyz"), 150))
    table["sort"] = pd.Categorical(RNG.choice(list("pq"), 150))
    table.loc[8, "sort"] = None
    return table


def test_lightgbm_reads_the_parts_of_a_frame_as_it_reads_the_frame(table):
    blocks = [
        ("number", "number", PassthroughNumbers()),
        ("native", "category", NativeCategories()),
    ]
    features = FeatureSet(blocks).fit(table[:120])
    model = LightGBMClassifier(n_estimators=20)
    model.fit(features.transform(table[:120]), Y[:120])
    later = table[100:].assign(kind=table["kind"].cat.add_categories("new"))
    later.loc[149, "kind"] = "new"
    later.loc[148, "a"] = np.nan
    coded = coded_for_few(model, features.parts(later))
    whole = model.predict_proba(features.transform(later))
    assert np.array_equal(model.predict_proba(coded), whole)


def test_parts_that_need_a_frame_are_not_coded(table):
    raw = FeatureSet([("raw", "raw", None)]).fit(table)
    model = LightGBMClassifier(n_estimators=5).fit(raw.transform(table), Y)
    assert coded_for_few(model, raw.parts(table[:5])) is None
    assert coded_for_few(model, [X[:5]]) is None


def test_equal_blocks_are_one_and_applied_once(table, monkeypatch):
    blocks = [("standard", "number", StandardNumbers())]
    first, second = (FeatureSet(blocks).fit(table) for _ in range(2))
    other = FeatureSet(blocks).fit(table[:50])
    share_blocks([first, second, other])
    assert first.fitted_[0][2] is second.fitted_[0][2]
    assert first.fitted_[0][2] is not other.fitted_[0][2]
    calls, transform = [], StandardNumbers.transform
    monkeypatch.setattr(
        StandardNumbers, "transform", lambda *args: calls.append(1) or transform(*args)
    )
    taken = {}
    for features in (first, second, other):
        found = features.transform(table, taken=taken)
        assert np.array_equal(found, features.transform(table))
    assert len(calls) == 2 + 3


def test_a_shared_frame_gives_what_a_frame_gives_and_frames(table):
    shared, levels = SharedFrame(table[:15]), fit_levels(table[["kind", "sort"]])
    numbers = shared[list("abcdef")]
    assert type(numbers) is pd.DataFrame
    values = as_numbers(SharedFrame(numbers))
    assert np.array_equal(values, as_numbers(numbers), equal_nan=True)
    kinds = SharedFrame(table.loc[:14, ["kind", "sort"]])
    for _ in range(2):
        assert np.array_equal(
            level_codes(kinds, levels),
            level_codes(table[["kind", "sort"]], levels)[:15],
        )
    as_numbers(kept := SharedFrame(numbers))[:] = 0.0
    assert np.array_equal(as_numbers(kept), values, equal_nan=True)
