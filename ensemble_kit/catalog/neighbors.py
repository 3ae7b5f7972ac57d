"""Neighbours, kernels and Gaussian processes."""

from dataclasses import replace

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.families import KERNEL, NEIGHBORS
from ensemble_kit.catalog.models import add

KNN = replace(
    NEIGHBORS,
    classifier="ensemble_kit.models.neighbors.nearest_rows:NearestRowsClassifier",
    regressor="ensemble_kit.models.neighbors.nearest_rows:NearestRowsRegressor",
    seed_parameter=None,
    probe="ensemble_kit.models.probes.probing_grid:neighbors",
    probe_splits=5,
    search_space=search_spaces.NEIGHBORS,
    version=2,
)

add(
    KNN,
    name="knn",
    defaults={"n_neighbors": 30, "weights": "distance"},
    note="nearest neighbours on scaled numbers",
)
add(
    KNN,
    name="knn_cosine",
    defaults={"n_neighbors": 30, "weights": "distance", "metric": "cosine"},
    features="sparse_text",
    note="nearest neighbours of texts and one-hot columns, by cosine",
)
add(
    NEIGHBORS,
    name="class_distances",
    classifier="ensemble_kit.models.neighbors.class_distances:ClassDistancesClassifier",
    threads_parameter=None,
    note="distances to the nearest rows of each class, calibrated",
)
add(
    KERNEL,
    name="kernel_svm",
    both="ensemble_kit.models.neighbors.kernel_svm:KernelSVM",
    accepts=frozenset({"sparse", "weights"}),
    probe="ensemble_kit.models.probes.probing_grid:kernel",
    search_space=search_spaces.KERNEL,
    note="RBF support vector machine; Nystroem above 4,000 rows",
)
add(
    KERNEL,
    name="gaussian_process",
    both="ensemble_kit.models.neighbors.gaussian_process:GaussianProcess",
    max_rows=1500,
    version=2,
    note="Gaussian process, radial and linear kernel",
)
