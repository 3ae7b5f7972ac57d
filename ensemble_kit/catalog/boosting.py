"""Boosted trees; their rounds come from a probe."""

from dataclasses import replace

from ensemble_kit.catalog import objectives, search_spaces
from ensemble_kit.catalog.families import BOOSTING
from ensemble_kit.catalog.models import add

LIGHTGBM = replace(
    BOOSTING,
    classifier="ensemble_kit.models.boosting.lightgbm_boosting:LightGBMClassifier",
    regressor="ensemble_kit.models.boosting.lightgbm_boosting:LightGBMRegressor",
    accepts=frozenset({"category", "nan", "offset", "sparse", "weights"}),
    threads_parameter="n_jobs",
    probe="ensemble_kit.models.probes.probing:lightgbm_rounds",
    probe_splits=5,
    search_space=search_spaces.LIGHTGBM,
    objectives=objectives.LIGHTGBM,
    gpu={"device": "gpu"},  # OpenCL: the wheels are built without CUDA
    cost=replace(BOOSTING.cost, seconds=3.0),
)
XGBOOST = replace(
    BOOSTING,
    classifier="ensemble_kit.models.boosting.xgboost_boosting:XGBoostClassifier",
    regressor="ensemble_kit.models.boosting.xgboost_boosting:XGBoostRegressor",
    accepts=frozenset({"category", "nan", "offset", "sparse", "weights"}),
    threads_parameter="n_jobs",
    probe="ensemble_kit.models.probes.probing:xgboost_rounds",
    probe_splits=5,
    search_space=search_spaces.XGBOOST,
    objectives=objectives.XGBOOST,
    gpu={"device": "cuda"},
    requires=(("xgboost", "boosting"),),
)
CATBOOST = replace(
    BOOSTING,
    classifier="ensemble_kit.models.boosting.catboost_boosting:CatBoostClassifier",
    regressor="ensemble_kit.models.boosting.catboost_boosting:CatBoostRegressor",
    accepts=frozenset({"category", "nan", "offset", "sparse", "text", "weights"}),
    threads_parameter="thread_count",
    probe="ensemble_kit.models.probes.probing:catboost_rounds",
    probe_splits=3,
    # What CatBoost itself takes on a GPU: its time grows with borders times classes.
    classifier_defaults={"border_count": 128},
    search_space=search_spaces.CATBOOST,
    objectives=objectives.CATBOOST,
    gpu={"task_type": "GPU"},
    requires=(("catboost", "boosting"),),
    cost=replace(BOOSTING.cost, seconds=24.0),
)

add(
    LIGHTGBM,
    name="lightgbm",
    features="native",
    tuned=search_spaces.TUNED["lightgbm"],
    note="LightGBM, leaf-wise trees, native categories",
)
add(
    XGBOOST,
    name="xgboost",
    features="target",
    tuned=search_spaces.TUNED["xgboost"],
    note="XGBoost, trees grown level by level, categories as means",
)
add(
    CATBOOST,
    name="catboost",
    features="native",
    tuned=search_spaces.TUNED["catboost"],
    note="CatBoost, symmetric trees, native categories and texts",
)
add(
    BOOSTING,
    name="hist_gradient_boosting",
    both="ensemble_kit.models.boosting.histogram_boosting:HistogramBoosting",
    probe="ensemble_kit.models.probes.probing:histogram_rounds",
    search_space=search_spaces.HISTOGRAM,
    objectives=objectives.HISTOGRAM,
    cost=replace(BOOSTING.cost, seconds=3.0),
    defaults={"learning_rate": 0.06, "max_iter": 300, "early_stopping": False},
    note="scikit-learn's histogram boosting",
)
