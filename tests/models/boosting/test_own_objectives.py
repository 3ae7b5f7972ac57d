"""Objectives of the user's own: minimised by every library, told when they are none."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_kit.exceptions import PipelineError, RegistryError, RunError
from ensemble_kit.models.boosting.catboost_boosting import (
    CatBoostClassifier,
    CatBoostRegressor,
)
from ensemble_kit.models.boosting.lightgbm_boosting import (
    LightGBMClassifier,
    LightGBMRegressor,
)
from ensemble_kit.models.boosting.own_objectives import (
    OBJECTIVES,
    objective,
    objective_mistakes,
    own_objective,
)
from ensemble_kit.models.boosting.xgboost_boosting import (
    XGBoostClassifier,
    XGBoostRegressor,
)
from ensemble_kit.models.probes import probing
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.preparing.member_mistakes import refuse_mistakes
from ensemble_kit.store.persistence import pack, unpack


@objective("low_side", loss=lambda y, raw: np.where(raw > y, 9, 1) * (raw - y) ** 2)
def low_side(y, raw):
    """Count what is predicted too high nine times."""
    weight = np.where(raw > y, 9.0, 1.0)
    return weight * (raw - y), weight


@objective("plain_odds")
def plain_odds(y, raw):
    """Return the slopes of log loss."""
    p = 1 / (1 + np.exp(-raw))
    return p - y, p * (1 - p)


@objective("broken")
def broken(y, raw):
    return raw[:3], raw[:3]


RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 2))
VALUES = 50 + X[:, 0] + RNG.normal(size=240)
LABELS = (X[:, 0] + RNG.normal(size=240) > 0.8).astype(int)
REGRESSORS = [
    LightGBMRegressor(n_estimators=30, objective="low_side"),
    XGBoostRegressor(n_estimators=30, objective="low_side"),
    CatBoostRegressor(iterations=30, loss_function="low_side"),
]
CLASSIFIERS = [
    (LightGBMClassifier(n_estimators=25, learning_rate=0.3), "objective"),
    (XGBoostClassifier(n_estimators=25, learning_rate=0.3), "objective"),
    (CatBoostClassifier(iterations=25, learning_rate=0.3), "loss_function"),
]
PROBES = [
    (probing.lightgbm_rounds, "n_estimators"),
    (probing.xgboost_rounds, "n_estimators"),
    (probing.catboost_rounds, "iterations"),
]


def name_of(value):
    return type(value).__name__


@pytest.mark.parametrize("model", REGRESSORS, ids=name_of)
def test_what_costs_more_above_is_predicted_lower(model):
    found = model.fit(X, VALUES).predict(X)
    # Squared errors that count nine times above pull the mean down by about .9.
    assert 0.3 < (VALUES - found).mean() < 1.5
    weighed = model.fit(X, VALUES, np.where(X[:, 1] > 0, 1.0, 1e-6)).predict(X)
    assert (weighed != found).any()


@pytest.mark.parametrize(("model", "parameter"), CLASSIFIERS)
def test_the_slopes_of_log_loss_give_what_the_library_gives(model, parameter):
    plain = model.fit(X, LABELS).predict_proba(X)
    own = type(model)(**{**model.get_params(), parameter: "plain_odds"}).fit(X, LABELS)
    found = own.predict_proba(X)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert np.corrcoef(found[:, 1], plain[:, 1])[0, 1] > 0.97
    assert np.abs(found - plain).mean() < 0.05


@pytest.mark.parametrize("model", REGRESSORS, ids=name_of)
def test_a_kept_model_predicts_without_the_function(model, monkeypatch):
    before = model.fit(X, VALUES).predict(X)
    kept = unpack(*pack(model))
    monkeypatch.setattr(OBJECTIVES, "_entries", {})
    assert (kept.predict(X) == before).all()


@pytest.mark.parametrize(("at", "probe"), list(enumerate(PROBES)))
def test_rounds_are_found_by_the_loss_that_is_minimised(at, probe):
    find, parameter = probe
    found = find(REGRESSORS[at], X[:160], VALUES[:160], X[160:], VALUES[160:])
    assert 10 <= found[parameter] <= 2000
    classifier, name = CLASSIFIERS[at]
    own = type(classifier)(**{**classifier.get_params(), name: "plain_odds"})
    found = find(own, X[:160], LABELS[:160], X[160:], LABELS[160:])
    assert 10 <= found[parameter] <= 2000


def test_more_than_two_classes_are_told():
    with pytest.raises(ValueError, match="for values and for two classes"):
        LightGBMClassifier(objective="plain_odds").fit(X, np.arange(240) % 3)


def test_what_a_function_does_wrong_is_told():
    with pytest.raises(RunError, match=r"'broken' returns gradients of shape \(3,\)"):
        own_objective("broken").slopes(VALUES, VALUES, None)
    with pytest.raises(RegistryError, match="a library has one of that name"):
        objective("poisson")(low_side)
    with pytest.raises(RegistryError, match="another number of arguments"):
        objective("short")(lambda y: y)


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("poison", "regression", "did you mean 'poisson'"),
        ("low_sde", "regression", "did you mean 'low_side'"),
        ("poisson", "binary", "no objective 'poisson' for binary"),
        ("plain_odds", "multiclass", "for two classes; the target is multiclass"),
    ],
)
def test_an_objective_that_is_none_is_told_with_a_suggestion(name, kind, told):
    path = "ensemble_kit.models.boosting.lightgbm_boosting:LightGBM"
    (line,) = objective_mistakes(path, kind, {"objective": name})
    assert told in line


def test_no_shipped_objective_is_a_mistake():
    path = "ensemble_kit.models.boosting.catboost_boosting:CatBoost"
    params = {"loss_function": "Quantile:alpha=0.3"}
    assert not objective_mistakes(path, "regression", params)
    assert not objective_mistakes("sklearn.svm:SVC", "binary", {"objective": "x"})


def test_mistakes_are_told_before_any_fit_and_the_source_is_in_the_key(source):
    tables = {
        "level1": {
            "a": {"model": "lightgbm", "params": {"objective": "l3"}},
            "b": {"model": "xgboost", "params": {"objective": "broken"}},
            "c": {"model": "catboost", "params": {"loss_function": "RMSE"}},
        }
    }
    pipeline = parse_pipeline(tables, "here")
    with pytest.raises(PipelineError) as caught:
        refuse_mistakes(
            pipeline.members, replace(source, kind="regression"), pipeline.recipes
        )
    told = str(caught.value)
    assert "level1.a.params.objective" in told and "level1.b.params.objective" in told
    assert "level1.c" not in told
    own = Member("own", "lightgbm", params={"objective": "low_side"})
    assert "objective" in own.model_facts("regression")
    plain = Member("plain", "lightgbm", params={"objective": "l1"})
    assert "objective" not in plain.model_facts("regression")
