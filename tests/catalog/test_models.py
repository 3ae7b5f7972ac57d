"""What every model of the registry promises, by what its entry says it accepts."""

import functools
import inspect
import pickle
import time
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone

from ensemble_kit.catalog import FEATURE_SETS, MODELS
from ensemble_kit.exceptions import MissingDependencyError
from ensemble_kit.model_spec import UNMEASURED, UNSAID, ModelSpec
from ensemble_kit.registry import load_object
from ensemble_kit.work.rates import Size, fit_seconds

KINDS = ("binary", "multiclass", "regression")
SMALL = {
    "n_estimators": 8,
    "iterations": 8,
    "max_iter": 8,
    "n_members": 2,
    "epochs": 2,
    "n_cycles": 1,
    "first_cycle": 2,
    "hidden": (8,),
    "n_neighbors": 5,
    "n_components": 20,
    "optimize": False,
}
KEPT = {  # what a solver needs to converge, or what means something else there
    "linear": {"max_iter"},
    "kernel": {"max_iter"},
    "bayes": {"max_iter", "n_components"},
}
TABULAR = [
    name
    for name, spec in MODELS.items()
    if not spec.accepts & {"tensor"}
    and spec.family not in ("blend", "neural_text", "series")
]
INSTALLED = [
    name
    for name in TABULAR
    if all(find_spec(module) for module, _ in MODELS[name].requires)
]
CASES = [(n, k) for n in INSTALLED for k in KINDS if MODELS[n].supports(k)]
every_case = pytest.mark.parametrize(("name", "kind"), CASES)


def cases(accepted):
    """Return the cases whose entry accepts something."""
    chosen = [case for case in CASES if accepted in MODELS[case[0]].accepts]
    return pytest.mark.parametrize(("name", "kind"), chosen)


def cases_without(accepted):
    chosen = [case for case in CASES if accepted not in MODELS[case[0]].accepts]
    return pytest.mark.parametrize(("name", "kind"), chosen)


def build(name, kind, keep=frozenset()):
    """Return a small estimator of an entry."""
    spec = MODELS[name]
    known = inspect.signature(spec.load(kind)).parameters
    names = known.keys() - KEPT.get(spec.family, set()) - keep
    params = {name: SMALL[name] for name in SMALL.keys() & names}
    return spec.build(kind, params, seed=7)


@functools.cache
def table(kind, n_rows=66):
    """Return positive numbers and a target that depends on them."""
    rng = np.random.default_rng(3)
    X = rng.gamma(2.0, size=(n_rows, 5))
    signal = X[:, 0] - X[:, 1] + 0.3 * rng.normal(size=n_rows)
    if kind == "regression":
        return X, 100 * signal
    n_classes = 2 if kind == "binary" else 3
    return X, np.argsort(np.argsort(signal)) * n_classes // n_rows


@functools.cache
def fitted(name, kind):
    X, y = table(kind)
    return build(name, kind).fit(X, y)


def predict(estimator, X):
    """Return predictions of shape (n_rows, n_outputs)."""
    if hasattr(estimator, "classes_"):
        return estimator.predict_proba(X)
    return np.reshape(estimator.predict(X), (-1, 1))


def mixed(kind):
    """Return a frame of numbers and a category with gaps, and its target."""
    X, y = table(kind)
    levels = np.array(["a", "b", "c"], dtype=object)[(X[:, 2] * 2).astype(int) % 3]
    levels[::7] = None
    frame = pd.DataFrame(X[:, :3], columns=["x[0]", "x:1", "{x}"])
    return frame.assign(level=pd.Categorical(levels)), y


@pytest.mark.parametrize("name", TABULAR)
def test_an_entry_names_a_feature_set_and_says_what_it_is(name):
    spec = MODELS[name]
    assert spec.features in FEATURE_SETS
    assert spec.note and len(spec.note) < 80


def test_a_model_without_a_cost_is_told_of():
    with pytest.warns(UserWarning, match="'mine' says no cost"):
        ModelSpec("mine", "forest", classifier="builtins:object")


@pytest.mark.parametrize("name", MODELS)
def test_every_entry_says_what_its_fits_cost(name):
    assert MODELS[name].cost not in (UNSAID, UNMEASURED)
    assert fit_seconds(name, Size(10_000, 30, 1)) == MODELS[name].cost.seconds + 0.02


def test_blends_by_rules_are_as_cheap_as_a_mean():
    size = Size(20_000, 30, 2)
    assert fit_seconds("rule_blend", size) == fit_seconds("mean", size)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_what_draws_at_random_takes_a_seed(name, kind):
    spec = MODELS[name]
    assert spec.seed_parameter or not spec.draws_at_random


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_search_spaces_and_second_defaults_are_parameters(name, kind):
    spec = MODELS[name]
    known = inspect.signature(spec.load(kind)).parameters
    assert spec.search_space.keys() | spec.tuned.keys() <= known.keys()
    for space in spec.search_space.values():
        assert "choices" in space or space["low"] < space["high"]


@pytest.mark.parametrize("name", [n for n in INSTALLED if MODELS[n].objectives])
def test_an_objective_changes_the_fit(name):
    X, y = table("regression")
    params = MODELS[name].objective("mae", "identity")
    model = clone(fitted(name, "regression")).set_params(**params).fit(X, y)
    same = np.allclose(predict(model, X), predict(fitted(name, "regression"), X))
    assert same == (params.items() <= MODELS[name].regressor_defaults.items())


@pytest.mark.parametrize("name", sorted(set(TABULAR) - set(INSTALLED)))
def test_a_missing_library_is_named_with_its_extra(name):
    spec = MODELS[name]
    with pytest.raises(MissingDependencyError, match="pip install"):
        spec.load("binary")


@every_case
def test_predictions_are_finite_and_of_one_shape(name, kind):
    predictions = predict(fitted(name, kind), table(kind)[0])
    n_outputs = {"binary": 2, "multiclass": 3, "regression": 1}[kind]
    assert predictions.shape == (66, n_outputs)
    assert np.isfinite(predictions).all()
    if kind != "regression":
        assert np.allclose(predictions.sum(axis=1), 1.0)


@every_case
def test_the_same_seed_gives_the_same_bits(name, kind):
    X, y = table(kind)
    again = clone(fitted(name, kind)).fit(X, y)
    first, second = predict(fitted(name, kind), X), predict(again, X)
    assert first.tobytes() == second.tobytes()


@every_case
def test_one_row_is_predicted_as_among_others(name, kind):
    X, model = table(kind)[0], fitted(name, kind)
    alone, among = predict(model, X[4:5]), predict(model, X)[4:5]
    assert np.allclose(alone, among, rtol=1e-4, atol=1e-5)


@every_case
def test_a_frame_of_numbers_is_as_good_as_an_array(name, kind):
    X, y = table(kind)
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = clone(fitted(name, kind)).fit(frame, y)
    assert np.allclose(predict(model, frame), predict(fitted(name, kind), X))


@every_case
def test_a_copy_by_pickle_predicts_the_same(name, kind):
    X, model = table(kind)[0], fitted(name, kind)
    copy = pickle.loads(pickle.dumps(model))
    assert np.allclose(predict(copy, X), predict(model, X), rtol=1e-6)


@every_case
def test_a_class_absent_from_a_fold_is_absent_from_classes(name, kind):
    if kind != "multiclass":
        return
    X, y = table(kind)
    rows = y != 1
    model = clone(fitted(name, kind)).fit(X[rows], y[rows])
    assert model.classes_.tolist() == [0, 2]
    assert predict(model, X).shape == (66, 2)


@every_case
def test_fitting_leaves_the_table_alone(name, kind):
    X, y = table(kind)
    X, y = X.copy(), y.copy()
    X.setflags(write=False)
    y.setflags(write=False)
    clone(fitted(name, kind)).fit(X, y)


@every_case
def test_two_dozen_rows_are_enough(name, kind):
    X, y = table(kind)
    y = np.random.default_rng(5).permutation(y)  # there is little to learn: few rounds
    rows = np.r_[0:66:3, 65]
    spec, split = MODELS[name], (X[rows], y[rows])
    model = build(name, kind, keep={"n_neighbors"})
    if spec.probe is not None:
        found = load_object(spec.probe)(model, X[rows][::2], y[rows][::2], *split)
        model.set_params(**found)
    assert np.isfinite(predict(model.fit(*split), X)).all()


@every_case
def test_more_columns_than_rows_are_no_obstacle(name, kind):
    X, y = table(kind)
    wide = np.hstack([np.roll(X, shift, axis=0) for shift in range(14)])
    assert np.isfinite(predict(build(name, kind).fit(wide, y), wide)).all()


@cases("nan")
def test_gaps_are_welcome_where_the_entry_says_so(name, kind):
    X, y = table(kind)
    X = X.copy()
    X[::5, 1] = np.nan
    X[:, 4] = np.nan
    model = clone(fitted(name, kind)).fit(X, y)
    later = table(kind)[0].copy()
    later[::3, 0] = np.nan
    assert np.isfinite(predict(model, later)).all()


@cases_without("nan")
def test_gaps_are_refused_where_the_entry_says_so(name, kind):
    X, y = table(kind)
    X = X.copy()
    X[::5, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        clone(fitted(name, kind)).fit(X, y)


@cases("sparse")
def test_sparse_input_is_welcome_where_the_entry_says_so(name, kind):
    X, y = table(kind)
    rows = sparse.csr_matrix(np.where(X > 1.0, X, 0.0))
    model = clone(fitted(name, kind)).fit(rows, y)
    assert np.isfinite(predict(model, rows)).all()


@cases("sparse")
def test_one_sparse_row_can_be_predicted(name, kind):
    X, y = table(kind)
    rows = sparse.csr_matrix(X, dtype=np.float32)
    model = clone(fitted(name, kind)).fit(rows, y)
    assert predict(model, rows[3:4]).shape[0] == 1


@cases_without("sparse")
def test_sparse_input_is_refused_where_the_entry_says_so(name, kind):
    X, y = table(kind)
    with pytest.raises((TypeError, ValueError), match="[Ss]parse|dense"):
        clone(fitted(name, kind)).fit(sparse.csr_matrix(X), y)


@cases("category")
def test_unseen_categories_and_odd_names_are_safe(name, kind):
    frame, y = mixed(kind)
    model = clone(fitted(name, kind)).fit(frame, y)
    later = frame.assign(level=pd.Categorical(["new", "a", None] * 22))
    assert np.isfinite(predict(model, later)).all()


@cases("category")
def test_a_table_of_nothing_but_categories_is_welcome(name, kind):
    frame, y = mixed(kind)
    only = frame[["level"]].assign(other=frame["level"])
    model = clone(fitted(name, kind)).fit(only, y)
    assert np.isfinite(predict(model, only)).all()


@cases("category")
def test_a_category_without_a_value_in_training_is_no_obstacle(name, kind):
    frame, y = mixed(kind)
    empty = pd.Categorical([None] * len(frame), categories=["a", "b"])
    model = clone(fitted(name, kind)).fit(frame.assign(empty=empty), y)
    assert np.isfinite(predict(model, frame.assign(empty=frame["level"]))).all()


@cases("category")
def test_the_order_of_categories_means_nothing(name, kind):
    frame, y = mixed(kind)
    model = clone(fitted(name, kind)).fit(frame, y)
    turned = frame["level"].cat.reorder_categories(["c", "b", "a"])
    same = predict(model, frame.assign(level=turned))
    assert np.allclose(predict(model, frame), same)


@cases("text")
def test_columns_of_text_are_welcome_where_the_entry_says_so(name, kind):
    frame, y = mixed(kind)
    words = np.array(["red car", "old blue bus", "the car", ""], dtype=object)
    frame["text"] = words[np.arange(66) % 4]
    model = clone(fitted(name, kind)).fit(frame, y)
    later = frame.assign(text=["never seen words", None] * 33)
    assert np.isfinite(predict(model, later)).all()


@cases("text")
def test_a_column_of_names_that_never_recur_is_no_obstacle(name, kind):
    frame, y = mixed(kind)
    frame["user"] = [f"user_{row}" for row in range(len(frame))]
    frame["full_name"] = [f"Ann{row} Li{row}" for row in range(len(frame))]
    model = clone(fitted(name, kind)).fit(frame, y)
    assert np.isfinite(predict(model, frame)).all()


@every_case
def test_weights_are_taken_exactly_where_the_entry_says_so(name, kind):
    takes = "sample_weight" in inspect.signature(build(name, kind).fit).parameters
    assert takes == ("weights" in MODELS[name].accepts)


@cases("weights")
def test_weights_change_the_fit(name, kind):
    X, y = table(kind)
    weights = np.where(np.arange(66) % 2, 5.0, 0.2)
    model = clone(fitted(name, kind)).fit(X, y, sample_weight=weights)
    assert not np.allclose(predict(model, X), predict(fitted(name, kind), X))


@every_case
def test_a_probe_finds_parameters_even_when_it_is_late(name, kind):
    spec, (X, y) = MODELS[name], table(kind)
    if spec.probe is None:
        return
    probe = load_object(spec.probe)
    late = time.monotonic() - 1
    split = (X[::2], y[::2], X[1::2], y[1::2])
    found = probe(build(name, kind), *split, None, late)
    assert found and all(value > 0 for value in found.values())
    build(name, kind).set_params(**found)
