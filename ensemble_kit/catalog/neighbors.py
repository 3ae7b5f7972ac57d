"""Neighbours, kernels and Gaussian processes."""

from typing import Any

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.models import MODELS
from ensemble_kit.registry import ModelSpec

KNN: dict[str, Any] = {
    "family": "neighbors",
    "classifier": "sklearn.neighbors:KNeighborsClassifier",
    "regressor": "sklearn.neighbors:KNeighborsRegressor",
    "accepts": frozenset({"sparse"}),
    "seed_parameter": None,
    "probe": "ensemble_kit.models.probing_grid:neighbors",
    "search_space": search_spaces.NEIGHBORS,
}
KERNEL: dict[str, Any] = {
    "family": "kernel",
    "features": "linear",
    "threads_parameter": None,
}

MODELS.add(
    ModelSpec(
        name="knn",
        **KNN,
        defaults={"n_neighbors": 30, "weights": "distance"},
        features="linear",
        note="nearest neighbours on scaled numbers",
    )
)
MODELS.add(
    ModelSpec(
        name="knn_cosine",
        **KNN,
        defaults={"n_neighbors": 30, "weights": "distance", "metric": "cosine"},
        features="sparse_text",
        note="nearest neighbours of texts and one-hot columns, by cosine",
    )
)
MODELS.add(
    ModelSpec(
        name="class_distances",
        family="neighbors",
        classifier="ensemble_kit.models.class_distances:ClassDistancesClassifier",
        accepts=frozenset({"sparse"}),
        features="linear",
        threads_parameter=None,
        note="distances to the nearest rows of each class, calibrated",
    )
)
MODELS.add(
    ModelSpec(
        name="kernel_svm",
        **KERNEL,
        classifier="ensemble_kit.models.kernel_svm:KernelSVMClassifier",
        regressor="ensemble_kit.models.kernel_svm:KernelSVMRegressor",
        accepts=frozenset({"sparse", "weights"}),
        probe="ensemble_kit.models.probing_grid:kernel",
        search_space=search_spaces.KERNEL,
        note="RBF support vector machine; Nystroem above 4,000 rows",
    )
)
MODELS.add(
    ModelSpec(
        name="gaussian_process",
        **KERNEL,
        classifier="ensemble_kit.models.gaussian_process:GaussianProcessClassifier",
        regressor="ensemble_kit.models.gaussian_process:GaussianProcessRegressor",
        accepts=frozenset({"sparse"}),
        max_rows=1500,
        note="Gaussian process, radial and linear kernel",
    )
)
