"""Neighbours, kernels and Gaussian processes."""

from typing import Any

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.models import add

KNN: dict[str, Any] = {
    "family": "neighbors",
    "classifier": "ensemble_kit.models.neighbors.nearest_rows:NearestRowsClassifier",
    "regressor": "ensemble_kit.models.neighbors.nearest_rows:NearestRowsRegressor",
    "accepts": frozenset({"sparse"}),
    "seed_parameter": None,
    "probe": "ensemble_kit.models.probes.probing_grid:neighbors",
    "probe_splits": 5,
    "search_space": search_spaces.NEIGHBORS,
    "version": 2,
}
KERNEL: dict[str, Any] = {
    "family": "kernel",
    "features": "linear",
    "threads_parameter": None,
}

add(
    name="knn",
    **KNN,
    defaults={"n_neighbors": 30, "weights": "distance"},
    features="linear",
    note="nearest neighbours on scaled numbers",
)
add(
    name="knn_cosine",
    **KNN,
    defaults={"n_neighbors": 30, "weights": "distance", "metric": "cosine"},
    features="sparse_text",
    note="nearest neighbours of texts and one-hot columns, by cosine",
)
add(
    name="class_distances",
    family="neighbors",
    classifier="ensemble_kit.models.neighbors.class_distances:ClassDistancesClassifier",
    accepts=frozenset({"sparse"}),
    features="linear",
    threads_parameter=None,
    note="distances to the nearest rows of each class, calibrated",
)
add(
    name="kernel_svm",
    **KERNEL,
    classifier="ensemble_kit.models.neighbors.kernel_svm:KernelSVMClassifier",
    regressor="ensemble_kit.models.neighbors.kernel_svm:KernelSVMRegressor",
    accepts=frozenset({"sparse", "weights"}),
    probe="ensemble_kit.models.probes.probing_grid:kernel",
    search_space=search_spaces.KERNEL,
    note="RBF support vector machine; Nystroem above 4,000 rows",
)
add(
    name="gaussian_process",
    **KERNEL,
    classifier="ensemble_kit.models.neighbors.gaussian_process:GaussianProcessClassifier",
    regressor="ensemble_kit.models.neighbors.gaussian_process:GaussianProcessRegressor",
    accepts=frozenset({"sparse"}),
    max_rows=1500,
    version=2,
    note="Gaussian process, radial and linear kernel",
)
