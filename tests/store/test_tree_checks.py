"""Trees that lead out of their arrays are refused before C code walks them."""

import re

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from ensemble_kit.exceptions import StoreError
from ensemble_kit.store.persistence import pack, unpack
from ensemble_kit.store.tree_checks import (
    check_estimator,
    check_lightgbm,
    check_xgboost,
)
from ensemble_kit.store.ubjson import read_ubjson

RNG = np.random.default_rng(0)
CODES = np.arange(120) % 5.0
X = np.column_stack([RNG.random((120, 3)), CODES])
Y = (X[:, 0] + (CODES == 2) > 0.6).astype(float)


def again(model):
    return unpack(*pack(model))


def set_node(model, name, value):
    """Return a fitted tree whose first node is changed in a copy of its state."""
    _, arguments, state = model.tree_.__reduce__()
    state["nodes"] = state["nodes"].copy()
    state["nodes"][name][0] = value
    tree = type(model.tree_)(*arguments)
    tree.__setstate__(state)
    model.tree_ = tree
    return model


@pytest.mark.parametrize(
    ("name", "value"),
    [("left_child", 10**6), ("right_child", 0), ("left_child", -5), ("feature", 4)],
)
def test_a_tree_whose_nodes_lead_out_of_it_is_refused(name, value):
    model = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, Y)
    assert np.array_equal(again(model).predict(X), model.predict(X))
    with pytest.raises(StoreError, match="out of range|not there"):
        again(set_node(model, name, value))


@pytest.mark.parametrize("n_features", [2, None])
def test_a_forest_that_lets_fewer_features_through_than_its_trees_ask_for(n_features):
    model = RandomForestRegressor(3, max_depth=3, random_state=0).fit(X, Y)
    assert np.array_equal(again(model).predict(X), model.predict(X))
    model.n_features_in_ = n_features
    with pytest.raises(StoreError, match="other features"):
        again(model)


@pytest.mark.parametrize(
    ("name", "value"),
    [("left", 10**6), ("right", 0), ("feature_idx", 9), ("bitset_idx", 99)],
)
def test_a_histogram_tree_that_leads_out_of_it_is_refused(name, value):
    model = HistGradientBoostingClassifier(max_iter=2, categorical_features=[3])
    model.fit(X, Y)
    check_estimator(model)
    nodes = model._predictors[0][0].nodes
    nodes["is_categorical"][0] = 1
    nodes[name][0] = value
    with pytest.raises(ValueError, match=r"out of range|not there|categories"):
        check_estimator(model)


@pytest.fixture(scope="module")
def lightgbm_text():
    """Return a LightGBM model with a split by categories."""
    settings = {"verbose": -1, "num_leaves": 4, "num_threads": 1, "min_data": 3}
    settings |= {"min_data_per_group": 1, "cat_smooth": 0, "max_cat_to_onehot": 1}
    data = lightgbm.Dataset(X, Y, categorical_feature=[3])
    text = lightgbm.train(settings, data, 3).model_to_string()
    assert "cat_boundaries=" in text
    return text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("left_child", "999"),
        ("left_child", "-999"),
        ("right_child", "0"),
        ("split_feature", "77"),
        ("num_leaves", "999"),
        ("num_leaves", "0"),
        ("cat_boundaries", "9"),
        ("num_cat", "50"),
        ("tree_sizes", "123456789"),
        ("max_feature_idx", "0"),
        ("num_class", "7"),
        ("num_tree_per_iteration", "7"),
        ("leaf_value", ""),
        ("decision_type", "x"),
    ],
)
def test_a_lightgbm_model_that_leads_out_of_its_arrays_is_refused(
    lightgbm_text, name, value
):
    check_lightgbm(lightgbm_text)
    old = re.search(rf"\n{name}=(\S*)", lightgbm_text)[1]
    # As long as before, so that the sizes of trees stay right.
    changed = f"\n{name}={value.ljust(len(old))}"
    text = re.sub(rf"\n{name}=\S*", changed, lightgbm_text, count=1)
    with pytest.raises((ValueError, KeyError)):
        check_lightgbm(text)


def test_linear_leaves_are_checked_too():
    settings = {"verbose": -1, "num_leaves": 3, "num_threads": 1, "linear_tree": True}
    text = lightgbm.train(settings, lightgbm.Dataset(X[:, :3], Y), 2).model_to_string()
    assert "leaf_coeff=" in text
    check_lightgbm(text)
    longer = re.sub(r"\nnum_features=\d", "\nnum_features=9", text, count=1)
    with pytest.raises(ValueError, match="linear leaves"):
        check_lightgbm(longer)


@pytest.fixture
def xgboost_model():
    """Return a decoded XGBoost model."""
    settings = {"max_depth": 2, "nthread": 1}
    booster = xgboost.train(settings, xgboost.DMatrix(X, Y), 2)
    model = read_ubjson(bytes(booster.save_raw("ubj")))
    check_xgboost(model)
    return model


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("left_children", 10**6),
        ("right_children", 0),
        ("left_children", -7),
        ("split_indices", 4),
        ("split_conditions", None),
        ("categories_nodes", [3]),
    ],
)
def test_an_xgboost_tree_that_leads_out_of_its_arrays_is_refused(
    xgboost_model, name, value
):
    tree = xgboost_model["learner"]["gradient_booster"]["model"]["trees"][0]
    changed = tree[name].copy()
    if value is None:
        changed = changed[:-1]
    elif isinstance(value, list):
        changed = value
    else:
        changed[0] = value
    tree[name] = changed
    with pytest.raises(ValueError, match="tree"):
        check_xgboost(xgboost_model)


def test_an_xgboost_tree_adds_to_no_output_that_is_not_there(xgboost_model):
    xgboost_model["learner"]["gradient_booster"]["model"]["tree_info"][0] = 9
    with pytest.raises(ValueError, match="output"):
        check_xgboost(xgboost_model)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"[#l\x7f\xff\xff\xff",
        b"[$i#i\xff",
        b"SL\x00\x00\x00\x00\x00\x00\x00\x09ab",
        b"[" * 10_000,
        b"{}{}",
    ],
)
def test_binary_json_that_says_more_than_it_holds_is_refused(data):
    with pytest.raises(ValueError, match="."):
        read_ubjson(data)
