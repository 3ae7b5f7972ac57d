"""Models in CatBoost's format that lead out of their arrays are refused before it."""

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor

from ensemble_kit.exceptions import StoreError
from ensemble_kit.models.boosting.catboost_bytes import model_to_bytes
from ensemble_kit.store.catboost_checks import BUCKET, EMPTY, check_catboost
from ensemble_kit.store.flatbuffers import FlatTable
from ensemble_kit.store.persistence import pack, unpack

SMALL = {
    "iterations": 3,
    "verbose": 0,
    "allow_writing_files": False,
    "thread_count": 1,
}


@pytest.fixture(scope="module")
def coded():
    """Return a model with statistics of categories, and its rows."""
    rng = np.random.default_rng(0)
    X = np.empty((80, 2), dtype=object)
    X[:, 0], X[:, 1] = rng.random(80), rng.integers(0, 9, 80).astype(str)
    y = (X[:, 0] + X[:, 1].astype(int) / 9 > 1).astype(int)
    model = CatBoostClassifier(**SMALL, depth=3, one_hot_max_size=2)
    return model.fit(X, y, cat_features=[1]), X


@pytest.fixture(scope="module")
def uneven():
    """Return the bytes of trees that are not symmetric, with several outputs."""
    rng = np.random.default_rng(0)
    X = rng.random((80, 2))
    model = CatBoostClassifier(**SMALL, grow_policy="Lossguide")
    return model_to_bytes(model.fit(X, rng.integers(0, 3, 80)))


def trees_of(data):
    size = int.from_bytes(data[4:8], "little")
    return FlatTable.root(data[8 : 8 + size]).table(1)


def changed(data, found, new):
    """Return bytes in which the numbers that were found are new ones."""
    at = data.index(found.tobytes())
    return data[:at] + new.tobytes() + data[at + found.nbytes :]


def test_a_sound_model_predicts_the_same_again(coded, uneven):
    model, X = coded
    again = unpack(*pack(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    check_catboost(uneven)
    plain = CatBoostRegressor(**SMALL).fit(np.eye(9), np.arange(9.0))
    check_catboost(model_to_bytes(plain))


@pytest.mark.parametrize(
    ("field", "kind", "value", "words"),
    [
        (1, "i4", 10**6, "a split is out of range"),
        (1, "i4", -1, "a split is out of range"),
        (2, "i4", 30, "other splits"),
        (3, "i4", 2, "begin elsewhere"),
    ],
)
def test_places_that_are_not_there_are_refused(coded, field, kind, value, words):
    data = model_to_bytes(coded[0])
    found = trees_of(data).array(field, kind)
    new = found.copy()
    new[0] = value
    with pytest.raises(ValueError, match=words):
        check_catboost(changed(data, found, new))


@pytest.mark.parametrize(
    ("hash_", "place", "words"),
    [(1, 10**6, "a statistic is out of range"), (1, 0, "would not end")],
)
def test_tables_of_statistics_are_proved(coded, hash_, place, words):
    data = model_to_bytes(coded[0])
    size = int.from_bytes(data[4:8], "little")
    raw = FlatTable.root(data[8 + size + 8 :]).array(1, "u1")
    new = np.frombuffer(raw.tobytes(), BUCKET).copy()
    empty = new["hash"] == EMPTY
    rows = empty if place == 0 else np.arange(len(new)) == empty.argmax()
    new["hash"][rows], new["place"][rows] = hash_, place
    with pytest.raises(ValueError, match=words):
        check_catboost(changed(data, raw, new))


def test_a_step_out_of_its_tree_and_a_leaf_that_is_not_there_are_refused(uneven):
    steps = trees_of(uneven).array(10, "u4")
    with pytest.raises(ValueError, match="a step leads out"):
        check_catboost(changed(uneven, steps, np.full_like(steps, 0xFFFF)))
    leaves = trees_of(uneven).array(11, "u4")
    with pytest.raises(ValueError, match="a leaf is not there"):
        check_catboost(changed(uneven, leaves, leaves + 1))


def test_a_changed_model_never_reaches_the_library(coded):
    extra, parts = pack(coded[0])
    with pytest.raises(StoreError):
        unpack(extra, parts[: len(parts) // 2])


def test_any_damage_ends_in_one_kind_of_error(coded):
    data, rng = model_to_bytes(coded[0]), np.random.default_rng(0)
    for _ in range(300):
        wrong = bytearray(data)
        at = int(rng.integers(len(data) - 4))
        wrong[at : at + 4] = rng.bytes(4)
        try:
            check_catboost(bytes(wrong[: int(rng.integers(8, len(data) + 9))]))
        except ValueError:
            continue
