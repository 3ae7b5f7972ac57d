"""Fitted objects as plain data: what comes back, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.custom_files import load_custom_file
from ensemble_kit.exceptions import RunError, StoreError
from ensemble_kit.store.fitted_objects import read_kept, write_kept
from ensemble_kit.store.persistence import (
    pack,
    unpack,
)
from ensemble_kit.store.store import Store
from tiny_encoders import tiny_encoder

FAST = {"n_estimators": 5, "iterations": 5, "epochs": 1, "n_cycles": 1, "max_iter": 60}
FAST |= {"n_members": 1, "n_topics": 3, "when": "number < 0.5", "column": "colour"}
COUNT = ("passthrough", "native")
SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
SCALARS |= st.floats(allow_nan=False)
KEYS = st.integers() | st.text()
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner)
    ),
    max_leaves=20,
)


def again(value):
    """Return a value as it comes back from JSON and bytes."""
    packed, data = pack(value)
    return unpack(json.loads(json.dumps(packed)), data.copy())


@given(PLAIN)
def test_plain_data_comes_back_equal_and_of_the_same_type(value):
    found = again(value)
    assert found == value and repr(found) == repr(value)


def test_sets_slices_and_infinite_floats_come_back_equal():
    value = [{1, "a"}, frozenset({2}), slice(1, None, 3), float("-inf"), np.dtype("f4")]
    assert again(value) == value
    assert np.isnan(again(float("nan")))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12.0)[::3],
        np.zeros((0, 4), dtype=np.float32),
        np.array("x"),
        np.array([True, False]),
        np.array(["2024-01-01"], dtype="datetime64[s]"),
        np.array([(1, 2.5)], dtype=[("a", "i1"), ("b", "<f8")]),
        np.array(["a", None, "ь\udc80"], dtype=object),
        np.array([f"word{number}" for number in range(40)], dtype=object),
    ],
    ids=str,
)
def test_arrays_keep_type_shape_and_order(array):
    found = again({"array": array})["array"]
    assert found.dtype == array.dtype and np.array_equal(found, array)
    if array.flags.c_contiguous or array.flags.f_contiguous:
        assert found.flags.f_contiguous == array.flags.f_contiguous


def test_numbers_of_numpy_keep_their_type():
    found = again([np.float32(0.1), np.float64(0.1), np.int8(3), np.bool_(True)])
    kinds = [type(value) for value in found]
    assert kinds == [np.float32, np.float64, np.int8, np.bool_]


def test_an_array_that_stands_twice_is_kept_once():
    array = np.arange(1000.0)
    _, data = pack([array, {"again": array}])
    assert len(data) == array.nbytes


def test_frames_and_sparse_matrices_come_back_equal():
    frame = pd.DataFrame(
        {
            "number": [1.5, np.nan],
            "text": pd.Series(["a", None], dtype="str"),
            "level": pd.Categorical(["x", "y"], categories=["y", "x"]),
            "day": pd.to_datetime(["2024-01-01", None]),
        }
    ).set_axis(pd.Index(["r", "s"], name="row"))
    pd.testing.assert_frame_equal(again(frame), frame)
    pd.testing.assert_series_equal(again(frame["level"]), frame["level"])
    matrix = sparse.random(5, 7, 0.4, "csr", random_state=0)
    found = again(matrix)
    assert type(found) is type(matrix) and (found != matrix).nnz == 0


def table():
    """Return rows with every role, and labels they explain."""
    rng = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", "round", "square"])
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=60),
            "colour": pd.Categorical(rng.choice(list("abc"), 60)),
            "day": pd.date_range("2024-01-01", periods=60),
            "note": [" ".join(rng.choice(words, 5)) for _ in range(60)],
            "other": [" ".join(rng.choice(words, 3)) for _ in range(60)],
        }
    )
    return frame, (frame["number"] > 0).to_numpy(dtype=int)


def inputs_of(spec):
    """Return what a model accepts, with labels."""
    frame, y = table()
    if "tensor" in spec.accepts:
        rng = np.random.default_rng(1)
        first = np.clip(y[:, None] * 0.6 + rng.random((60, 2)) * 0.4, 0.01, 0.99)
        return np.stack([1 - first, first], axis=2), y
    if spec.family == "neural_text":
        return frame[["number", "note"]], y
    if spec.family == "series":
        return frame[["day", "colour"]], frame["number"].to_numpy()
    dense = np.column_stack([frame["number"], frame["colour"].cat.codes, y - 0.5])
    return np.ascontiguousarray(np.abs(dense), dtype=np.float32), y


def arguments(kind, names):
    """Return the fast settings that a class knows."""
    return {name: value for name, value in names.items() if name in kind().get_params()}


def available(spec):
    return not spec.missing_dependency()


CLASSIFIERS = [m.name for m in MODELS.values() if m.classifier and available(m)]
REGRESSORS = [
    m.name for m in MODELS.values() if m.regressor and not m.classifier and available(m)
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CLASSIFIERS + REGRESSORS)
def test_every_model_of_the_registry_predicts_the_same_bits(name):
    spec = MODELS[name]
    kind = "binary" if spec.classifier else "regression"
    X, y = inputs_of(spec)
    if kind == "regression" and "tensor" in spec.accepts:
        X, y = X[:, :, 1:], y.astype(float)
    params = arguments(spec.load(kind), FAST)
    if spec.files:
        params["encoder"] = tiny_encoder()
    if spec.family == "series":
        params = {"time": "day", "groups": ["colour"]}
    beside = {"columns": table()[0]} if "columns" in spec.accepts else {}
    model = spec.build(kind, params, 0).fit(X, y, **beside)
    method = "predict_proba" if spec.classifier else "predict"
    # A copy: distances of the very rows it was fitted on are set to zero.
    first, second = (
        getattr(one, method)(X.copy(), **beside) for one in (model, again(model))
    )
    assert np.asarray(first).tobytes() == np.asarray(second).tobytes()


FEATURIZED = [
    name
    for name, spec in FEATURIZERS.items()
    if "pretrained" not in name and available(spec)
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FEATURIZED)
def test_every_featurizer_of_the_registry_gives_the_same_matrix(name):
    spec, (frame, y) = FEATURIZERS[name], table()
    columns = {
        "number": ["number"],
        "category": ["colour"],
        "datetime": ["day"],
        "text": "note",
        "texts": ["note", "other"],
        "pair": ["note", "other"],
        "table": ["number", "colour"],
        "series": ["day", "number", "colour"],
    }[spec.role]
    params = {"encoder": tiny_encoder()} if spec.files else {}
    is_pair = spec.files and spec.role == "pair"
    if spec.role == "series":
        params = {"time": "day", "groups": ["colour"]}
    featurizer = spec.build({"params": params} if is_pair else params)
    featurizer.fit_transform(frame[columns], y)
    first, second = (
        f.transform(frame[columns]) for f in (featurizer, again(featurizer))
    )
    if isinstance(first, pd.DataFrame):
        pd.testing.assert_frame_equal(first, second)
    elif sparse.issparse(first):
        assert first.shape == second.shape and (first != second).nnz == 0
    else:
        assert np.asarray(first).tobytes() == np.asarray(second).tobytes()


def test_a_tree_keeps_a_fifth_of_its_bytes():
    X = np.random.default_rng(0).normal(size=(2000, 5)).astype(np.float32)
    forest = RandomForestClassifier(5, random_state=0).fit(X, X[:, 0] > X[:, 1])
    _, data = pack(forest)
    whole = sum(t.tree_.__getstate__()["nodes"].nbytes for t in forest.estimators_)
    assert len(data) < 0.5 * whole
    assert np.array_equal(again(forest).predict_proba(X), forest.predict_proba(X))


def test_estimators_inside_each_other_come_back():
    texts, y = ["ab bc", "bc cd", "cd de", "de ab"] * 5, [0, 1, 1, 0] * 5
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, y)
    assert np.array_equal(again(model).predict_proba(texts), model.predict_proba(texts))
    X = np.random.default_rng(0).normal(size=(30, 2))
    for algorithm in ("brute", "kd_tree", "ball_tree"):
        near = KNeighborsClassifier(3, algorithm=algorithm).fit(X, X[:, 0] > 0)
        assert np.array_equal(again(near).predict_proba(X), near.predict_proba(X))


class Stranger(BaseEstimator):
    """A class that no list names."""


@pytest.mark.parametrize(
    "value",
    [Stranger(), FunctionTransformer(np.log), np.log, print, StoreError, object()],
    ids=["stranger", "function", "ufunc", "builtin", "class", "object"],
)
def test_what_is_not_known_to_be_data_is_refused(value):
    with pytest.raises(StoreError):
        pack(value)


CUSTOM = """
from sklearn.base import BaseEstimator

class Own(BaseEstimator):
    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        return self
"""


def test_classes_of_a_file_that_the_user_names_are_known(tmp_path, monkeypatch):
    path = tmp_path / "models_of_a_user.py"
    path.write_text(CUSTOM)
    own = load_custom_file(path).Own().fit(np.arange(6.0).reshape(3, 2))
    packed, data = pack(own)
    assert unpack(packed, data).mean_.tolist() == [2.0, 3.0]
    monkeypatch.setattr("ensemble_kit.custom_files._LOADED", {})
    with pytest.raises(StoreError, match="unknown class"):
        unpack(packed, data)


def test_circles_are_refused():
    circle: list = []
    circle.append(circle)
    with pytest.raises(StoreError, match="circle"):
        pack(circle)


def tampered(tree, arrays="[]"):
    return unpack({"arrays": arrays, "tree": tree}, np.zeros(64, dtype=np.uint8))


@pytest.mark.parametrize(
    "tree",
    [
        {"object": ["os:system", [["a"], [1]]]},
        {"object": ["builtins:eval", [[], []]]},
        {"object": ["subprocess:Popen", [[], []]]},
        {"object": ["ensemble_kit.registry:load_object", [[], []]]},
        {"object": ["ensemble_kit.work.workers:Workers.close", [[], []]]},
        {"object": ["ensemble_kit.features.texts.texts:np", [[], []]]},
        {"native": ["pickle", "x"]},
        {"__init__": []},
        {"_reduce_ex__": 2},
        {"object": ["ensemble_kit.store.store:Store", [["folder"], ["/"]]]},
        {"scalar_type": "O"},
        {"dtype": "O"},
        {"array": 0},
        {"generator": [["bit_generator"], ["Generator"]]},
        {"a": 1, "b": 2},
    ],
    ids=str,
)
def test_a_tree_that_asks_for_more_than_data_is_refused(tree):
    with pytest.raises(StoreError):
        tampered(tree)


@pytest.mark.parametrize(
    "row", [["|O", [1], False, 0], ["<f8", [9], False, 0], ["<f8", [1], False, -8]]
)
def test_an_array_outside_the_data_is_refused(row):
    with pytest.raises(StoreError):
        tampered({"array": 0}, json.dumps([row]))


def test_a_kept_object_is_checked_before_it_is_read(tmp_path):
    write_kept(Store(tmp_path), "object", {"weights": np.arange(100.0)})
    assert read_kept(Store(tmp_path), "object")["weights"][7] == 7
    path = next(tmp_path.rglob("data.npy"))
    data = bytearray(path.read_bytes())
    data[300] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunError, match="missing or damaged"):
        read_kept(Store(tmp_path), "object")
