"""Boosted trees; their rounds come from a probe."""

from typing import Any

from ensemble_kit.catalog import objectives, search_spaces
from ensemble_kit.catalog.models import add

LIGHTGBM: dict[str, Any] = {
    "family": "boosting",
    "classifier": "ensemble_kit.models.boosting.lightgbm_boosting:LightGBMClassifier",
    "regressor": "ensemble_kit.models.boosting.lightgbm_boosting:LightGBMRegressor",
    "accepts": frozenset({"category", "nan", "sparse", "weights"}),
    "probe": "ensemble_kit.models.probes.probing:lightgbm_rounds",
    "probe_splits": 5,
    "search_space": search_spaces.LIGHTGBM,
    "objectives": objectives.LIGHTGBM,
}
XGBOOST: dict[str, Any] = {
    "family": "boosting",
    "classifier": "ensemble_kit.models.boosting.xgboost_boosting:XGBoostClassifier",
    "regressor": "ensemble_kit.models.boosting.xgboost_boosting:XGBoostRegressor",
    "accepts": frozenset({"category", "nan", "sparse", "weights"}),
    "probe": "ensemble_kit.models.probes.probing:xgboost_rounds",
    "probe_splits": 5,
    "search_space": search_spaces.XGBOOST,
    "objectives": objectives.XGBOOST,
    "requires": (("xgboost", "boosting"),),
}
CATBOOST: dict[str, Any] = {
    "family": "boosting",
    "classifier": "ensemble_kit.models.boosting.catboost_boosting:CatBoostClassifier",
    "regressor": "ensemble_kit.models.boosting.catboost_boosting:CatBoostRegressor",
    "accepts": frozenset({"category", "nan", "sparse", "text", "weights"}),
    "threads_parameter": "thread_count",
    "probe": "ensemble_kit.models.probes.probing:catboost_rounds",
    "probe_splits": 3,
    # What CatBoost itself takes on a GPU: its time grows with borders times classes.
    "classifier_defaults": {"border_count": 128},
    "search_space": search_spaces.CATBOOST,
    "objectives": objectives.CATBOOST,
    "requires": (("catboost", "boosting"),),
}
HISTOGRAM: dict[str, Any] = {
    "family": "boosting",
    "classifier": "ensemble_kit.models.boosting.histogram_boosting:"
    "HistogramBoostingClassifier",
    "regressor": "ensemble_kit.models.boosting.histogram_boosting:"
    "HistogramBoostingRegressor",
    "accepts": frozenset({"nan", "weights"}),
    "threads_parameter": None,
    "probe": "ensemble_kit.models.probes.probing:histogram_rounds",
    "search_space": search_spaces.HISTOGRAM,
    "objectives": objectives.HISTOGRAM,
}

add(
    name="lightgbm",
    **LIGHTGBM,
    features="native",
    tuned=search_spaces.TUNED["lightgbm"],
    note="LightGBM, leaf-wise trees, native categories",
)
add(
    name="xgboost",
    **XGBOOST,
    features="target",
    tuned=search_spaces.TUNED["xgboost"],
    note="XGBoost, trees grown level by level, categories as means",
)
add(
    name="catboost",
    **CATBOOST,
    features="native",
    tuned=search_spaces.TUNED["catboost"],
    note="CatBoost, symmetric trees, native categories and texts",
)
add(
    name="hist_gradient_boosting",
    **HISTOGRAM,
    defaults={"learning_rate": 0.06, "max_iter": 300, "early_stopping": False},
    note="scikit-learn's histogram boosting",
)
