"""A function marked with ``@metric`` is a metric, and what it does wrong is told."""

import numpy as np
import pytest

from ensemble_kit import load_competition
from ensemble_kit.custom_files import load_custom_file
from ensemble_kit.exceptions import RegistryError, RunError
from ensemble_kit.metrics import METRICS, metric
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.running.preparing.prepare import prepare_run

Y, P = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])


@pytest.fixture(autouse=True)
def as_before():
    """Take away what a test adds to the registry."""
    before = set(METRICS)
    yield
    for name in set(METRICS) - before:
        del METRICS._entries[name]


def test_it_gets_what_it_reads_and_weights_where_it_takes_them():
    @metric("seen", reads="label", greater_is_better=True)
    def seen(y, labels, weights):
        return np.average(y == labels, weights=weights)

    assert METRICS["seen"](Y, P) == pytest.approx(2 / 3)
    assert METRICS["seen"](Y, P, np.array([1.0, 1.0, 0.0])) == 1.0

    @metric("unweighted", greater_is_better=False)
    def unweighted(y, probabilities):
        return 1 - probabilities[np.arange(len(y)), y].mean()

    assert METRICS["unweighted"](Y, P, np.ones(3)) == pytest.approx(0.4)
    assert METRICS["unweighted"].optimum == 0.0


def test_a_function_by_groups_gets_the_group_of_each_row():
    @metric("by_group", reads="value", greater_is_better=False, by_groups=True)
    def by_group(y, values, weights, groups):
        return np.mean([np.abs(y - values)[groups == g].max() for g in set(groups)])

    y, values = np.array([1.0, 2.0, 3.0]), np.array([[1.5], [2.0], [5.0]])
    found = METRICS["by_group@shop"].grouped(np.array(["a", "a", "b"]))
    assert found.group_column == "shop" and "by_group@" not in METRICS
    assert found(y, values) == pytest.approx((0.5 + 2.0) / 2)


@pytest.mark.parametrize(
    ("reads", "said"), [("label", "told no groups"), ("value", "weights and groups")]
)
def test_a_function_by_groups_that_cannot_be_is_refused(reads, said):
    with pytest.raises(RegistryError, match=said):

        @metric("wrong", reads=reads, greater_is_better=True, by_groups=True)
        def wrong(y, predictions, weights):
            return 0.0


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (lambda y, p: 1 / 0, "raises ZeroDivisionError"),
        (lambda y, p: float("nan"), "returns nan; a finite number is expected"),
        (lambda y, p: p, "raises TypeError"),
    ],
)
def test_what_goes_wrong_is_told_with_its_name(score, told):
    metric("broken", greater_is_better=True)(score)
    with pytest.raises(RunError, match=f"the metric 'broken' {told}"):
        METRICS["broken"](Y, P)


def test_what_is_no_metric_is_refused_when_it_is_added():
    with pytest.raises(RegistryError, match=r"reads: one of .*; tasks: of binary"):
        metric("x", reads="probabilities", greater_is_better=True, tasks=["ranking"])
    with pytest.raises(RegistryError, match="has 1 arguments"):
        metric("x", greater_is_better=True)(lambda y: 0)
    with pytest.raises(RegistryError, match="'auc' already"):
        metric("auc", greater_is_better=True)(lambda y, p: 0)


def test_another_text_of_the_file_is_another_key(competition_folder, tmp_path):
    folder, found = competition_folder(), set()
    for number in (1, 2):
        path = tmp_path / f"mine_{number}.py"
        path.write_text(
            "from ensemble_kit import metric\n"
            f"@metric('mine_{number}', greater_is_better=True)\n"
            f"def mine(y, p):\n    return {number} * p[:, 1].mean()\n"
        )
        load_custom_file(path)
        found.add(load_competition(folder, metric=f"mine_{number}").fingerprint)
    assert len(found) == 2


def test_a_metric_is_tried_before_anything_is_fitted(competition_folder):
    metric("refuses", greater_is_better=True)(lambda y, p: 1 / 0)
    competition = load_competition(competition_folder(), metric="refuses")
    with pytest.raises(RunError, match="the metric 'refuses' raises"):
        prepare_run(competition, load_pipeline("quick"))
