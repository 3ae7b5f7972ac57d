"""Boosted trees that differ in kind from the first ones, for diversity."""

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.boosting import CATBOOST, LIGHTGBM, XGBOOST
from ensemble_kit.catalog.models import add

H2O = {
    "family": "boosting",
    "classifier": "ensemble_kit.models.boosting.h2o_boosting:H2OClassifier",
    "regressor": "ensemble_kit.models.boosting.h2o_boosting:H2ORegressor",
}
ADA_BOOST = {
    "family": "boosting",
    "classifier": "sklearn.ensemble:AdaBoostClassifier",
    "regressor": "sklearn.ensemble:AdaBoostRegressor",
}

add(
    name="lightgbm_extra_trees",
    **LIGHTGBM,
    defaults={"extra_trees": True, "num_leaves": 48},
    features="trees",
    note="LightGBM with random thresholds",
)
add(
    name="lightgbm_goss",
    **LIGHTGBM,
    defaults={"data_sample_strategy": "goss", "subsample": 1.0},
    features="target",
    note="LightGBM that samples rows by their gradients",
)
add(
    name="lightgbm_dart",
    **{**LIGHTGBM, "probe": None},
    defaults={"boosting_type": "dart", "learning_rate": 0.1, "n_estimators": 300},
    features="native",
    note="LightGBM that drops trees as it goes; slow",
)
add(
    name="lightgbm_mae",
    **{**LIGHTGBM, "classifier": None},
    regressor_defaults={"objective": "l1"},
    features="native",
    note="LightGBM that minimises the absolute error",
)
add(
    name="lightgbm_shallow",
    **LIGHTGBM,
    defaults={"num_leaves": 6, "min_child_samples": 40, "reg_lambda": 5.0},
    note="LightGBM with 6 leaves, for level 2",
)
add(
    name="xgboost_lossguide",
    **XGBOOST,
    defaults={"grow_policy": "lossguide", "max_leaves": 48, "max_depth": 0},
    features="trees",
    note="XGBoost, trees grown leaf by leaf",
)
add(
    name="xgboost_native",
    **XGBOOST,
    defaults={"max_depth": 5},
    features="native",
    note="XGBoost that splits categories itself",
)
add(
    name="catboost_ordered",
    **CATBOOST,
    defaults={"boosting_type": "Ordered", "learning_rate": 0.12},
    features="native",
    max_rows=5000,
    note="CatBoost with ordered boosting, for few rows",
)
add(
    name="catboost_raw",
    **CATBOOST,
    features="raw",
    note="CatBoost on the columns as they come, its own text features",
)
add(
    name="h2o_gbm",
    **H2O,
    accepts=frozenset({"category", "nan", "weights"}),
    features="native",
    threads_parameter="nthreads",
    requires=(("h2o", "h2o"),),
    version=2,
    note="H2O's gradient boosting; needs Java",
)
add(
    name="ada_boost",
    **ADA_BOOST,
    defaults={"n_estimators": 200, "learning_rate": 0.3},
    accepts=frozenset({"sparse", "weights"}),
    features="dense",
    threads_parameter=None,
    search_space=search_spaces.ADA_BOOST,
    note="AdaBoost on stumps",
)
