"""What mistakes cost is measured, decided and blended by."""

import numpy as np
import pytest

from ensemble_kit.blending.greedy_scores import greedy_scores
from ensemble_kit.decisions import Decision
from ensemble_kit.decisions.confusion import confusion_table, counts_metric
from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.costs import cost_name, cost_of_table, parse_costs
from ensemble_kit.oof.tensors import Rows

TWO = "cost@0,1/5,0"
THREE = "cost@0,1,9/4,0,1/2,2,0"


def honest_rows(n_classes, seed=0, n_rows=4000):
    """Return probabilities and classes drawn from them."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(n_classes, 0.8), n_rows)
    return p, (p.cumsum(axis=1) > rng.uniform(size=(n_rows, 1))).argmax(axis=1)


def test_the_name_of_a_cost_is_read_back_as_it_was_written():
    matrix = np.array([[0.0, 1.25, 3.0], [1.0, 0.0, 1.0], [1e-3, 7.0, 0.0]])
    name = cost_name(matrix)
    assert (parse_costs(name.partition("@")[2]) == matrix).all()
    assert METRICS[name].name == name
    assert METRICS["cost@0,1.0/5.00,0"].name == TWO


@pytest.mark.parametrize(
    "text", ["", "1", "0,1", "0,1/1", "0,a/1,0", "0,-1/1,0", "0,inf/1,0", "2,1/1,0"]
)
def test_what_is_no_matrix_of_costs_is_no_metric(text):
    assert f"cost@{text}" not in METRICS


def test_a_cost_is_the_mean_of_what_each_row_pays():
    y, labels = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    assert METRICS[TWO].score_labels(y, labels) == pytest.approx(6 / 4)
    assert METRICS[TWO].score_labels(y, labels, weight) == pytest.approx(17 / 10)
    assert METRICS["cost"].score_labels(y, labels) == pytest.approx(1 / 2)


@pytest.mark.parametrize(("name", "n_classes"), [(TWO, 2), (THREE, 3)])
def test_decided_labels_cost_less_on_new_rows_than_the_likeliest(name, n_classes):
    (p, y), (p_new, y_new) = (honest_rows(n_classes, seed) for seed in (0, 1))
    metric, decision = METRICS[name], Decision(name).fit(p, y)
    decided = metric.score_labels(y_new, decision.predict(p_new))
    likeliest = metric.score_labels(y_new, p_new.argmax(axis=1))
    assert decided < 0.9 * likeliest
    assert decided == pytest.approx(metric(y_new, p_new), rel=0.02)


def test_a_threshold_moves_only_where_probabilities_are_dishonest():
    p, y = honest_rows(2)
    assert Decision(TWO).fit(p, y).kind_ == "expected_cost"
    crooked = p**0.1 / (p**0.1).sum(axis=1, keepdims=True)
    fitted = Decision(TWO).fit(crooked, y)
    assert fitted.kind_ == "threshold"
    metric, (p_new, y_new) = METRICS[TWO], honest_rows(2, seed=1)
    shown = p_new**0.1 / (p_new**0.1).sum(axis=1, keepdims=True)
    assert metric.score_labels(y_new, fitted.predict(shown)) < metric(y_new, shown)


def test_costs_of_counts_and_tables_equal_those_of_rows():
    rng = np.random.default_rng(0)
    y, labels, weight = *rng.integers(0, 2, (2, 200)), rng.uniform(size=200)
    table, metric = confusion_table(y, labels, weight, 2), METRICS[TWO]
    expected = 1 - metric.score_labels(y, labels, weight)
    (tn, fp), (fn, tp) = table
    assert float(counts_metric(metric)(tp, fp, fn, tn)) == pytest.approx(expected)
    found = cost_of_table(parse_costs("0,1/5,0"), table)
    assert float(found) == pytest.approx(expected)


def test_greedy_scores_are_the_cost_of_the_cheapest_classes():
    p, y = honest_rows(3, n_rows=300)
    tensor = np.stack([p, honest_rows(3, seed=2, n_rows=300)[0]], axis=1)
    rows, metric = Rows(tensor, y, np.full(300, 1 / 300)), METRICS[THREE]
    scores = greedy_scores(rows, metric)
    scores.add(1)
    found = scores.errors(np.array([0, 1]))
    blends = [tensor.mean(axis=1), tensor[:, 1]]
    assert found == pytest.approx([metric(y, blend) for blend in blends])
