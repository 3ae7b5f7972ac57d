"""Greedy selection against the published algorithm, scored from scratch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.blending import GreedyBlend
from ensemble_kit.exceptions import PipelineError, RegistryError
from ensemble_kit.metrics import METRICS

EXACT = {
    "binary": ["log_loss", "brier", "auc", "gini", "average_precision", "accuracy"],
    "multiclass": ["log_loss", "brier", "auc", "accuracy", "balanced_accuracy"]
    + ["f1_macro", "f1_weighted", "mcc"],
    "regression": ["rmse", "mse", "r2", "mae", "mape", "pearson", "rmsle"],
}
CASES = [(kind, name) for kind, names in EXACT.items() for name in names]


def selected_from_scratch(tensor, y, metric, n_steps):
    """Return the members Caruana et al. (2004) add, every blend scored anew."""
    chosen, total = [], np.zeros((len(y), tensor.shape[2]))
    for step in range(n_steps):
        errors = [
            metric.error(y, (total + tensor[:, j]) / (step + 1))
            for j in range(tensor.shape[1])
        ]
        chosen.append(int(np.argmin(errors)))
        total = total + tensor[:, chosen[-1]]
    return chosen


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_additions_equal_those_of_rescoring_from_scratch(kind, name, make_rows):
    tensor, y = make_rows[kind](800, 6)
    if kind == "regression":
        tensor, y = np.maximum(tensor, 0.1), np.maximum(y, 0.1)
    expected = selected_from_scratch(tensor, y, METRICS[name], 15)
    fitted = GreedyBlend(name, max_steps=15, patience=None).fit(tensor, y)
    found = [member for member, _ in fitted.path_]
    # ranks and labels tie: where the paths part, both additions must be as good
    same = next(
        (i for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b), 15
    )
    errors = [
        METRICS[name].error(y, tensor[:, additions[: same + 1]].mean(axis=1))
        for additions in (found, expected)
    ]
    assert errors[0] == pytest.approx(errors[1], abs=1e-12)
    assert same == 15 or METRICS[name].consumes == "label" or name in {"auc", "gini"}


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_the_path_reports_true_errors(kind, name, make_rows):
    tensor, y = make_rows[kind](400, 5)
    if kind == "regression":
        tensor, y = np.maximum(tensor, 0.1), np.maximum(y, 0.1)
    fitted = GreedyBlend(name, max_steps=6, patience=None).fit(tensor, y)
    additions = [member for member, _ in fitted.path_]
    blends = [tensor[:, additions[:n]].mean(axis=1) for n in range(1, 7)]
    expected = np.array([METRICS[name].error(y, blend) for blend in blends])
    found = np.array([error for _, error in fitted.path_])
    if name == "rmse":
        found = np.sqrt(found)
    if name == "brier" and kind == "binary":
        found = found / 2
    if name == "gini":
        found = found * 2
    if name == "r2":
        found = found / y.var()
    assert found == pytest.approx(expected, abs=1e-9)


@given(seed=st.integers(0, 10_000), n_members=st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_the_blend_is_never_worse_than_the_best_member(seed, n_members, make_rows):
    tensor, y = make_rows["binary"](120, n_members, seed)
    for name in ("log_loss", "auc", "brier"):
        metric = METRICS[name]
        fitted = GreedyBlend(name, max_steps=10).fit(tensor, y)
        alone = min(metric.error(y, tensor[:, j]) for j in range(n_members))
        assert metric.error(y, fitted.predict_proba(tensor)) <= alone + 1e-9
        assert fitted.weights_.min() >= 0
        assert fitted.weights_.sum() == pytest.approx(1)


def test_the_best_prefix_of_the_path_is_kept(make_rows):
    tensor, y = make_rows["multiclass"](200, 6)
    fitted = GreedyBlend("f1_macro", max_steps=30, patience=None).fit(tensor, y)
    errors = [error for _, error in fitted.path_]
    length = int(np.argmin(errors)) + 1
    counts = np.bincount([m for m, _ in fitted.path_[:length]], minlength=6)
    assert fitted.weights_ == pytest.approx(counts / length)


def test_patience_stops_the_path(make_rows):
    tensor, y = make_rows["binary"](200, 4)
    fitted = GreedyBlend("accuracy", max_steps=200, patience=5).fit(tensor, y)
    errors = np.round([error for _, error in fitted.path_], 9)
    assert len(errors) - 1 - int(np.argmin(errors)) == 5


def test_a_sorted_start_begins_with_the_best_members(make_rows):
    tensor, y = make_rows["regression"](300, 6)
    fitted = GreedyBlend(n_init=4, max_steps=10).fit(tensor, y)
    solo = ((tensor[:, :, 0] - y[:, None]) ** 2).mean(axis=0)
    first = [member for member, _ in fitted.path_[:2]]
    assert first == np.argsort(solo)[:2].tolist()


def test_a_tie_goes_to_a_member_already_in():
    y = np.array([0.0, 1.0, 2.0, 3.0])
    good, twin = y + 0.5, y + 0.5
    fitted = GreedyBlend(max_steps=6, patience=None).fit([good, twin], y)
    assert sorted(fitted.weights_.tolist()) == [0.0, 1.0]


def test_bags_spread_the_weight_and_follow_their_seed(make_rows):
    tensor, y = make_rows["binary"](200, 8)
    alone = GreedyBlend().fit(tensor, y)
    bagged = [
        GreedyBlend(n_bags=10, random_state=s).fit(tensor, y).weights_
        for s in (0, 0, 1)
    ]
    assert (bagged[0] > 0).sum() > (alone.weights_ > 0).sum()
    assert np.array_equal(bagged[0], bagged[1])
    assert not np.array_equal(bagged[0], bagged[2])


def test_shrinkage_gives_weight_back_to_everybody(make_rows):
    tensor, y = make_rows["binary"](200, 5)
    plain = GreedyBlend().fit(tensor, y).weights_
    shrunk = GreedyBlend(shrinkage=0.25).fit(tensor, y).weights_
    assert shrunk == pytest.approx(0.75 * plain + 0.05)


def test_f1_counts_at_its_best_threshold(make_rows):
    tensor, y = make_rows["binary"](150, 3)
    fitted = GreedyBlend("f1", max_steps=1).fit(tensor, y)
    called = tensor[:, :, 1, None] >= np.arange(1, 256) / 256
    hit = (called & (y == 1)[:, None, None]).sum(axis=0)
    best = (2 * hit / (called.sum(axis=0) + y.sum())).max(axis=1)
    assert fitted.weights_.argmax() == np.argmax(best)
    assert 1 - fitted.path_[0][1] == pytest.approx(best.max())


def test_kappa_selects_by_the_expected_class(make_rows):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 500)
    near = np.eye(4)[np.clip(y + rng.integers(-1, 2, 500), 0, 3)]
    wild = np.eye(4)[np.where(rng.uniform(size=500) < 0.4, y, 3 - y)]
    fitted = GreedyBlend("quadratic_kappa", max_steps=1).fit([wild, near], y)
    assert fitted.weights_.tolist() == [0.0, 1.0]


def test_a_metric_in_another_scale_is_not_mistaken_for_the_standard_one(make_rows):
    from ensemble_kit.tasks import Task

    tensor, y = make_rows["regression"](300, 4)
    tensor, y = np.maximum(tensor, 0.1), np.maximum(y, 0.1)
    scaled = METRICS["rmsle"].on(Task("regression", transform="log1p"))
    found = GreedyBlend(scaled, max_steps=5).fit(np.log1p(tensor), np.log1p(y))
    expected = GreedyBlend("rmse", max_steps=5).fit(np.log1p(tensor), np.log1p(y))
    assert found.weights_ == pytest.approx(expected.weights_)


def test_golden_weights_of_a_fixed_case(make_rows):
    tensor, y = make_rows["binary"](1000, 6, 42)
    fitted = GreedyBlend("log_loss", max_steps=20, patience=None).fit(tensor, y)
    additions = "".join(str(member) for member, _ in fitted.path_)
    assert additions == "51501512551351051551"
    assert min(error for _, error in fitted.path_) == pytest.approx(
        0.483125841, abs=1e-8
    )


def test_settings_that_cannot_be_are_refused_together(make_rows):
    blend = GreedyBlend(max_steps=0, bag_fraction=2, shrinkage=-1)
    with pytest.raises(PipelineError, match="3 problems"):
        blend.fit(*make_rows["binary"](20, 2))


def test_an_unknown_metric_is_refused(make_rows):
    with pytest.raises(RegistryError, match="did you mean 'auc'"):
        GreedyBlend("aucc").fit(*make_rows["binary"](20, 2))
