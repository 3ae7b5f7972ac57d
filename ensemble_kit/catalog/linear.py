"""Linear models and naive Bayes; the strength of a penalty comes from a probe."""

from ensemble_kit.catalog.models import MODELS
from ensemble_kit.registry import ModelSpec

MODELS.add(
    ModelSpec(
        name="logistic_regression",
        family="linear",
        classifier="sklearn.linear_model:LogisticRegression",
        defaults={"C": 1.0, "max_iter": 1000},
        accepts=frozenset({"sparse", "weights"}),
        features="linear",
        threads_parameter=None,
        probe="ensemble_kit.models.probing_grid:inverse_penalty",
        note="logistic regression, L2 penalty",
    )
)
MODELS.add(
    ModelSpec(
        name="ridge",
        family="linear",
        classifier="ensemble_kit.models.ridge_classifier:CalibratedRidgeClassifier",
        regressor="sklearn.linear_model:Ridge",
        defaults={"alpha": 10.0},
        accepts=frozenset({"sparse", "weights"}),
        features="linear",
        threads_parameter=None,
        probe="ensemble_kit.models.probing_grid:penalty",
        note="ridge regression; classes through calibrated indicators",
    )
)
MODELS.add(
    ModelSpec(
        name="linear_svm",
        family="linear",
        classifier="ensemble_kit.models.linear_svm:LinearSVMClassifier",
        regressor="ensemble_kit.models.linear_svm:LinearSVMRegressor",
        defaults={"C": 0.1, "max_iter": 5000},
        accepts=frozenset({"sparse", "weights"}),
        features="linear",
        threads_parameter=None,
        probe="ensemble_kit.models.probing_grid:inverse_penalty",
        note="linear support vector machine, calibrated",
    )
)
MODELS.add(
    ModelSpec(
        name="sgd",
        family="linear",
        classifier="sklearn.linear_model:SGDClassifier",
        regressor="ensemble_kit.models.stochastic_linear:StochasticLinearRegressor",
        defaults={"alpha": 1e-4, "average": True, "max_iter": 20, "tol": None},
        classifier_defaults={"loss": "log_loss"},
        accepts=frozenset({"sparse", "weights"}),
        features="linear",
        threads_parameter=None,
        probe="ensemble_kit.models.probing_grid:small_penalty",
        note="averaged stochastic gradient descent, for many sparse rows",
    )
)
MODELS.add(
    ModelSpec(
        name="naive_bayes",
        family="bayes",
        classifier="ensemble_kit.models.naive_bayes:NaiveBayesClassifier",
        defaults={"alpha": 0.1},
        accepts=frozenset({"sparse", "weights"}),
        features="sparse_text",
        threads_parameter=None,
        probe="ensemble_kit.models.probing_grid:smoothing",
        note="multinomial naive Bayes, calibrated",
    )
)
MODELS.add(
    ModelSpec(
        name="gaussian_naive_bayes",
        family="bayes",
        classifier="ensemble_kit.models.naive_bayes:NaiveBayesClassifier",
        defaults={"kind": "gaussian", "alpha": 1e-3},
        accepts=frozenset({"weights"}),
        features="dense",
        threads_parameter=None,
        note="Gaussian naive Bayes, calibrated",
    )
)
