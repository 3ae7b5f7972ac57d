"""Every metric against scikit-learn's, SciPy's or a published value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from ensemble_kit.exceptions import RegistryError
from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.registry import ALIASES
from ensemble_kit.tasks import Task

RNG = np.random.default_rng(0)
N_ROWS = 400
WEIGHT = RNG.uniform(0.2, 3.0, N_ROWS)
GROUPS = np.arange(N_ROWS) % 7

POSITIVE = RNG.uniform(size=N_ROWS).round(2)
BINARY_Y = (RNG.uniform(size=N_ROWS) < POSITIVE).astype(int)
BINARY = np.stack([1 - POSITIVE, POSITIVE], axis=1)

MULTI = RNG.dirichlet([0.6, 1.0, 0.4, 0.8], N_ROWS)
MULTI_Y = (MULTI.cumsum(axis=1) > RNG.uniform(size=(N_ROWS, 1))).argmax(axis=1)

VALUES_Y = RNG.gamma(2.0, 3.0, N_ROWS)
VALUES = VALUES_Y * RNG.lognormal(0, 0.4, N_ROWS)

TEXTS_Y = np.array([f"the {a} sat on {b}" for a, b in RNG.integers(0, 40, (N_ROWS, 2))])
TEXTS = np.array([text.replace("7", "seven") for text in TEXTS_Y], dtype=object)

LABELS = {"binary": BINARY.argmax(axis=1), "multiclass": MULTI.argmax(axis=1)}
TARGETS = {"binary": BINARY_Y, "multiclass": MULTI_Y, "regression": VALUES_Y}
KINDS = ("multiclass", "binary", "regression", "text")
PREDICTIONS = {"binary": BINARY, "multiclass": MULTI, "regression": VALUES[:, None]}
TARGETS["text"], PREDICTIONS["text"] = TEXTS_Y, TEXTS


def macro_over_classes(score):
    """Return a one-vs-rest mean of a binary score."""

    def mean(y, probabilities, weight):
        columns = enumerate(probabilities.T)
        return np.mean([score(y == k, p, sample_weight=weight) for k, p in columns])

    return mean


def w_of(weight, rows):
    """Return the weights of some rows, where there are any."""
    return None if weight is None else weight[rows]


def ranked(y, probabilities, weight, k, gain):
    """Return the mean gain of the true class's place, by sorting each row."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    gains = [
        gain(list(row).index(own) + 1) if own in row[:k] else 0.0
        for row, own in zip(order, y, strict=True)
    ]
    return np.average(gains, weights=weight)


def gini_of_steps(y, values, weight):
    """Return the Gini coefficient as a sum over the rows, one by one."""
    weight = np.ones(len(y)) if weight is None else weight
    order = np.argsort(-values, kind="stable")
    rows, total, area = 0.0, (weight * y).sum(), 0.0
    for row in order:
        before = rows
        rows += weight[row] * y[row] / total
        area += weight[row] / weight.sum() * (before + rows) / 2
    return area - 0.5


REFERENCES = {
    ("log_loss", "binary"): lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    ("log_loss", "multiclass"): lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    ("brier", "binary"): lambda y, p, w: sk.brier_score_loss(
        y, p[:, 1], sample_weight=w
    ),
    ("brier", "multiclass"): lambda y, p, w: np.average(
        ((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1), weights=w
    ),
    ("auc", "binary"): lambda y, p, w: sk.roc_auc_score(y, p[:, 1], sample_weight=w),
    ("auc", "multiclass"): macro_over_classes(sk.roc_auc_score),
    ("gini", "binary"): lambda y, p, w: (
        2 * sk.roc_auc_score(y, p[:, 1], sample_weight=w) - 1
    ),
    ("average_precision", "binary"): lambda y, p, w: sk.average_precision_score(
        y, p[:, 1], sample_weight=w
    ),
    ("average_precision", "multiclass"): macro_over_classes(sk.average_precision_score),
    ("balanced_log_loss", "binary"): lambda y, p, w: np.mean(
        [
            sk.log_loss(
                y[y == k], p[y == k], sample_weight=w_of(w, y == k), labels=[0, 1]
            )
            for k in (0, 1)
        ]
    ),
    ("balanced_log_loss", "multiclass"): lambda y, p, w: np.mean(
        [
            sk.log_loss(
                y[y == k], p[y == k], sample_weight=w_of(w, y == k), labels=range(4)
            )
            for k in range(4)
        ]
    ),
    ("column_log_loss", "binary"): macro_over_classes(sk.log_loss),
    ("column_log_loss", "multiclass"): macro_over_classes(sk.log_loss),
    ("map@2", "multiclass"): lambda y, p, w: ranked(y, p, w, 2, lambda at: 1 / at),
    ("ndcg@3", "multiclass"): lambda y, p, w: sk.ndcg_score(
        np.eye(4)[y], p, k=3, sample_weight=w
    ),
    ("pinball@0.9", "regression"): lambda y, v, w: sk.mean_pinball_loss(
        y, v, alpha=0.9, sample_weight=w
    ),
    ("log_cosh", "regression"): lambda y, v, w: np.average(
        np.log(np.cosh(y - v)), weights=w
    ),
    ("rmspe", "regression"): lambda y, v, w: np.sqrt(
        np.average(((y - v) / y) ** 2, weights=w)
    ),
    ("normalized_gini", "regression"): lambda y, v, w: (
        gini_of_steps(y, v, w) / gini_of_steps(y, y, w)
    ),
    ("rmse", "regression"): lambda y, v, w: sk.root_mean_squared_error(
        y, v, sample_weight=w
    ),
    ("mse", "regression"): lambda y, v, w: sk.mean_squared_error(y, v, sample_weight=w),
    ("rmsle", "regression"): lambda y, v, w: sk.root_mean_squared_log_error(
        y, v, sample_weight=w
    ),
    ("mae", "regression"): lambda y, v, w: sk.mean_absolute_error(
        y, v, sample_weight=w
    ),
    ("mape", "regression"): lambda y, v, w: sk.mean_absolute_percentage_error(
        y, v, sample_weight=w
    ),
    ("median_absolute_error", "regression"): lambda y, v, w: sk.median_absolute_error(
        y, v, sample_weight=w
    ),
    ("r2", "regression"): lambda y, v, w: sk.r2_score(y, v, sample_weight=w),
}

LABEL_REFERENCES = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1_macro": lambda y, c, **w: sk.f1_score(y, c, average="macro", **w),
    "f1_micro": lambda y, c, **w: sk.f1_score(y, c, average="micro", **w),
    "f1_weighted": lambda y, c, **w: sk.f1_score(y, c, average="weighted", **w),
    "mcc": sk.matthews_corrcoef,
    "quadratic_kappa": lambda y, c, **w: sk.cohen_kappa_score(
        y, c, weights="quadratic", **w
    ),
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize(("name", "kind"), REFERENCES)
def test_metrics_of_predictions_equal_the_reference(name, kind, weight):
    y, predictions = TARGETS[kind], PREDICTIONS[kind]
    raw = predictions[:, 0] if kind == "regression" else predictions
    expected = REFERENCES[name, kind](y, raw, weight)
    assert METRICS[name](y, predictions, weight) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("name", LABEL_REFERENCES)
def test_metrics_of_labels_equal_the_reference(name, kind, weight):
    y, labels = TARGETS[kind], LABELS[kind]
    expected = LABEL_REFERENCES[name](y, labels, sample_weight=weight)
    found = METRICS[name](y, PREDICTIONS[kind], weight)
    assert found == pytest.approx(expected, abs=1e-12)
    assert METRICS[name].score_labels(y, labels, weight) == found


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_binary_f1_is_that_of_class_one(weight):
    expected = sk.f1_score(BINARY_Y, LABELS["binary"], sample_weight=weight)
    assert METRICS["f1"](BINARY_Y, BINARY, weight) == pytest.approx(expected)


def test_correlations_equal_scipys():
    pearson, spearman = METRICS["pearson"], METRICS["spearman"]
    values, y = VALUES.round(0), VALUES_Y.round(0)
    assert pearson(y, values) == pytest.approx(stats.pearsonr(y, values)[0])
    assert spearman(y, values) == pytest.approx(stats.spearmanr(y, values)[0])


def test_weighted_pearson_counts_a_row_as_often_as_its_weight():
    times = RNG.integers(1, 4, N_ROWS)
    repeated = METRICS["pearson"](np.repeat(VALUES_Y, times), np.repeat(VALUES, times))
    weighted = METRICS["pearson"](VALUES_Y, VALUES, times.astype(float))
    assert weighted == pytest.approx(repeated)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_weight_of_two_equals_the_row_twice(name):
    metric = METRICS[name].grouped(GROUPS[:60])
    kind = next(kind for kind in KINDS if kind in metric.tasks)
    y, predictions = TARGETS[kind][:60], PREDICTIONS[kind][:60]
    times = np.random.default_rng(3).integers(1, 3, 60)
    rows = np.repeat(np.arange(60), times)
    twice = metric.at(rows)(y[rows], predictions[rows])
    assert metric(y, predictions, times.astype(float)) == pytest.approx(twice)


def test_smape_of_known_values():
    # |100 - 110| / 105 and |200 - 100| / 150, and a pair of zeros
    y, values = np.array([100.0, 200.0, 0.0]), np.array([110.0, 100.0, 0.0])
    expected = (10 / 105 + 100 / 150 + 0) / 3
    assert METRICS["smape"](y, values[:, None]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("y", "labels", "kappa"),
    [([1, 2, 3], [1, 2, 3], 1.0), ([1, 2, 1], [1, 2, 2], 0.4)]
    + [([1, 2, 3, 1, 2, 3], [1, 2, 3, 1, 3, 2], 0.75)],
)
def test_quadratic_kappa_of_published_cases(y, labels, kappa):
    # the cases of the reference implementation of the Kaggle essay contest (2012)
    found = METRICS["quadratic_kappa"].score_labels(np.array(y), np.array(labels))
    assert found == pytest.approx(kappa)


def test_rmsle_cuts_negative_predictions_at_zero():
    y, values = np.array([0.0, np.e - 1]), np.array([[-5.0], [np.e - 1]])
    assert METRICS["rmsle"](y, values) == 0.0


def test_a_metric_in_a_tasks_scale_scores_in_the_targets_units():
    task = Task("regression", transform="log1p")
    metric = METRICS["rmsle"].on(task)
    found = metric(task.encode(VALUES_Y), np.log1p(VALUES)[:, None])
    expected = METRICS["rmsle"](VALUES_Y, VALUES[:, None])
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_perfect_predictions_reach_the_optimum(name):
    metric = METRICS[name].grouped(GROUPS)
    for kind in sorted(metric.tasks):
        y = TARGETS[kind]
        perfect = y if kind == "text" else y[:, None]
        if kind in LABELS:
            perfect = np.eye(PREDICTIONS[kind].shape[1])[y]
        assert metric.error(y, perfect) == pytest.approx(0, abs=1e-9)
        assert metric(y, perfect) == pytest.approx(metric.optimum, abs=1e-9)
        assert metric.error(y, PREDICTIONS[kind]) > 0.001


@pytest.mark.parametrize("name", ["auc", "gini", "average_precision", "log_loss"])
def test_a_class_that_no_row_has_is_left_out(name):
    rows = MULTI_Y != 2
    found = METRICS[name](MULTI_Y[rows], MULTI[rows])
    assert np.isfinite(found)


def test_auc_of_one_class_is_chance():
    assert METRICS["auc"](np.zeros(5, dtype=int), BINARY[:5]) == 0.5


def test_matthews_correlation_of_one_label_is_chance():
    y = np.zeros(5, dtype=int)
    assert METRICS["mcc"].score_labels(y, y) == 0.0
    assert METRICS["mcc"].score_labels(np.arange(5) % 2, y) == 0.0


def test_log_loss_of_an_impossible_row_is_finite():
    y, sure = np.array([0]), np.array([[0.0, 1.0]])
    assert METRICS["log_loss"](y, sure) == pytest.approx(-np.log(1e-15), rel=1e-3)


@given(st.permutations(range(40)))
@settings(max_examples=10, deadline=None)
def test_scores_do_not_depend_on_the_order_of_rows(order):
    order = list(order)
    for name, every in METRICS.items():
        metric = every.grouped(GROUPS[:40])
        kind = sorted(metric.tasks)[0]
        y, predictions = TARGETS[kind][:40], PREDICTIONS[kind][:40]
        assert metric.at(order)(y[order], predictions[order]) == pytest.approx(
            metric(y, predictions)
        ), name


def test_an_unknown_metric_is_refused_with_a_suggestion():
    with pytest.raises(RegistryError, match="did you mean 'log_loss'"):
        METRICS["logloss"]


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_a_name_of_scikit_learn_is_that_of_the_same_metric(alias, name):
    scorer = sk.get_scorer(alias)
    metric = METRICS[alias]
    assert metric is METRICS[name]
    assert alias in METRICS
    assert alias not in list(METRICS)
    assert (scorer._sign < 0) == (not metric.greater_is_better)


def test_a_metric_with_a_number_is_one_entry_however_often_it_is_asked_for():
    assert METRICS["map@3"] is METRICS["map@3"]
    assert "map@3" not in list(METRICS)
    for wrong in ("map@0", "map@x", "map@", "pinball@1", "pinball@", "auc@3"):
        assert wrong not in METRICS


def test_classes_that_are_equally_likely_stand_in_their_order():
    y, even = np.array([0, 1, 2]), np.full((3, 3), 1 / 3)
    assert METRICS["map@3"](y, even) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_log_cosh_of_large_differences_is_finite():
    found = METRICS["log_cosh"](np.array([0.0]), np.array([[1e6]]))
    assert found == pytest.approx(1e6 - np.log(2))
