"""Forests and bags."""

from dataclasses import replace

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.families import FOREST
from ensemble_kit.catalog.models import add

RANDOM = replace(FOREST, search_space=search_spaces.FOREST)
EXTRA_TREES = replace(
    RANDOM,
    classifier="sklearn.ensemble:ExtraTreesClassifier",
    regressor="sklearn.ensemble:ExtraTreesRegressor",
    probe="ensemble_kit.models.probes.probing_grid:leaf_size",
)

add(
    EXTRA_TREES,
    name="extra_trees",
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    classifier_defaults={"max_features": 0.3},
    regressor_defaults={"max_features": 0.7},
    tuned=search_spaces.TUNED["extra_trees"],
    note="extremely randomised trees",
)
add(
    RANDOM,
    name="random_forest",
    both="sklearn.ensemble:RandomForest",
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    regressor_defaults={"max_features": 0.4},
    probe="ensemble_kit.models.probes.probing_grid:leaf_size",
    note="random forest",
)
add(
    EXTRA_TREES,
    name="extra_trees_target",
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    classifier_defaults={"max_features": 0.3},
    regressor_defaults={"max_features": 0.7},
    features="target",
    note="extremely randomised trees on means of the target by category",
)
add(
    EXTRA_TREES,
    name="extra_trees_shallow",
    defaults={"n_estimators": 300, "min_samples_leaf": 10, "max_features": 0.5},
    note="extremely randomised trees with large leaves, for level 2",
)
add(
    RANDOM,
    name="balanced_random_forest",
    classifier="imblearn.ensemble:BalancedRandomForestClassifier",
    defaults={"n_estimators": 300, "min_samples_leaf": 2},
    requires=(("imblearn", "contrib"),),
    note="random forest on rows with equal classes; for ranking metrics",
)
add(
    FOREST,
    name="bagged_trees",
    both="ensemble_kit.models.bagging:Bagged",
    defaults={"n_members": 100, "params": {"min_samples_leaf": 4}},
    note="decision trees bagged over rows",
)
