"""Forests and bags."""

from typing import Any

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.models import add

FOREST: dict[str, Any] = {
    "family": "forest",
    "accepts": frozenset({"nan", "sparse", "weights"}),
}
RANDOM_FOREST: dict[str, Any] = {**FOREST, "search_space": search_spaces.FOREST}
EXTRA_TREES: dict[str, Any] = {
    "family": "forest",
    "classifier": "sklearn.ensemble:ExtraTreesClassifier",
    "regressor": "sklearn.ensemble:ExtraTreesRegressor",
    "probe": "ensemble_kit.models.probes.probing_grid:leaf_size",
    "search_space": search_spaces.FOREST,
    "accepts": frozenset({"nan", "sparse", "weights"}),
}

add(
    name="extra_trees",
    **EXTRA_TREES,
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    classifier_defaults={"max_features": 0.3},
    regressor_defaults={"max_features": 0.7},
    tuned=search_spaces.TUNED["extra_trees"],
    note="extremely randomised trees",
)
add(
    name="random_forest",
    **RANDOM_FOREST,
    classifier="sklearn.ensemble:RandomForestClassifier",
    regressor="sklearn.ensemble:RandomForestRegressor",
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    regressor_defaults={"max_features": 0.4},
    probe="ensemble_kit.models.probes.probing_grid:leaf_size",
    note="random forest",
)
add(
    name="extra_trees_target",
    **EXTRA_TREES,
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    classifier_defaults={"max_features": 0.3},
    regressor_defaults={"max_features": 0.7},
    features="target",
    note="extremely randomised trees on means of the target by category",
)
add(
    name="extra_trees_shallow",
    **EXTRA_TREES,
    defaults={"n_estimators": 300, "min_samples_leaf": 10, "max_features": 0.5},
    note="extremely randomised trees with large leaves, for level 2",
)
add(
    name="balanced_random_forest",
    **RANDOM_FOREST,
    classifier="imblearn.ensemble:BalancedRandomForestClassifier",
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    requires=(("imblearn", "contrib"),),
    note="random forest on rows with equal classes; for ranking metrics",
)
add(
    name="bagged_trees",
    **FOREST,
    classifier="ensemble_kit.models.bagging:BaggedClassifier",
    regressor="ensemble_kit.models.bagging:BaggedRegressor",
    defaults={"n_members": 100, "params": {"min_samples_leaf": 4}},
    note="decision trees bagged over rows",
)
