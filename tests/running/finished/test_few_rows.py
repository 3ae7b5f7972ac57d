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

from ensemble_kit.features.columns import FEW, fit_levels, level_codes
from ensemble_kit.models.boosting.lightgbm_boosting import LightGBMClassifier
from ensemble_kit.running.finished.few_rows import ForestWalk, for_few_rows

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
