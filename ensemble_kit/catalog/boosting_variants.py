"""Boosted trees that differ in kind from the first ones, for diversity."""

from dataclasses import replace

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.boosting import CATBOOST, LIGHTGBM, XGBOOST
from ensemble_kit.catalog.families import BOOSTING
from ensemble_kit.catalog.models import add

add(
    LIGHTGBM,
    name="lightgbm_extra_trees",
    defaults={"extra_trees": True, "num_leaves": 48},
    features="trees",
    note="LightGBM with random thresholds",
)
add(
    LIGHTGBM,
    name="lightgbm_goss",
    defaults={"data_sample_strategy": "goss", "subsample": 1.0},
    features="target",
    note="LightGBM that samples rows by their gradients",
)
add(
    LIGHTGBM,
    name="lightgbm_dart",
    probe=None,
    defaults={"boosting_type": "dart", "learning_rate": 0.1, "n_estimators": 300},
    features="native",
    cost=replace(LIGHTGBM.cost, seconds=6.0),
    note="LightGBM that drops trees as it goes; slow",
)
add(
    LIGHTGBM,
    name="lightgbm_mae",
    classifier=None,
    regressor_defaults={"objective": "l1"},
    features="native",
    note="LightGBM that minimises the absolute error",
)
add(
    LIGHTGBM,
    name="lightgbm_shallow",
    defaults={"num_leaves": 6, "min_child_samples": 40, "reg_lambda": 5.0},
    note="LightGBM with 6 leaves, for level 2",
)
add(
    LIGHTGBM,
    name="lightgbm_detrended",
    classifier=None,
    regressor="ensemble_kit.models.boosting.detrended_boosting:DetrendedLightGBM",
    features="trend",
    note="LightGBM on what a line through time leaves over, where there are dates",
)
add(
    LIGHTGBM,
    name="lightgbm_differenced",
    classifier=None,
    regressor="ensemble_kit.models.boosting.differenced_boosting:DifferencedLightGBM",
    features="differenced_lags",
    note="LightGBM on the change of a series, from what was known before",
)
add(
    XGBOOST,
    name="xgboost_lossguide",
    defaults={"grow_policy": "lossguide", "max_leaves": 48, "max_depth": 0},
    features="trees",
    note="XGBoost, trees grown leaf by leaf",
)
add(
    XGBOOST,
    name="xgboost_native",
    defaults={"max_depth": 5},
    features="native",
    note="XGBoost that splits categories itself",
)
add(
    CATBOOST,
    name="catboost_ordered",
    defaults={"boosting_type": "Ordered", "learning_rate": 0.12},
    features="native",
    max_rows=5000,
    note="CatBoost with ordered boosting, for few rows",
)
add(
    CATBOOST,
    name="catboost_raw",
    features="raw",
    note="CatBoost on the columns as they come, its own text features",
)
add(
    BOOSTING,
    name="h2o_gbm",
    both="ensemble_kit.models.boosting.h2o_boosting:H2O",
    accepts=frozenset({"category", "nan", "weights"}),
    features="native",
    threads_parameter="nthreads",
    requires=(("h2o", "h2o"),),
    version=2,
    note="H2O's gradient boosting; needs Java",
)
add(
    BOOSTING,
    name="ada_boost",
    both="sklearn.ensemble:AdaBoost",
    defaults={"n_estimators": 200, "learning_rate": 0.3},
    accepts=frozenset({"sparse", "weights"}),
    features="dense",
    search_space=search_spaces.ADA_BOOST,
    note="AdaBoost on stumps",
)
