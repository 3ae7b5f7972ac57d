"""Naive Bayes, its offspring, and discriminant analysis."""

from dataclasses import replace

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.families import BAYES
from ensemble_kit.catalog.models import add

COUNTS = replace(
    BAYES, accepts=frozenset({"sparse", "weights"}), features="sparse_text"
)

add(
    COUNTS,
    name="naive_bayes",
    classifier="ensemble_kit.models.linear.naive_bayes:NaiveBayesClassifier",
    defaults={"alpha": 0.1},
    probe="ensemble_kit.models.probes.probing_grid:smoothing",
    search_space=search_spaces.SMOOTHING,
    note="multinomial naive Bayes, calibrated",
)
add(
    COUNTS,
    name="complement_naive_bayes",
    classifier="ensemble_kit.models.linear.naive_bayes:NaiveBayesClassifier",
    defaults={"kind": "complement", "alpha": 0.3},
    probe="ensemble_kit.models.probes.probing_grid:smoothing",
    search_space=search_spaces.SMOOTHING,
    note="complement naive Bayes, calibrated",
)
add(
    COUNTS,
    name="nb_svm",
    classifier="ensemble_kit.models.linear.nb_svm:NBSVMClassifier",
    probe="ensemble_kit.models.probes.probing_grid:inverse_penalty",
    search_space=search_spaces.INVERSE_PENALTY,
    note="logistic regression on naive-Bayes-weighted columns, calibrated",
)
add(
    BAYES,
    name="gaussian_naive_bayes",
    classifier="ensemble_kit.models.linear.naive_bayes:NaiveBayesClassifier",
    defaults={"kind": "gaussian", "alpha": 0.001},
    note="Gaussian naive Bayes, calibrated",
)
add(
    BAYES,
    name="linear_discriminant",
    classifier="sklearn.discriminant_analysis:LinearDiscriminantAnalysis",
    defaults={"solver": "lsqr", "shrinkage": "auto"},
    accepts=frozenset(),
    seed_parameter=None,
    note="linear discriminant analysis with shrinkage",
)
add(
    BAYES,
    name="quadratic_discriminant",
    classifier="ensemble_kit.models.linear.quadratic_discriminant:QuadraticDiscriminant",
    defaults={"reg_param": 0.3},
    version=2,
    note="quadratic discriminant analysis, regularised and calibrated",
)
add(
    BAYES,
    name="prior",
    both="sklearn.dummy:Dummy",
    accepts=frozenset({"nan", "sparse", "category", "text", "weights"}),
    features="raw",
    seed_parameter=None,
    classifier_defaults={"strategy": "prior"},
    note="the classes' shares, or the mean: what a model has to beat",
)
