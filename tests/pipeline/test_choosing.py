import numpy as np
import pytest

from ensemble_kit.metrics import METRICS
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.choosing import choose, decide_labels
from ensemble_kit.pipeline.run import MemberResult
from ensemble_kit.pipeline.spec import Pipeline, Submit
from ensemble_kit.pipeline.worth import order_by_worth

METRIC = METRICS["rmse"]


class Source:
    """The target alone."""

    def __init__(self, y):
        self.y = y


def setting(noises, models):
    """Return a matrix of noisy copies of the target, results and the source."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=4000)
    shared = rng.normal(size=4000)
    columns = [(y + noise * shared)[:, None] for noise in noises]
    names = [f"m{at}" for at in range(len(noises))]
    matrix = OOFMatrix.join(names, [(column, column[:5]) for column in columns])
    results = tuple(
        MemberResult(
            name, model, "", 1 if model == "ridge" else 2, METRIC(y, column), (), 1.0
        )
        for name, model, column in zip(names, models, columns, strict=True)
    )
    return matrix, results, Source(y)


def chosen(member, noises, models):
    matrix, results, source = setting(noises, models)
    pipeline = Pipeline("p", (), submit=Submit(member))
    return choose(pipeline, matrix, results, source, METRIC)


MODELS = ("ridge", "greedy_blend", "lightgbm")


def test_best_takes_the_best_score():
    assert chosen("best", (0.5, 0.49, 0.4899), MODELS)[0] == "m2"


def test_auto_takes_the_simpler_of_two_that_are_within_noise():
    assert chosen("auto", (0.5, 0.4, 0.4), MODELS)[0] == "m1"
    assert chosen("auto", (0.4, 0.4, 0.4), MODELS)[0] == "m0"


def test_auto_takes_the_better_when_the_gap_is_plain():
    assert chosen("auto", (0.5, 0.4, 0.2), MODELS)[0] == "m2"


def test_a_named_member_is_taken():
    assert chosen("m0", (0.5, 0.4, 0.2), MODELS)[0] == "m0"


def test_a_named_member_that_is_gone_is_said():
    name, reason = chosen("gone", (0.5, 0.4, 0.2), MODELS)
    assert name == "m2" and reason.startswith("gone was left out")


def test_labels_are_decided_for_the_metric():
    rng = np.random.default_rng(0)
    y = (rng.random(4000) < 0.1).astype(int)
    p = np.clip(0.1 + 0.2 * y + 0.05 * rng.normal(size=4000), 0, 1)
    oof = np.stack([1 - p, p], axis=1)
    labels = decide_labels(METRICS["f1"], oof, y, oof)
    assert METRICS["f1"].score_labels(y, labels) > 0.8 > METRICS["f1"](y, oof)


def predictions(y, noises):
    rng = np.random.default_rng(1)
    return {
        name: (y + noise * rng.normal(size=len(y)))[:, None]
        for name, noise in noises.items()
    }


def test_the_best_member_comes_first_and_gain_per_second_decides_the_rest():
    y = np.random.default_rng(0).normal(size=2000)
    values = predictions(y, {"best": 0.3, "dear": 0.35, "cheap": 0.36, "useless": 9.0})
    seconds = {"best": 10.0, "dear": 500.0, "cheap": 5.0, "useless": 1.0}
    order = order_by_worth(values, y, METRIC, seconds)
    assert order[:2] == ["best", "cheap"] and order[-1] in ("dear", "useless")


@pytest.mark.parametrize("n_members", [0, 1])
def test_no_member_is_lost_from_the_order(n_members):
    y = np.arange(10.0)
    values = predictions(y, dict.fromkeys(list("ab")[:n_members], 0.1))
    assert len(order_by_worth(values, y, METRIC, dict.fromkeys(values, 1.0))) == len(
        values
    )
