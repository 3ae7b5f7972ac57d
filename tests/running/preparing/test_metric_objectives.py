"""Members fit what the metric rewards."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_kit.catalog import MODELS
from ensemble_kit.catalog.objectives import ABSOLUTE_METRICS
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.loading import load_pipeline, shipped_pipelines
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.preparing.metric_objectives import objective_notes, steer
from ensemble_kit.tasks import TRANSFORMS, Task

BOOSTED = Pipeline("one", (Member("boosted", "lightgbm"),))


def params(pipeline, metric, kind="regression"):
    return dict(steer(pipeline, METRICS[metric], kind).members[0].params)


@pytest.mark.parametrize("metric", ABSOLUTE_METRICS)
def test_absolute_metrics_are_fitted_as_absolute_errors(metric):
    assert params(BOOSTED, metric) == {"objective": "l1"}


@pytest.mark.parametrize(
    ("metric", "kind"), [("rmse", "regression"), ("auc", "binary"), ("f1", "binary")]
)
def test_other_metrics_leave_the_usual_loss(metric, kind):
    assert params(BOOSTED, metric, kind) == {}


def test_what_a_member_says_wins():
    member = replace(BOOSTED.members[0], params={"objective": "huber"})
    assert params(replace(BOOSTED, members=(member,)), "mae") == {"objective": "huber"}


def test_the_objective_is_part_of_the_key():
    told, plain = (steer(BOOSTED, METRICS[m], "regression") for m in ("mae", "rmse"))
    facts = [p.members[0].model_facts("regression") for p in (told, plain)]
    assert facts[0] != facts[1]


def test_members_told_of_the_metric_are_named():
    metric = METRICS["mae"]
    notes = objective_notes(steer(BOOSTED, metric, "regression"), metric)
    assert notes == ("fitted for mae: boosted (objective = l1)",)
    assert objective_notes(BOOSTED, METRICS["rmse"]) == ()


@pytest.mark.parametrize("name", shipped_pipelines())
def test_blends_are_told_the_metric(name):
    for member in steer(load_pipeline(name), METRICS["auc"], "binary").members:
        if member.model == "greedy_blend":
            assert member.params["metric"] == "auc"


def test_trees_keep_their_loss_where_logarithms_even_the_target():
    metric = METRICS["mae"].on(Task("regression", (), "log1p"))
    members = (*BOOSTED.members, Member("line", "ridge"))
    told = steer(replace(BOOSTED, members=members), metric, "regression").members
    assert [dict(m.params) for m in told[:2]] == [{}, {"loss": "absolute_error"}]


def test_objectives_name_metrics_of_numbers_and_scales():
    for spec in MODELS.values():
        for metric, scales in spec.objectives.items():
            assert METRICS[metric].tasks == {"regression"}
            assert scales.keys() <= TRANSFORMS.keys()


@pytest.mark.parametrize(
    ("metric", "center", "told"),
    [
        ("mape", 1e9, "mae"),
        ("mape", 0.0, "mape"),
        ("rmsle", 0.0, "rmse"),
        ("mae", 1e9, "mae"),
        ("r2", 1e9, "r2"),
    ],
)
def test_blends_of_a_far_target_are_told_a_metric_without_a_zero(metric, center, told):
    task = Task("regression", center=center, spread=2.0)
    blend = replace(BOOSTED, members=(Member("blend", "greedy_blend", 2),))
    steered = steer(blend, METRICS[metric].on(task), "regression")
    assert steered.members[0].params["metric"] == told


def test_scores_of_a_far_target_are_in_its_own_units():
    task = Task("regression", center=1e9, spread=4.0)
    fitted = np.array([0.0, 1.0]), np.array([0.5, 1.0])
    assert METRICS["mae"].on(task)(*fitted) == 1.0
    assert METRICS["mape"].on(task)(*fitted) == pytest.approx(1e-9)
