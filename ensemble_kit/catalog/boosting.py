"""Boosted trees; their rounds come from a probe."""

from ensemble_kit.catalog.models import MODELS
from ensemble_kit.registry import ModelSpec

MODELS.add(
    ModelSpec(
        name="lightgbm",
        family="boosting",
        classifier="ensemble_kit.models.lightgbm_boosting:LightGBMClassifier",
        regressor="ensemble_kit.models.lightgbm_boosting:LightGBMRegressor",
        defaults={"learning_rate": 0.04, "subsample": 0.9, "colsample_bytree": 0.6},
        accepts=frozenset({"nan", "sparse", "category", "weights"}),
        features="native",
        probe="ensemble_kit.models.probing:lightgbm_rounds",
        note="LightGBM, leaf-wise trees, native categories",
    )
)
MODELS.add(
    ModelSpec(
        name="xgboost",
        family="boosting",
        classifier="ensemble_kit.models.xgboost_boosting:XGBoostClassifier",
        regressor="ensemble_kit.models.xgboost_boosting:XGBoostRegressor",
        defaults={"learning_rate": 0.05, "subsample": 0.8, "colsample_bytree": 0.6},
        accepts=frozenset({"nan", "sparse", "category", "weights"}),
        probe="ensemble_kit.models.probing:xgboost_rounds",
        requires=(("xgboost", "boosting"),),
        note="XGBoost, histogram trees, level-wise",
    )
)
MODELS.add(
    ModelSpec(
        name="catboost",
        family="boosting",
        classifier="ensemble_kit.models.catboost_boosting:CatBoostClassifier",
        regressor="ensemble_kit.models.catboost_boosting:CatBoostRegressor",
        defaults={"learning_rate": 0.08},
        accepts=frozenset({"nan", "sparse", "category", "text", "weights"}),
        features="native",
        threads_parameter="thread_count",
        probe="ensemble_kit.models.probing:catboost_rounds",
        requires=(("catboost", "boosting"),),
        note="CatBoost, symmetric trees, native categories and texts",
    )
)
MODELS.add(
    ModelSpec(
        name="hist_gradient_boosting",
        family="boosting",
        classifier="ensemble_kit.models.histogram_boosting:HistogramBoostingClassifier",
        regressor="ensemble_kit.models.histogram_boosting:HistogramBoostingRegressor",
        defaults={"learning_rate": 0.06, "max_iter": 300, "early_stopping": False},
        accepts=frozenset({"nan", "weights"}),
        threads_parameter=None,
        probe="ensemble_kit.models.probing:histogram_rounds",
        note="scikit-learn's histogram boosting",
    )
)
