"""Labels decided for a metric: never overfitted, never worse than it must be."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from ensemble_kit.decisions import Decision, honest_decision_score
from ensemble_kit.decisions.class_race import Race
from ensemble_kit.decisions.class_weights import (
    GRID,
    TABLE_METRICS,
    TOTALS_METRICS,
)
from ensemble_kit.decisions.confusion import COUNT_METRICS, confusion_table
from ensemble_kit.decisions.decision import order_of_rows
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS


def skewed_rows(n_rows, n_classes, seed=0):
    """Return honest probabilities of classes of very different size."""
    rng = np.random.default_rng(seed)
    scores = 1.5 * rng.normal(size=(n_rows, n_classes)) + np.linspace(0, -2, n_classes)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return p, (p.cumsum(axis=1) > rng.uniform(size=(n_rows, 1))).argmax(axis=1)


@pytest.mark.parametrize("name", sorted(COUNT_METRICS))
@given(
    counts=st.lists(st.integers(0, 9), min_size=4, max_size=4)
    # conventions differ where a class has no row at all
    .filter(lambda counts: counts[0] + counts[2] and counts[1] + counts[3])
)
@settings(max_examples=30, deadline=None)
def test_metrics_of_counts_equal_the_metrics_of_labels(name, counts):
    tp, fp, fn, tn = counts
    y = np.repeat([1, 0, 1, 0], counts)
    labels = np.repeat([1, 1, 0, 0], counts)
    found = COUNT_METRICS[name](*(np.array(float(c)) for c in (tp, fp, fn, tn)))
    assert float(found) == pytest.approx(METRICS[name].score_labels(y, labels))


@pytest.mark.parametrize("name", sorted(TABLE_METRICS))
def test_metrics_of_tables_equal_the_metrics_of_labels(name):
    rng = np.random.default_rng(0)
    y, labels, weight = *rng.integers(0, 4, (2, 200)), rng.uniform(size=200)
    found = TABLE_METRICS[name](confusion_table(y, labels, weight, 4))
    expected = METRICS[name].score_labels(y, labels, weight)
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("name", ["balanced_accuracy", "f1_macro", "quadratic_kappa"])
def test_decided_labels_beat_the_likeliest_on_new_rows(name, n_classes):
    (p, y), (p_new, y_new) = (skewed_rows(6000, n_classes, seed) for seed in (0, 1))
    metric = METRICS[name]
    decided = metric.score_labels(y_new, Decision(name).fit(p, y).predict(p_new))
    assert decided > metric(y_new, p_new) + 0.003


@pytest.mark.parametrize("n_classes", [2, 5])
def test_accuracy_keeps_the_likeliest_class_of_honest_probabilities(n_classes):
    for seed in range(5):
        p, y = skewed_rows(1000, n_classes, seed)
        assert Decision("accuracy").fit(p, y).kind_ == "argmax"


def test_accuracy_leaves_the_likeliest_class_when_the_gain_is_plain():
    p, y = skewed_rows(2000, 2)
    shifted = np.stack([1 - p[:, 1] ** 3, p[:, 1] ** 3], axis=1)
    decision = Decision("accuracy").fit(shifted, y)
    assert decision.kind_ == "threshold"
    assert decision.threshold_ == pytest.approx(0.125, abs=0.05)


@pytest.mark.parametrize("name", ["log_loss", "auc"])
def test_metrics_of_probabilities_keep_the_likeliest_class(name):
    p, y = skewed_rows(300, 3)
    decision = Decision(name).fit(p, y)
    assert decision.kind_ == "argmax"
    assert np.array_equal(decision.predict(p), p.argmax(axis=1))


def test_an_f1_threshold_is_half_the_best_f1():
    # for honest probabilities the best threshold is F/2 (Lipton et al. 2014)
    p, y = skewed_rows(60_000, 2)
    decision = Decision("f1").fit(p, y)
    score = METRICS["f1"].score_labels(y, decision.predict(p))
    assert decision.threshold_ == pytest.approx(score / 2, abs=0.02)


def test_a_balanced_threshold_is_the_prior():
    p, y = skewed_rows(60_000, 2)
    threshold = Decision("balanced_accuracy").fit(p, y).threshold_
    assert threshold == pytest.approx(y.mean(), abs=0.02)


def test_samples_steady_the_threshold_of_few_rows():
    spread = []
    for n_bags in (0, 30):
        fits = [
            Decision("mcc", n_bags=n_bags).fit(*skewed_rows(150, 2, s))
            for s in range(25)
        ]
        spread.append(np.std([fit.threshold_ for fit in fits]))
    assert spread[1] < spread[0]


def test_cut_points_rise_and_match_the_brute_force_for_three_classes():
    rng = np.random.default_rng(0)
    score = rng.uniform(0, 2, 300).round(1)
    y = np.clip(np.rint(score + rng.normal(0, 0.6, 300) - 0.2), 0, 2).astype(int)
    decision = Decision("quadratic_kappa", n_bags=0).fit(score[:, None], y)
    metric = METRICS["quadratic_kappa"]
    cuts = np.arange(-0.05, 2.1, 0.1)
    best = max(
        metric.score_labels(y, np.searchsorted([a, b], score))
        for a in cuts
        for b in cuts[cuts >= a]
    )
    found = metric.score_labels(y, decision.predict(score[:, None]))
    assert decision.kind_ == "cut_points"
    assert np.all(np.diff(decision.cut_points_) >= 0)
    assert found >= best - 0.01


@pytest.mark.parametrize("name", ["f1", "accuracy", "quadratic_kappa", "mcc"])
def test_the_order_of_rows_does_not_matter(name):
    p, y = skewed_rows(500, 2)
    order = np.random.default_rng(1).permutation(500)
    straight, shuffled = (
        Decision(name).fit(p, y),
        Decision(name).fit(p[order], y[order]),
    )
    assert np.array_equal(straight.predict(p), shuffled.predict(p))


@pytest.mark.parametrize("name", ["f1_macro", "mcc", "quadratic_kappa"])
def test_two_fits_and_a_pickle_decide_the_same(name):
    p, y = skewed_rows(400, 4)
    one = Decision(name).fit(p, y)
    other = pickle.loads(pickle.dumps(clone(one).fit(p, y)))
    assert np.array_equal(one.predict(p), other.predict(p))


def test_labels_may_be_texts():
    p, y = skewed_rows(400, 2)
    decision = Decision("f1").fit(p, np.array(["no", "yes"])[y])
    assert set(decision.predict(p)) == {"no", "yes"}


@pytest.mark.parametrize("name", ["f1", "mcc", "balanced_accuracy"])
def test_the_honest_score_of_noise_is_chance(name):
    rng = np.random.default_rng(0)
    p = rng.uniform(size=2000)
    y = rng.integers(0, 2, 2000)
    found = honest_decision_score(np.stack([1 - p, p], axis=1), y, name)
    chance = {"f1": 2 / 3, "mcc": 0.0, "balanced_accuracy": 0.5}[name]
    assert found == pytest.approx(chance, abs=0.07)


def test_the_honest_score_uses_only_other_folds():
    p, y = skewed_rows(300, 2)
    folds = np.arange(300) % 3
    labels = np.empty(300, dtype=int)
    for fold in range(3):
        fitted = Decision("f1").fit(p[folds != fold], y[folds != fold])
        labels[folds == fold] = fitted.predict(p[folds == fold])
    expected = METRICS["f1"].score_labels(y, labels)
    assert honest_decision_score(p, y, "f1", folds=folds) == expected


def test_metrics_of_probabilities_are_scored_as_they_are():
    p, y = skewed_rows(300, 2)
    assert honest_decision_score(p, y, "auc") == METRICS["auc"](y, p)


def test_values_decide_ordered_classes_only():
    with pytest.raises(PipelineError, match="ordered classes only"):
        Decision("f1_macro").fit(np.zeros((4, 1)), [0, 1, 2, 0])


def test_one_score_for_all_rows_still_decides():
    p = np.full((10, 2), 0.5)
    assert len(Decision("f1").fit(p, np.arange(10) % 2).predict(p)) == 10
    values = np.ones((10, 1))
    decision = Decision("quadratic_kappa").fit(values, np.arange(10) % 3)
    assert len(decision.predict(values)) == 10


def test_other_columns_than_fitted_are_refused():
    p, y = skewed_rows(100, 3)
    decision = Decision("f1_macro").fit(p, y)
    with pytest.raises(PipelineError, match=r"\(n_rows, 3\); found shape \(100, 2\)"):
        decision.predict(p[:, :2])


def test_weights_that_cannot_be_are_refused():
    p, y = skewed_rows(100, 3)
    with pytest.raises(PipelineError, match="only zero weights"):
        Decision("f1_macro").fit(p, y, sample_weight=np.zeros(100))


@pytest.mark.parametrize("name", ["f1", "f1_macro", "quadratic_kappa"])
def test_a_heavy_row_counts_like_many(name):
    p, y = skewed_rows(300, 2)
    times = np.random.default_rng(0).integers(1, 4, 300)
    weighted = Decision(name, n_bags=0).fit(p, y, sample_weight=times)
    repeated = Decision(name, n_bags=0).fit(np.repeat(p, times, 0), np.repeat(y, times))
    assert weighted.threshold_ == pytest.approx(repeated.threshold_)


def test_the_first_two_of_a_race_are_known_while_single_classes_move():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (400, 5)).astype(float)  # many ties
    race = Race(scores.copy(), np.zeros(400, dtype=int), np.ones(400))
    for step in range(60):
        k = step % 5
        scores[:, k] += rng.integers(-2, 3)
        race.move(k, scores[:, k])
        for one in range(5):
            others = scores.copy()
            others[:, one] = -np.inf
            rival, ahead = race.rivals(one)
            assert np.array_equal(rival, others.argmax(axis=1))
            assert np.array_equal(ahead, others.max(axis=1) - scores[:, one])


@pytest.mark.parametrize("name", ["accuracy", "f1", "mcc", "quadratic_kappa"])
def test_rows_are_only_put_in_order_where_that_is_seen(name, monkeypatch):
    p, y = skewed_rows(500, 2)
    known = Decision(name).fit(p, y)
    monkeypatch.setattr(
        "ensemble_kit.decisions.decision._is_of_counts", lambda *facts: False
    )
    ordered = Decision(name).fit(p, y)
    assert vars(known).keys() == vars(ordered).keys()
    assert getattr(known, "threshold_", 0) == getattr(ordered, "threshold_", 0)


@pytest.mark.parametrize("name", sorted(TOTALS_METRICS))
def test_scores_of_shifts_are_those_of_the_labels_they_give(name):
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(300, 6)), rng.integers(0, 6, 300)
    weight = rng.uniform(size=300)
    found = TOTALS_METRICS[name](Race(scores, y, weight).totals(2, GRID))
    for shift, score in zip(GRID, found, strict=True):
        moved = scores + shift * (np.arange(6) == 2)
        table = confusion_table(y, moved.argmax(axis=1), weight, 6)
        assert float(score) == pytest.approx(float(TABLE_METRICS[name](table)))


@pytest.mark.parametrize("n_values", [2, 3, 1000])
def test_rows_are_in_the_same_order_however_many_keys_tie(n_values):
    keys = list(np.random.default_rng(0).integers(0, n_values, (6, 500)))
    assert np.array_equal(order_of_rows(keys), np.lexsort(keys[::-1]))


def test_equal_classes_are_moved_by_nothing_but_a_gain():
    p, y = skewed_rows(400, 30)
    moves = []
    move = Race.move
    weight = np.random.default_rng(0).uniform(size=400)

    def counted(race, k, scores):
        before = float(TOTALS_METRICS["f1_macro"](race.totals(k, np.zeros(1)))[0])
        move(race, k, scores)
        after = float(TOTALS_METRICS["f1_macro"](race.totals(k, np.zeros(1)))[0])
        moves.append(after - before)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Race, "move", counted)
        Decision("f1_macro", n_bags=0).fit(p, y, weight)
    assert moves and min(moves) > 0
