"""Bags of any estimator."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from ensemble_kit.models.bagging import BaggedClassifier, BaggedRegressor


@pytest.fixture
def wave():
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 6, size=(200, 3))
    return X, np.sin(X[:, 0]) + 0.3 * rng.normal(size=200)


def test_out_of_bag_rows_are_predicted_by_members_without_them(wave):
    X, _ = wave
    noise = np.random.default_rng(1).normal(size=200)
    model = BaggedRegressor(DecisionTreeRegressor(), n_members=30, random_state=0)
    model.fit(X, noise)
    assert model.score(X, noise) > 0.7
    assert model.oob_score_ < 0.1


def test_a_bag_is_better_than_its_member(wave):
    X, y = wave
    fit, held = slice(0, 100), slice(100, None)
    alone = DecisionTreeRegressor(random_state=0).fit(X[fit], y[fit])
    bag = BaggedRegressor(n_members=30, random_state=0).fit(X[fit], y[fit])
    assert bag.score(X[held], y[held]) > alone.score(X[held], y[held])


def test_without_bootstrap_members_differ_by_jitter_alone(wave):
    X, y = wave
    model = BaggedRegressor(
        Ridge(),
        n_members=3,
        bootstrap=False,
        jitter={"alpha": (0.1, 10)},
        random_state=0,
    )
    model.fit(X, y)
    assert len({member.alpha for member in model.estimators_}) == 3
    assert np.isnan(model.oob_score_)


def test_members_get_shares_of_rows_and_columns(wave):
    X, y = wave
    model = BaggedRegressor(
        n_members=4, bootstrap=False, row_share=0.5, column_share=0.7, random_state=0
    ).fit(X, y)
    assert {member.n_features_in_ for member in model.estimators_} == {2}
    assert len({tuple(columns) for columns in model.columns_}) > 1


def test_an_estimator_may_be_named_and_given_parameters(wave):
    X, y = wave
    model = BaggedRegressor(
        "sklearn.linear_model:Ridge", n_members=2, params={"alpha": 3.0}
    ).fit(X, y)
    assert model.estimators_[0].alpha == 3.0


def test_seeds_reach_the_steps_of_a_pipeline(wave):
    X, y = wave
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    model = BaggedClassifier(inner, n_members=2, random_state=0).fit(X, y > 0)
    seeds = {member[-1].random_state for member in model.estimators_}
    assert len(seeds) == 2


@pytest.mark.slow
def test_processes_change_nothing(wave):
    X, y = wave
    one = BaggedRegressor(n_members=4, n_jobs=1, random_state=0).fit(X, y)
    two = BaggedRegressor(n_members=4, n_jobs=2, random_state=0).fit(X, y)
    assert one.predict(X).tobytes() == two.predict(X).tobytes()


def test_frames_reach_the_members_as_frames(wave):
    X, y = wave
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = BaggedRegressor(n_members=2, column_share=0.7, random_state=0)
    model.fit(frame, y)
    assert len(model.estimators_[0].feature_names_in_) == 2
    assert np.isfinite(model.predict(frame)).all()


def test_jitter_names_all_it_cannot_multiply_at_once(wave):
    X, y = wave
    jitter = {"max_depth": (0.5, 2), "max_deep": (1, 2), "min_samples_leaf": (2, 1)}
    with pytest.raises(ValueError, match="3 problems") as caught:
        BaggedClassifier(jitter=jitter).fit(X, y > 0)
    told = str(caught.value)
    assert "max_depth: DecisionTreeClassifier has None there" in told
    assert "did you mean 'max_depth'" in told
    assert "min_samples_leaf: found (2, 1)" in told


def test_jitter_multiplies_what_params_gave_a_number(wave):
    X, y = wave
    model = BaggedClassifier(
        jitter={"max_depth": (0.5, 2)}, params={"max_depth": 6}, random_state=0
    ).fit(X, y > 0)
    depths = {member.max_depth for member in model.estimators_}
    assert len(depths) > 2 and depths <= set(range(3, 13))
