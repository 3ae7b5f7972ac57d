"""What every blend promises, whichever way it finds its weights."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor

from ensemble_kit.blending import (
    AverageBlend,
    ConvexBlend,
    GreedyBlend,
    HillClimbBlend,
    LinearBlend,
    LogitBlend,
    PerClassBlend,
    RankBlend,
    TreeBlend,
)
from ensemble_kit.exceptions import PipelineError

BOTH = [
    AverageBlend(),
    AverageBlend("median"),
    AverageBlend("trimmed_mean"),
    AverageBlend("geometric"),
    AverageBlend("power"),
    RankBlend(),
    GreedyBlend(),
    GreedyBlend(n_bags=3, random_state=0),
    HillClimbBlend(max_steps=5),
    ConvexBlend(),
    TreeBlend(n_estimators=5),
]
CLASSES = [
    AverageBlend("logit"),
    AverageBlend("mode"),
    GreedyBlend("auc", max_steps=10),
    GreedyBlend("accuracy"),
    GreedyBlend("f1_macro"),
    HillClimbBlend("auc", max_steps=3),
    ConvexBlend("brier"),
    LogitBlend(),
    PerClassBlend(),
]
VALUES = [GreedyBlend("mae"), LinearBlend()]
CASES = (
    [(blend, "binary") for blend in BOTH + CLASSES]
    + [(blend, "multiclass") for blend in BOTH + CLASSES]
    + [(blend, "regression") for blend in BOTH + VALUES]
)
SCALED = (LogitBlend, LinearBlend, RankBlend, TreeBlend)
UNWEIGHTED = (AverageBlend, RankBlend, TreeBlend)


def each_blend(without=()):
    """Parametrise by blend and task, without some classes of blends."""
    cases = [case for case in CASES if not isinstance(case[0], without)]
    names = [f"{' '.join(str(blend).split())}-{kind}" for blend, kind in cases]
    return pytest.mark.parametrize(("blend", "kind"), cases, ids=names)


def outputs(blend, tensor):
    """Return a fitted blend's outputs, (n_rows, n_outputs)."""
    if blend.n_outputs_ == 1:
        return blend.predict(tensor)[:, None]
    return blend.predict_proba(tensor)


@each_blend()
def test_outputs_have_the_one_shape_and_are_probabilities(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 4)
    found = outputs(clone(blend).fit(tensor, y), tensor)
    assert found.shape == (150, tensor.shape[2])
    assert np.isfinite(found).all()
    if kind != "regression":
        assert found.min() >= 0
        assert found.sum(axis=1) == pytest.approx(1)


@each_blend()
def test_two_fits_give_the_same_bits(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 4)
    one, other = (outputs(clone(blend).fit(tensor, y), tensor) for _ in range(2))
    assert np.array_equal(one, other)


@each_blend(without=TreeBlend)
def test_permuted_members_have_permuted_weights(blend, kind, make_rows):
    if getattr(blend, "n_bags", 1) > 1:
        # bags are drawn by position: let every bag hold every member
        blend = clone(blend).set_params(bag_fraction=1.0)
    tensor, y = make_rows[kind](150, 5)
    order = np.array([3, 0, 4, 1, 2])
    weights = clone(blend).fit(tensor, y).weights_
    permuted = clone(blend).fit(tensor[:, order], y).weights_
    assert permuted == pytest.approx(weights[order], abs=1e-6)


@each_blend()
def test_the_order_of_rows_does_not_matter(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 4)
    order = np.random.default_rng(1).permutation(150)
    straight = outputs(clone(blend).fit(tensor, y), tensor)
    shuffled = outputs(clone(blend).fit(tensor[order], y[order]), tensor)
    assert shuffled == pytest.approx(straight, abs=1e-6)


@each_blend()
def test_a_rows_blend_does_not_depend_on_the_rows_beside_it(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 4)
    fitted = clone(blend).fit(tensor, y)
    alone = outputs(fitted, tensor[[7]])
    assert alone == pytest.approx(outputs(fitted, tensor)[[7]], abs=1e-12)


@each_blend(without=SCALED)
def test_copies_of_one_member_blend_to_that_member(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 1)
    copies = np.repeat(tensor, 3, axis=1)
    found = outputs(clone(blend).fit(copies, y), copies)
    expected = outputs(clone(blend).fit(tensor, y), tensor)
    assert found == pytest.approx(expected, abs=1e-6)


@each_blend()
def test_a_pickled_blend_predicts_the_same(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 3)
    fitted = clone(blend).fit(tensor, y)
    restored = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(outputs(restored, tensor), outputs(fitted, tensor))


@each_blend()
def test_a_list_of_members_equals_their_tensor(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 3)
    members = [tensor[:, j] for j in range(3)]
    if kind == "regression":
        members = [member[:, 0] for member in members]
    listed = outputs(clone(blend).fit(members, y), members)
    assert np.array_equal(listed, outputs(clone(blend).fit(tensor, y), tensor))


@each_blend()
def test_fit_leaves_its_arrays_alone(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 3)
    tensor.setflags(write=False)
    y.setflags(write=False)
    before = tensor.copy()
    clone(blend).fit(tensor, y).predict(tensor)
    assert np.array_equal(tensor, before)


@each_blend(without=(RankBlend, TreeBlend))
def test_single_precision_changes_next_to_nothing(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 4)
    double = outputs(clone(blend).fit(tensor, y), tensor)
    single = tensor.astype(np.float32)
    found = outputs(clone(blend).fit(single, y), single)
    assert np.abs(found - double).max() < 1e-3


@each_blend()
def test_the_tags_ask_for_the_tensor_and_tell_the_task(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 3)
    fitted = clone(blend).fit(tensor, y)
    assert fitted.__sklearn_tags__().input_tags.three_d_array
    assert is_classifier(fitted) == (kind != "regression")
    assert is_regressor(fitted) == (kind == "regression")


@each_blend(without=UNWEIGHTED)
def test_a_weight_of_two_equals_the_row_twice(blend, kind, make_rows):
    tensor, y = make_rows[kind](150, 4)
    times = np.random.default_rng(2).integers(1, 3, 150)
    weighted = clone(blend).fit(tensor, y, sample_weight=times)
    # priors count rows: keep the number of rows the same
    if hasattr(blend, "prior"):
        weighted = clone(blend).set_params(prior=blend.prior * 150 / times.sum())
        weighted.fit(tensor, y, sample_weight=times)
    repeated = clone(blend).fit(np.repeat(tensor, times, 0), np.repeat(y, times))
    assert weighted.weights_ == pytest.approx(repeated.weights_, abs=1e-4)


@pytest.mark.parametrize("labels", [["no", "yes"], [-3, 7], [2, 1]])
def test_labels_may_be_anything(labels, make_rows):
    tensor, y = make_rows["binary"](150, 3)
    names = np.array(sorted(labels))[y]
    fitted = ConvexBlend().fit(tensor, names)
    assert fitted.classes_.tolist() == sorted(labels)
    assert set(fitted.predict(tensor)) <= set(labels)


def test_rows_without_a_rare_class_can_be_fitted_on(make_rows):
    tensor, y = make_rows["multiclass"](150, 3)
    kept = y != 3
    for blend in BOTH + CLASSES:
        fitted = clone(blend).fit(tensor[kept], y[kept])
        assert fitted.predict_proba(tensor).shape == (150, 4)
        assert fitted.classes_.tolist() == [0, 1, 2, 3]


def test_one_missing_value_is_refused_by_row(make_rows):
    tensor, y = make_rows["binary"](50, 3)
    tensor[17, 1, 0] = np.nan
    with pytest.raises(PipelineError, match=r"1 rows \(first: 17\)"):
        ConvexBlend().fit(tensor, y)


def test_targets_and_weights_of_other_lengths_are_refused_together(make_rows):
    tensor, y = make_rows["binary"](50, 3)
    with pytest.raises(PipelineError, match="2 problems") as caught:
        ConvexBlend().fit(tensor, y[:-1], sample_weight=np.ones(3))
    assert "y has shape (49,)" in str(caught.value)
    assert "sample_weight has shape (3,)" in str(caught.value)


def test_other_members_than_fitted_are_refused(make_rows):
    tensor, y = make_rows["binary"](50, 3)
    fitted = ConvexBlend().fit(tensor, y)
    with pytest.raises(PipelineError, match="2 members and 2 outputs"):
        fitted.predict_proba(tensor[:, :2])


def test_members_of_different_shapes_are_refused():
    with pytest.raises(PipelineError, match="shapes"):
        AverageBlend().fit([np.zeros((3, 2)), np.zeros((4, 2))], [0, 1, 0])


def test_a_regression_has_no_probabilities(make_rows):
    tensor, y = make_rows["regression"](50, 3)
    with pytest.raises(AttributeError, match="predict alone"):
        ConvexBlend().fit(tensor, y).predict_proba(tensor)


@pytest.mark.parametrize("blend", [LogitBlend(), PerClassBlend()])
def test_blends_of_probabilities_refuse_values(blend, make_rows):
    with pytest.raises(PipelineError, match="probabilities"):
        blend.fit(*make_rows["regression"](50, 3))
