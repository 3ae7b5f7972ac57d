"""Forests."""

from ensemble_kit.catalog.models import MODELS
from ensemble_kit.registry import ModelSpec

MODELS.add(
    ModelSpec(
        name="extra_trees",
        family="forest",
        classifier="sklearn.ensemble:ExtraTreesClassifier",
        regressor="sklearn.ensemble:ExtraTreesRegressor",
        defaults={"n_estimators": 300, "min_samples_leaf": 2},
        regressor_defaults={"max_features": 0.5},
        accepts=frozenset({"nan", "sparse", "weights"}),
        note="extremely randomised trees",
    )
)
MODELS.add(
    ModelSpec(
        name="random_forest",
        family="forest",
        classifier="sklearn.ensemble:RandomForestClassifier",
        regressor="sklearn.ensemble:RandomForestRegressor",
        defaults={"n_estimators": 300, "min_samples_leaf": 2},
        regressor_defaults={"max_features": 0.4},
        accepts=frozenset({"nan", "sparse", "weights"}),
        note="random forest",
    )
)
