"""Blends that change with columns: by rule, by segment, by a learned gate."""

import pickle

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.blending import (
    AverageBlend,
    ConvexBlend,
    GatedBlend,
    GreedyBlend,
    RuleBlend,
    SegmentBlend,
)
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS

GATES = [
    RuleBlend("age < 50"),
    SegmentBlend("town", min_rows=50),
    GatedBlend(),
]


def split_rows(kind, n_rows=2000, seed=0):
    """Return members of which the first knows the young, the second the old."""
    rng = np.random.default_rng(seed)
    young = rng.uniform(size=n_rows) < 0.5
    columns = pd.DataFrame(
        {
            "age": np.where(young, 30.0, 70.0) + rng.normal(size=n_rows),
            "town": np.where(young, "Ufa", "Omsk"),
        }
    )
    knows = np.stack([young, ~young], axis=1)
    noise = rng.normal(size=(n_rows, 2)) * np.where(knows, 0.2, 2.0)
    if kind == "regression":
        y = rng.normal(size=n_rows)
        return (y[:, None] + noise)[:, :, None], y, columns
    score = 2 * rng.normal(size=n_rows)
    y = (rng.uniform(size=n_rows) < 1 / (1 + np.exp(-score))).astype(int)
    p = 1 / (1 + np.exp(-score[:, None] - noise))
    return np.stack([1 - p, p], axis=2), y, columns


@pytest.mark.parametrize("kind", ["binary", "regression"])
@pytest.mark.parametrize("gate", GATES, ids=lambda gate: type(gate).__name__)
def test_a_gate_beats_one_blend_for_all_on_new_rows(gate, kind):
    tensor, y, columns = split_rows(kind)
    new, y_new, columns_new = split_rows(kind, seed=1)
    gate.fit(tensor, y, columns=columns)
    whole = ConvexBlend().fit(tensor, y)
    metric = METRICS["rmse" if kind == "regression" else "log_loss"]
    if kind == "regression":
        found = gate.predict(new, columns_new)[:, None]
        expected = whole.predict(new)[:, None]
    else:
        found = gate.predict_proba(new, columns_new)
        expected = whole.predict_proba(new)
    assert metric(y_new, found) < 0.98 * metric(y_new, expected)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: type(gate).__name__)
def test_a_row_does_not_depend_on_its_neighbours_nor_on_pickling(gate):
    tensor, y, columns = split_rows("binary", 500)
    gate.fit(tensor, y, columns=columns)
    together = gate.predict_proba(tensor, columns)
    some = [3, 100, 7]
    restored = pickle.loads(pickle.dumps(gate))
    alone = restored.predict_proba(tensor[some], columns.iloc[some])
    assert alone == pytest.approx(together[some], abs=1e-12)
    assert together.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: type(gate).__name__)
def test_labels_may_be_texts(gate):
    tensor, y, columns = split_rows("binary", 500)
    names = np.array(["no", "yes"])[y]
    fitted = gate.fit(tensor, names, columns=columns)
    assert set(fitted.predict(tensor, columns)) <= {"no", "yes"}


def test_a_rule_picks_single_members_or_any_blend():
    tensor, y, columns = split_rows("regression", 300)
    gate = RuleBlend("town == 'Ufa'", then=0, otherwise=GreedyBlend(max_steps=1))
    found = gate.fit(tensor, y, columns=columns).predict(tensor, columns)
    young = (columns["town"] == "Ufa").to_numpy()
    assert np.array_equal(found[young], tensor[young, 0, 0])
    assert np.array_equal(found[~young], tensor[~young, 1, 0])


def test_a_side_without_rows_is_fitted_on_all():
    tensor, y, columns = split_rows("binary", 300)
    gate = RuleBlend("age > 1000").fit(tensor, y, columns=columns)
    expected = ConvexBlend().fit(tensor, y).weights_
    assert gate.then_.weights_ == pytest.approx(expected, abs=1e-6)


def test_small_and_unseen_segments_get_the_blend_of_all_rows():
    tensor, y, columns = split_rows("binary", 600)
    columns.loc[:20, "town"] = "Perm"
    columns.loc[21:30, "town"] = None
    gate = SegmentBlend("town", min_rows=50).fit(tensor, y, columns=columns)
    assert sorted(gate.blends_) == ["=Omsk", "=Ufa"]
    elsewhere = columns.assign(town="Sochi")
    found = gate.predict_proba(tensor, elsewhere)
    assert found == pytest.approx(gate.whole_.predict_proba(tensor))


def test_borrowed_rows_keep_a_segment_close_to_the_whole():
    tensor, y, columns = split_rows("binary", 1000)
    apart, near = (
        SegmentBlend("town", min_rows=1, borrowed=b).fit(tensor, y, columns=columns)
        for b in (1.0, 1e6)
    )
    whole = near.whole_.weights_
    assert near.blends_["=Ufa"].weights_ == pytest.approx(whole, abs=1e-6)
    assert apart.blends_["=Ufa"].weights_[0] > whole[0] + 0.2


def test_segments_may_be_blended_by_anything():
    tensor, y, columns = split_rows("binary", 300)
    gate = SegmentBlend("town", AverageBlend("median"), min_rows=1)
    found = gate.fit(tensor, y, columns=columns).predict_proba(tensor, columns)
    expected = AverageBlend("median").fit(tensor, y).predict_proba(tensor)
    assert found == pytest.approx(expected)


def test_a_gate_on_noise_stays_at_the_common_weights(make_rows):
    tensor, y = make_rows["binary"](1500, 3)
    noise = pd.DataFrame({"x": np.random.default_rng(0).normal(size=1500)})
    gate = GatedBlend(penalty=1e6).fit(tensor, y, columns=noise)
    assert np.abs(gate.coef_).max() < 1e-3
    expected = ConvexBlend().fit(tensor, y).weights_
    assert gate.weights_ == pytest.approx(expected, abs=0.01)


def test_a_gate_reads_missing_and_unseen_values():
    tensor, y, columns = split_rows("binary", 400)
    columns.loc[:50, "age"] = np.nan
    columns.loc[40:90, "town"] = None
    gate = GatedBlend().fit(tensor, y, columns=columns)
    unseen = columns.assign(town="Sochi", age=np.nan)
    assert np.isfinite(gate.predict_proba(tensor, unseen)).all()


def test_the_gates_gradient_is_that_of_its_loss(make_rows):
    from scipy.optimize import check_grad

    from ensemble_kit.blending.routed.gated_blend import _Gate
    from ensemble_kit.oof.tensors import prepared_rows

    for kind in ("binary", "regression"):
        rows = prepared_rows(*make_rows[kind](60, 3))
        features = np.random.default_rng(0).normal(size=(60, 2))
        gate = _Gate(rows, features, 0.1)
        theta = np.random.default_rng(1).normal(size=9)
        off = check_grad(lambda t, g=gate: g(t)[0], lambda t, g=gate: g(t)[1], theta)
        assert off < 1e-5


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: type(gate).__name__)
def test_columns_of_other_rows_are_refused(gate):
    tensor, y, columns = split_rows("binary", 100)
    with pytest.raises(PipelineError, match="a DataFrame of 100 rows"):
        gate.fit(tensor, y, columns=columns.iloc[:50])


def test_gates_refuse_what_is_not_there():
    tensor, y, columns = split_rows("binary", 100)
    with pytest.raises(PipelineError, match="no member 7"):
        RuleBlend("age < 1", then=7).fit(tensor, y, columns=columns)
    with pytest.raises(PipelineError, match="did you mean 'town'"):
        SegmentBlend("twon").fit(tensor, y, columns=columns)
    with pytest.raises(PipelineError, match="penalty is 0"):
        GatedBlend(penalty=0).fit(tensor, y, columns=columns)
