"""What every text featurizer keeps to, whoever wrote it."""

import os
import pickle
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from ensemble_kit.catalog.featurizers import FEATURIZERS
from tiny_encoders import tiny_encoder

# What an entry cannot be built without.
VECTORS = str(Path(__file__).with_name("sea_and_hill.vec"))
PARAMETERS = {
    "pretrained": {"path": VECTORS},
    "sentence_encoder": {"encoder": tiny_encoder()},
    "sentence_components": {"encoder": tiny_encoder()},
    "sentence_scores": {"encoder": tiny_encoder()},
}
NAMES = [
    name
    for name, spec in FEATURIZERS.items()
    if spec.role == "text" and not spec.missing_dependency()
]
TARGET_AWARE = [name for name in NAMES if FEATURIZERS[name].sees_y]
COUNTING = [name for name in NAMES if hasattr(FEATURIZERS[name].build({}), "counter")]

SEA = [
    "sea",
    "ship",
    "storm",
    "captain",
    "wave",
    "shore",
    "salt",
    "sail",
    "anchor",
    "harbour",
    "deck",
]
HILL = [
    "hill",
    "snow",
    "peak",
    "climb",
    "stone",
    "valley",
    "path",
    "goat",
    "ridge",
    "cloud",
    "rope",
]
AWKWARD = [
    "",
    "   \n\t ",
    "the and of it",
    "!!! ???",
    "😀😀 👩‍👩‍👧 ok",
    "שלום עולם, مرحبا بالعالم",
    "wholly unknown vocabulary zzyzx",
    "\ud83d lone surrogate \x00",
    "Ёжик в тумане",
]


def story(rng, words):
    return " ".join(rng.choice(words, size=rng.integers(6, 14))) + "."


def make_corpus(n_texts=60, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_texts) % 2
    both = SEA + HILL
    texts = [f"{story(rng, HILL if label else SEA)} {story(rng, both)}" for label in y]
    return texts, y


def build(name):
    transformer = FEATURIZERS[name].build(PARAMETERS.get(name, {}))
    if "random_state" in transformer.get_params():
        transformer.set_params(random_state=0)
    return transformer


@cache
def fitted(name):
    texts, y = make_corpus()
    return build(name).fit(texts, y)


def dense(features):
    features = features.toarray() if sp.issparse(features) else features
    return np.asarray(features, dtype=np.float64)


def columns_of(texts):
    objects = np.array(texts, dtype=object)
    return {
        "array": objects,
        "object": pd.Series(objects, index=range(7, 7 + len(texts))),
        "str": pd.Series(texts, dtype="str"),
        "string": pd.Series(texts, dtype="string"),
        "category": pd.Series(texts, dtype="category"),
        "frame": pd.DataFrame({"text": texts}),
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_column_gives_the_same_features(name):
    texts = make_corpus(8, seed=1)[0]
    expected = dense(fitted(name).transform(texts))
    for kind, column in columns_of(texts).items():
        found = dense(fitted(name).transform(column))
        np.testing.assert_array_equal(found, expected, err_msg=kind)


@pytest.mark.parametrize("name", NAMES)
def test_missing_texts_are_empty_texts(name):
    expected = dense(fitted(name).transform([""]))
    found = dense(fitted(name).transform([None, float("nan"), pd.NA, ""]))
    np.testing.assert_allclose(found, np.repeat(expected, 4, axis=0), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_awkward_texts_give_finite_rows(name):
    features = dense(fitted(name).transform(AWKWARD))
    assert len(features) == len(AWKWARD)
    assert np.isfinite(features).all()


@pytest.mark.parametrize("name", NAMES)
def test_texts_of_a_million_characters_give_finite_rows(name):
    long = ["storm " * 170_000, "a" * 1_000_000]
    features = dense(fitted(name).transform(long))
    assert features.shape[0] == 2
    assert np.isfinite(features).all()


@pytest.mark.parametrize("name", NAMES)
def test_awkward_training_texts_are_no_obstacle(name):
    texts, y = make_corpus(20)
    texts, y = [*AWKWARD, None, *texts], np.arange(len(AWKWARD) + 21) % 2
    features = dense(build(name).fit_transform(texts, y))
    assert len(features) == len(texts)
    assert np.isfinite(features).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_empty_texts_is_no_obstacle(name):
    transformer = build(name)
    features = dense(transformer.fit_transform([""] * 12, np.arange(12) % 2))
    assert len(features) == 12
    assert np.isfinite(features).all()
    assert np.isfinite(dense(transformer.transform(["a word", ""]))).all()


@pytest.mark.parametrize("name", NAMES)
def test_features_of_a_row_do_not_depend_on_the_other_rows(name):
    texts = make_corpus(12, seed=2)[0]
    rows = [7, 3, 11]
    whole = dense(fitted(name).transform(texts))
    part = dense(fitted(name).transform([texts[row] for row in rows]))
    np.testing.assert_allclose(part, whole[rows], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_one_row_is_enough_to_transform(name):
    assert fitted(name).transform(["one storm"]).shape[0] == 1


@pytest.mark.parametrize("name", NAMES)
def test_names_and_columns_agree(name):
    n_columns = fitted(name).transform(["storm"]).shape[1]
    assert len(fitted(name).get_feature_names_out()) == n_columns


@pytest.mark.parametrize("name", NAMES)
def test_two_fits_with_one_seed_give_the_same_bits(name):
    texts, y = make_corpus(30)
    first, second = build(name), build(name)
    one = dense(first.fit_transform(texts, y))
    np.testing.assert_array_equal(one, dense(second.fit_transform(texts, y)))
    valid = make_corpus(5, seed=3)[0]
    expected = dense(first.transform(valid))
    np.testing.assert_array_equal(dense(second.transform(valid)), expected)


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(TARGET_AWARE)))
def test_unsupervised_features_of_training_rows_are_those_of_any_row(name):
    texts, y = make_corpus(30)
    transformer = build(name)
    train = dense(transformer.fit_transform(texts, y))
    np.testing.assert_allclose(
        train, dense(transformer.transform(texts)), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("name", NAMES)
def test_clones_are_unfitted_and_fitting_leaves_parameters_alone(name):
    transformer = build(name)
    before = repr(transformer.get_params())
    texts, y = make_corpus(20)
    copy = clone(transformer).fit(texts, y)
    assert repr(transformer.get_params()) == before
    assert repr(copy.get_params()) == before
    assert not [key for key in vars(transformer) if key.endswith("_")]


@pytest.mark.parametrize("name", NAMES)
def test_the_input_is_left_as_it_was(name):
    texts, y = make_corpus(20)
    column = pd.Series([*texts[:-1], None], dtype=object)
    before = column.copy()
    build(name).fit_transform(column, y)
    pd.testing.assert_series_equal(column, before)


def plain(value):
    """Return whether a fitted value can be stored without pickle."""
    if value is None or isinstance(value, str | int | float | bool | np.generic):
        return True
    if isinstance(value, np.ndarray):
        return value.dtype != object or all(plain(item) for item in value.ravel())
    if sp.issparse(value):
        return True
    if isinstance(value, list | tuple):
        return all(plain(item) for item in value)
    if isinstance(value, dict):
        return all(plain(item) for item in [*value, *value.values()])
    return isinstance(value, BaseEstimator) and plain(vars(value))


@pytest.mark.parametrize("name", NAMES)
def test_fitted_state_is_plain_data(name):
    state = vars(fitted(name))
    assert [key for key, value in state.items() if not plain(value)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_through_bytes_gives_the_same_features(name):
    texts = make_corpus(6, seed=4)[0]
    copy = pickle.loads(pickle.dumps(fitted(name)))
    expected = dense(fitted(name).transform(texts))
    np.testing.assert_array_equal(dense(copy.transform(texts)), expected)


@pytest.mark.slow
def test_two_processes_give_the_same_bytes():
    script = Path(__file__).with_name("text_digests.py")
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"  # not that of here
    there = subprocess.run(
        [sys.executable, str(script), *NAMES],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    digest = runpy.run_path(str(script))["digest"]
    assert there == [f"{name} {digest(name)}" for name in NAMES]


@pytest.mark.parametrize("name", COUNTING)
def test_counted_texts_give_the_features_of_the_texts(name):
    texts, y = make_corpus(40)
    train, valid = np.arange(0, 40, 2), np.arange(1, 40, 2)
    labels = np.arange(20) % 2
    counted = build(name).counter().count(texts)
    from_counts, from_texts = build(name), build(name)
    one = from_counts.fit_transform(counted[train], labels)
    two = from_texts.fit_transform([texts[row] for row in train], labels)
    np.testing.assert_array_equal(dense(one), dense(two))
    one = from_counts.transform(counted[valid])
    two = from_texts.transform([texts[row] for row in valid])
    np.testing.assert_array_equal(dense(one), dense(two))


@pytest.mark.parametrize("name", TARGET_AWARE)
def test_permuted_labels_leave_a_model_at_chance(name):
    texts, y = make_corpus(600, seed=5)
    y = np.random.default_rng(6).permutation(y)
    transformer = build(name)
    train = dense(transformer.fit_transform(texts[:400], y[:400]))
    valid = dense(transformer.transform(texts[400:]))
    scale = np.abs(train).max(axis=0) + 1e-12
    model = LogisticRegression().fit(train / scale, y[:400])
    score = roc_auc_score(y[400:], model.decision_function(valid / scale))
    assert abs(score - 0.5) < 0.12


@pytest.mark.parametrize("name", TARGET_AWARE)
@pytest.mark.parametrize("kind", ["labels", "three classes", "regression"])
def test_any_target_will_do(name, kind):
    texts, y = make_corpus(45)
    targets = {
        "labels": np.where(y, "hill", "sea"),
        "three classes": np.arange(45) % 3,
        "regression": y + np.linspace(0, 0.1, 45),
    }
    features = dense(build(name).fit_transform(texts, targets[kind]))
    assert len(features) == 45
    assert np.isfinite(features).all()
