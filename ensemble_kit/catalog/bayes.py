"""Naive Bayes, its offspring, and discriminant analysis."""

from typing import Any

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.models import add

BAYES: dict[str, Any] = {
    "family": "bayes",
    "accepts": frozenset({"sparse", "weights"}),
    "features": "sparse_text",
    "threads_parameter": None,
}
DENSE: dict[str, Any] = {
    "family": "bayes",
    "features": "dense",
    "threads_parameter": None,
}
BLIND: dict[str, Any] = {
    "family": "bayes",
    "accepts": frozenset({"nan", "sparse", "category", "text", "weights"}),
    "features": "raw",
    "seed_parameter": None,
    "threads_parameter": None,
}

add(
    name="naive_bayes",
    **BAYES,
    classifier="ensemble_kit.models.linear.naive_bayes:NaiveBayesClassifier",
    defaults={"alpha": 0.1},
    probe="ensemble_kit.models.probes.probing_grid:smoothing",
    search_space=search_spaces.SMOOTHING,
    note="multinomial naive Bayes, calibrated",
)
add(
    name="complement_naive_bayes",
    **BAYES,
    classifier="ensemble_kit.models.linear.naive_bayes:NaiveBayesClassifier",
    defaults={"kind": "complement", "alpha": 0.3},
    probe="ensemble_kit.models.probes.probing_grid:smoothing",
    search_space=search_spaces.SMOOTHING,
    note="complement naive Bayes, calibrated",
)
add(
    name="nb_svm",
    **BAYES,
    classifier="ensemble_kit.models.linear.nb_svm:NBSVMClassifier",
    probe="ensemble_kit.models.probes.probing_grid:inverse_penalty",
    search_space=search_spaces.INVERSE_PENALTY,
    note="logistic regression on naive-Bayes-weighted columns, calibrated",
)
add(
    name="gaussian_naive_bayes",
    **DENSE,
    classifier="ensemble_kit.models.linear.naive_bayes:NaiveBayesClassifier",
    defaults={"kind": "gaussian", "alpha": 0.001},
    accepts=frozenset({"weights"}),
    note="Gaussian naive Bayes, calibrated",
)
add(
    name="linear_discriminant",
    **DENSE,
    classifier="sklearn.discriminant_analysis:LinearDiscriminantAnalysis",
    defaults={"solver": "lsqr", "shrinkage": "auto"},
    accepts=frozenset(),
    seed_parameter=None,
    note="linear discriminant analysis with shrinkage",
)
add(
    name="quadratic_discriminant",
    **DENSE,
    classifier="ensemble_kit.models.linear.quadratic_discriminant:QuadraticDiscriminant",
    defaults={"reg_param": 0.3},
    accepts=frozenset({"weights"}),
    version=2,
    note="quadratic discriminant analysis, regularised and calibrated",
)
add(
    name="prior",
    **BLIND,
    classifier="sklearn.dummy:DummyClassifier",
    regressor="sklearn.dummy:DummyRegressor",
    classifier_defaults={"strategy": "prior"},
    note="the classes' shares, or the mean: what a model has to beat",
)
