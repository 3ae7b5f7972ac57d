"""Linear models; the strength of a penalty comes from a probe."""

from dataclasses import replace

from ensemble_kit.catalog import objectives, search_spaces
from ensemble_kit.catalog.families import LINEAR
from ensemble_kit.catalog.models import add

# So quickly fitted that more than one inner split can be probed.
QUICK = replace(LINEAR, probe_splits=5)
RIDGE = replace(
    QUICK,
    regressor="ensemble_kit.models.linear.reweighted_ridge:ReweightedRidge",
    objectives=objectives.RIDGE,
)

add(
    QUICK,
    name="logistic_regression",
    classifier="sklearn.linear_model:LogisticRegression",
    defaults={"C": 1.0, "max_iter": 1000, "tol": 0.001},
    probe="ensemble_kit.models.probes.probing_grid:inverse_penalty",
    search_space=search_spaces.INVERSE_PENALTY,
    note="logistic regression, L2 penalty",
)
add(
    LINEAR,
    name="logistic_l1",
    classifier="ensemble_kit.models.linear.sparse_logistic:SparseLogisticClassifier",
    defaults={"C": 1.0},
    probe="ensemble_kit.models.probes.probing_grid:inverse_penalty",
    search_space=search_spaces.INVERSE_PENALTY,
    note="logistic regression, L1 penalty",
)
add(
    LINEAR,
    name="logistic_elastic_net",
    classifier="ensemble_kit.models.linear.sparse_logistic:SparseLogisticClassifier",
    defaults={"C": 1.0, "l1_ratio": 0.5, "max_iter": 1000},
    probe="ensemble_kit.models.probes.probing_grid:inverse_penalty",
    search_space=search_spaces.INVERSE_PENALTY,
    max_rows=20000,
    note="logistic regression, L1 and L2 penalty",
)
add(
    LINEAR,
    name="logistic_strong",
    classifier="sklearn.linear_model:LogisticRegression",
    defaults={"C": 0.03, "max_iter": 1000, "tol": 0.001},
    note="logistic regression with a strong penalty, for level 2",
)
add(
    RIDGE,
    name="ridge",
    classifier="ensemble_kit.models.linear.ridge_classifier:CalibratedRidgeClassifier",
    defaults={"alpha": 10.0},
    probe="ensemble_kit.models.probes.probing_grid:penalty",
    search_space=search_spaces.PENALTY,
    note="ridge regression; classes through calibrated indicators",
)
add(
    RIDGE,
    name="ridge_strong",
    defaults={"alpha": 100.0},
    note="ridge regression with a strong penalty, for level 2",
)
add(
    LINEAR,
    name="lasso",
    regressor="ensemble_kit.models.linear.scaled_linear:ScaledElasticNet",
    defaults={"alpha": 0.003, "l1_ratio": 1.0, "max_iter": 5000},
    probe="ensemble_kit.models.probes.probing_grid:relative_penalty",
    search_space=search_spaces.RELATIVE_PENALTY,
    note="lasso on a scaled target",
)
add(
    LINEAR,
    name="elastic_net",
    regressor="ensemble_kit.models.linear.scaled_linear:ScaledElasticNet",
    defaults={"alpha": 0.003, "l1_ratio": 0.3, "max_iter": 5000},
    probe="ensemble_kit.models.probes.probing_grid:relative_penalty",
    search_space=search_spaces.RELATIVE_PENALTY,
    note="elastic net on a scaled target",
)
add(
    LINEAR,
    name="huber",
    regressor="ensemble_kit.models.linear.scaled_linear:ScaledHuberRegressor",
    defaults={"alpha": 10.0, "max_iter": 2000, "tol": 0.0001},
    seed_parameter=None,
    probe="ensemble_kit.models.probes.probing_grid:penalty",
    search_space=search_spaces.PENALTY,
    note="Huber regression, robust against outliers",
)
add(
    LINEAR,
    name="quantile",
    regressor="ensemble_kit.models.linear.scaled_linear:ScaledQuantileRegressor",
    defaults={"alpha": 0.0003, "quantile": 0.5},
    seed_parameter=None,
    search_space=search_spaces.QUANTILE_PENALTY,
    max_rows=5000,
    note="median regression, for the absolute error",
)
add(
    LINEAR,
    name="linear_svm",
    both="ensemble_kit.models.linear.linear_svm:LinearSVM",
    defaults={"C": 0.1, "max_iter": 5000},
    probe="ensemble_kit.models.probes.probing_grid:inverse_penalty",
    search_space=search_spaces.INVERSE_PENALTY,
    note="linear support vector machine, calibrated",
)
add(
    QUICK,
    name="sgd",
    classifier="sklearn.linear_model:SGDClassifier",
    regressor="ensemble_kit.models.linear.stochastic_linear:StochasticLinearRegressor",
    objectives=objectives.STOCHASTIC,
    defaults={"alpha": 0.0001, "average": True, "max_iter": 20, "tol": None},
    classifier_defaults={"loss": "log_loss"},
    probe="ensemble_kit.models.probes.probing_grid:small_penalty",
    search_space=search_spaces.STEP_PENALTY,
    note="averaged stochastic gradient descent, for many sparse rows",
)
