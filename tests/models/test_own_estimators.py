"""Scikit-learn's own checks on our estimators, and what is known to differ."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from ensemble_kit import models
from ensemble_kit.catalog import MODELS
from ensemble_kit.models.bagging import BaggedClassifier, BaggedRegressor
from ensemble_kit.models.boosting.catboost_boosting import (
    CatBoostClassifier,
    CatBoostRegressor,
)
from ensemble_kit.models.boosting.detrended_boosting import DetrendedLightGBM
from ensemble_kit.models.boosting.differenced_boosting import DifferencedLightGBM
from ensemble_kit.models.boosting.histogram_boosting import (
    HistogramBoostingClassifier,
    HistogramBoostingRegressor,
)
from ensemble_kit.models.boosting.lightgbm_boosting import (
    LightGBMClassifier,
    LightGBMRegressor,
)
from ensemble_kit.models.boosting.xgboost_boosting import (
    XGBoostClassifier,
    XGBoostRegressor,
)
from ensemble_kit.models.linear.factorization_machine import (
    FactorizationMachineClassifier,
    FactorizationMachineRegressor,
)
from ensemble_kit.models.linear.linear_svm import (
    LinearSVMClassifier,
    LinearSVMRegressor,
)
from ensemble_kit.models.linear.naive_bayes import NaiveBayesClassifier
from ensemble_kit.models.linear.nb_svm import NBSVMClassifier
from ensemble_kit.models.linear.quadratic_discriminant import QuadraticDiscriminant
from ensemble_kit.models.linear.reweighted_ridge import ReweightedRidge
from ensemble_kit.models.linear.ridge_classifier import CalibratedRidgeClassifier
from ensemble_kit.models.linear.scaled_linear import (
    ScaledElasticNet,
    ScaledHuberRegressor,
    ScaledQuantileRegressor,
)
from ensemble_kit.models.linear.sparse_logistic import SparseLogisticClassifier
from ensemble_kit.models.linear.stochastic_linear import StochasticLinearRegressor
from ensemble_kit.models.neighbors.class_distances import ClassDistancesClassifier
from ensemble_kit.models.neighbors.gaussian_process import (
    GaussianProcessClassifier,
    GaussianProcessRegressor,
)
from ensemble_kit.models.neighbors.kernel_svm import (
    KernelSVMClassifier,
    KernelSVMRegressor,
)
from ensemble_kit.models.neighbors.nearest_rows import (
    NearestRowsClassifier,
    NearestRowsRegressor,
)
from ensemble_kit.models.table_nets.keras_network import KerasClassifier, KerasRegressor
from ensemble_kit.models.table_nets.sparse_mlp import (
    SparseMLPClassifier,
    SparseMLPRegressor,
)
from ensemble_kit.models.table_nets.table_mlp import (
    TableMLPClassifier,
    TableMLPRegressor,
)
from ensemble_kit.models.table_nets.tabm import TabMClassifier, TabMRegressor

TREES = {"n_estimators": 30, "learning_rate": 0.3, "random_state": 0}
CATS = {"iterations": 30, "learning_rate": 0.3, "random_state": 0}
NETS = {"hidden": (16,), "n_members": 1, "random_state": 0}
CYCLES = {"n_cycles": 2, **NETS}
OURS = [
    LightGBMClassifier(min_child_samples=1, **TREES),
    LightGBMRegressor(min_child_samples=1, **TREES),
    DetrendedLightGBM(min_child_samples=1, **TREES),
    DifferencedLightGBM(min_child_samples=1, **TREES),
    XGBoostClassifier(**TREES),
    XGBoostRegressor(**TREES),
    CatBoostClassifier(**CATS),
    CatBoostRegressor(**CATS),
    HistogramBoostingClassifier(max_iter=10, min_samples_leaf=3, random_state=0),
    HistogramBoostingRegressor(max_iter=10, min_samples_leaf=3, random_state=0),
    LinearSVMClassifier(random_state=0),
    LinearSVMRegressor(random_state=0),
    CalibratedRidgeClassifier(random_state=0),
    NaiveBayesClassifier(random_state=0),
    NaiveBayesClassifier(kind="gaussian", random_state=0),
    NBSVMClassifier(random_state=0),
    SparseLogisticClassifier(random_state=0),
    ReweightedRidge(loss="absolute_error", random_state=0),
    ScaledElasticNet(alpha=0.01, random_state=0),
    ScaledHuberRegressor(),
    ScaledQuantileRegressor(alpha=0.001),
    StochasticLinearRegressor(random_state=0),
    KernelSVMClassifier(random_state=0),
    KernelSVMRegressor(random_state=0),
    ClassDistancesClassifier(random_state=0),
    QuadraticDiscriminant(random_state=0),
    NearestRowsClassifier(),
    NearestRowsRegressor(),
    GaussianProcessClassifier(optimize=False),
    GaussianProcessRegressor(random_state=0),
    FactorizationMachineClassifier(epochs=20, normalize=False, random_state=0),
    FactorizationMachineRegressor(epochs=20, normalize=False, random_state=0),
    SparseMLPClassifier(epochs=12, **NETS),
    SparseMLPRegressor(epochs=12, **NETS),
    TableMLPClassifier(**CYCLES),
    TableMLPRegressor(**CYCLES),
    TabMClassifier(learning_rate=0.02, **CYCLES),
    TabMRegressor(learning_rate=0.02, **CYCLES),
    KerasClassifier(epochs=6, learning_rate=0.02, random_state=0),
    KerasRegressor(epochs=6, learning_rate=0.02, random_state=0),
    BaggedClassifier(n_members=5, random_state=0),
    BaggedRegressor(n_members=5, random_state=0),
]
DRAWN = (
    "rows are sampled, shuffled or dealt to inner folds, so two rows differ from one"
)
BINNED = "bins and base values count rows, not weights, as in the library itself"
STOPPED = "the solver stops at a tolerance above that of the check"
SCALED = "the kernel's scale looks at the rows, not at their weights"
REASONS = {
    "HistogramBoosting": BINNED,
    "SparseLogistic": STOPPED,
    "ScaledHuber": STOPPED,
    "KernelSVMRegressor": SCALED,
}
TWICE = [
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
]
# Their library needs Java; texts and series have suites of their own.
ELSEWHERE = {"H2OClassifier", "H2ORegressor"}
A_SERIES = "it is told the names of the columns of a series"
TEXTS = "it reads texts"
NO_TABLES = {
    "Arima": A_SERIES,
    "ExponentialSmoothing": A_SERIES,
    "Recursive": A_SERIES,
    "SeasonalArima": A_SERIES,
    "SeasonalNaive": A_SERIES,
    "ClassLanguageModel": TEXTS,
    "LanguageModel": TEXTS,
    "SequenceTagger": TEXTS,
    "SequenceToSequence": TEXTS,
    "VectorToSequence": "it tells texts",
    **{
        f"Text{kind}{task}": TEXTS
        for kind in ("Average", "Bert", "CNN", "RNN", "TDNN", "Transformer")
        for task in ("Classifier", "Regressor")
    },
}
EXACT = (
    "ReweightedRidge",
    "ScaledElasticNet",
    "ScaledQuantileRegressor",
    "GaussianProcess",
)


def expected(estimator):
    """Return the checks that an estimator fails by design, with the reason."""
    name = type(estimator).__name__
    if name.startswith(EXACT):
        return {}
    reason = next((why for k, why in REASONS.items() if name.startswith(k)), DRAWN)
    return dict.fromkeys(TWICE, reason)


def test_every_estimator_of_ours_in_the_registry_is_checked():
    checked = {type(estimator).__name__ for estimator in OURS}
    paths = [p for spec in MODELS.values() for p in (spec.classifier, spec.regressor)]
    ours = {
        path.partition(":")[2]
        for path in paths
        if path and path.startswith("ensemble_kit.models.")
    }
    texts = {name for name in ours if name.startswith("Text")}
    series = {path.partition(":")[2] for path in paths if path and ".series." in path}
    assert ours - texts - series - checked == ELSEWHERE


def test_every_public_estimator_is_checked_or_reads_no_table_of_numbers():
    checked = {type(estimator).__name__ for estimator in OURS}
    public = {
        name for name in models.__all__ if isinstance(getattr(models, name), type)
    }
    assert public - checked - ELSEWHERE == NO_TABLES.keys()


pytestmark = pytest.mark.filterwarnings("default")


@parametrize_with_checks(OURS, expected_failed_checks=expected)
def test_our_estimators_are_scikit_learns(estimator, check):
    check(estimator)
