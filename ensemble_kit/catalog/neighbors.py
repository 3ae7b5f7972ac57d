"""Neighbours and kernels."""

from ensemble_kit.catalog.models import MODELS
from ensemble_kit.registry import ModelSpec

MODELS.add(
    ModelSpec(
        name="knn",
        family="neighbors",
        classifier="sklearn.neighbors:KNeighborsClassifier",
        regressor="sklearn.neighbors:KNeighborsRegressor",
        defaults={"n_neighbors": 30, "weights": "distance"},
        accepts=frozenset({"sparse"}),
        features="dense",
        seed_parameter=None,
        probe="ensemble_kit.models.probing_grid:neighbors",
        note="nearest neighbours on scaled numbers",
    )
)
