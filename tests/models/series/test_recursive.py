"""Forecasts step by step: beside a loop by hand, on odd series, and what they see."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.series.lagged_targets import LaggedTargets
from ensemble_kit.models.series.recursive import LEARNERS, Recursive

STEPS = np.arange(60)
RANDOM = np.random.default_rng(0)
KEPT = np.zeros(60)
for at in range(1, 60):
    KEPT[at] = 0.7 * KEPT[at - 1] + RANDOM.normal()


def table(places, group="a"):
    groups = pd.Categorical([group] * len(places))
    return pd.DataFrame({"t": np.asarray(places, float), "g": groups})


@pytest.mark.parametrize("learner", LEARNERS)
def test_each_step_looks_back_on_the_forecasts_before_it(learner):
    model = Recursive("t", learner=learner, random_state=0).fit(table(STEPS), KEPT)
    y = KEPT
    for step in range(60, 64):
        lags = LaggedTargets("t", scaled=learner == "ridge", relative=True)
        lags.fit(table(STEPS), KEPT)
        lags.know(table(np.arange(step)), y)
        change = model.model_.predict(lags.transform(table([step])))
        y = np.append(y, y[-1] + change)
    assert np.allclose(model.predict(table([60, 61, 62, 63])), y[60:])


def test_steps_that_no_row_asks_for_are_gone_through_all_the_same():
    model = Recursive("t").fit(table(STEPS), KEPT)
    whole = model.predict(table(np.arange(60, 70)))
    assert np.allclose(model.predict(table([69, 64])), whole[[9, 4]])


def test_a_forecast_follows_from_no_target_of_its_time_or_a_later_one():
    left_out = np.isin(STEPS, [30, 31, 32])
    model = Recursive("t").fit(table(STEPS[~left_out]), KEPT[~left_out])
    found = model.predict(table([30, 31, 32]))
    changed = np.where(STEPS > 32, 50.0, KEPT)[~left_out]
    model.know(table(STEPS[~left_out]), changed)
    assert np.allclose(found, model.predict(table([30, 31, 32])))
    earlier = np.where(STEPS < 30, KEPT + 1, KEPT)[~left_out]
    model.know(table(STEPS[~left_out]), earlier)
    assert not np.allclose(found, model.predict(table([30, 31, 32])))


def test_a_trend_goes_on_beyond_what_was_seen():
    noise = 0.1 * np.random.default_rng(0).normal(size=60)
    model = Recursive("t").fit(table(STEPS), 2.0 * STEPS + noise)
    assert np.allclose(model.predict(table([79])), 158, atol=4)


def test_numbers_of_the_table_move_the_step_they_stand_beside():
    told = np.random.default_rng(1).integers(0, 2, 60)
    X = table(STEPS).assign(promotion=told)
    model = Recursive("t").fit(X[:50], 5.0 * told[:50])
    assert np.allclose(model.predict(X[50:]), 5 * told[50:], atol=0.5)


def test_odd_series_are_forecast_sensibly():
    X = pd.concat([table([5], "point"), table(STEPS, "flat"), table([np.nan], "never")])
    X["g"] = X["g"].astype("str").astype("category")
    y = np.concatenate([[4.0], np.full(60, 8.0), [7.0]])
    model = Recursive("t", ["g"]).fit(X, y)
    asked = pd.Categorical(["point", "flat", "never", "new"])
    found = model.predict(pd.DataFrame({"t": 10.0**9, "g": asked}))
    assert found[:2].tolist() == [4, 8]
    assert np.allclose(found[2:], y.mean())
    lonely = Recursive("t").fit(table([3]), [2.0])
    assert lonely.predict(table([4, 2])).tolist() == [2, 2]


@pytest.mark.parametrize("learner", LEARNERS)
def test_of_a_few_steps_nothing_is_learnt_and_the_last_is_forecast(learner):
    model = Recursive("t", learner=learner).fit(table(range(5)), np.arange(5) ** 2.0)
    assert model.predict(table([5, 9])).tolist() == [16, 16]


@pytest.mark.parametrize("learner", LEARNERS)
def test_many_series_shorter_than_the_lags_are_learnt_from_all_the_same(learner):
    X = pd.concat([table(range(3), f"g{k}") for k in range(20)])
    X["g"] = X["g"].astype("str").astype("category")
    model = Recursive("t", ["g"], learner=learner, random_state=0)
    model.fit(X, np.random.default_rng(0).normal(size=60))
    assert np.isfinite(model.predict(X[:1].assign(t=4.0))).all()


@pytest.mark.parametrize("seed", range(4))
def test_where_no_step_follows_from_those_before_hardly_more_than_the_last_is_said(
    seed,
):
    walk = np.cumsum(np.random.default_rng(seed).normal(size=300))
    error, naive = [], []
    for known in range(120, 281, 8):
        early = Recursive("t").fit(table(range(120)), walk[:120])
        early.know(table(range(known)), walk[:known])
        coming = walk[known : known + 10]
        found = early.predict(table(range(known, known + 10)))
        error.append(np.mean((found - coming) ** 2))
        naive.append(np.mean((walk[known - 1] - coming) ** 2))
    # A model of the first steps, told of the walk as it wanders off.
    assert np.sqrt(np.mean(error) / np.mean(naive)) < 1.1


def test_what_cannot_be_is_refused():
    with pytest.raises(PipelineError, match="no column 'when'"):
        Recursive("when").fit(table(STEPS), KEPT)
    with pytest.raises(ValueError, match="one of ridge, boosting; found 'tree'"):
        Recursive("t", learner="tree").fit(table(STEPS), KEPT)
