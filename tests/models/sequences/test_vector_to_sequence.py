"""Texts written for rows of numbers and for images."""

import io

import numpy as np
import pytest
from sklearn.base import clone

from ensemble_kit.models.sequences.vector_to_sequence import VectorToSequence

SMALL = {"hidden": 16, "embedding_dim": 8, "learning_rate": 0.02, "random_state": 0}
PLACES = ["left", "middle", "right"]


def images(n_rows, seed=0):
    """Return images of 3 x 6 cells with one bright column, and where it is."""
    draw = np.random.default_rng(seed)
    X = draw.normal(scale=0.2, size=(n_rows, 3, 6))
    at = draw.integers(0, 3, n_rows)
    X[np.arange(n_rows), :, 2 * at] += 2
    return X, [PLACES[k] for k in at]


def test_a_text_is_written_for_an_image_by_looking_at_its_cells():
    model = VectorToSequence(epochs=15, **SMALL).fit(*images(150))
    X, y = images(60, seed=1)
    assert model.score(X, y) > 0.95
    found = model.attention_(X[0])
    assert found.shape == (3, 6)
    assert found.weights.shape == (len(y[0]) + 1, 18)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-5)


def test_a_picture_has_one_image_for_each_letter(tmp_path):
    model = VectorToSequence(epochs=1, **SMALL).fit(*images(20))
    path = model.attention_(images(1)[0][0]).draw(tmp_path / "looked.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_text_is_written_for_a_row_of_numbers_far_from_0():
    X, y = images(150)
    rows = X.reshape(len(X), -1) * 1e3 + 1e6
    model = VectorToSequence(epochs=15, **SMALL).fit(rows[:100], y[:100])
    assert model.score(rows[100:], y[100:]) > 0.9
    assert model.attention_(rows[0]).shape is None


def test_the_same_seed_gives_the_same_bits_and_arrays_keep_them():
    X, y = images(30)
    model = VectorToSequence(epochs=1, attention="additive", **SMALL).fit(X, y)
    again, file = clone(model).fit(X, y), io.BytesIO()
    np.savez(file, **model.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = VectorToSequence.from_arrays(arrays)
    for other in (again, loaded):
        assert other.predict_candidates(X) == model.predict_candidates(X)


def test_missing_numbers_are_read_as_the_mean_and_constant_ones_do_no_harm():
    X = np.array([[1.0, np.nan, 5.0], [3.0, np.nan, 5.0]] * 10)
    model = VectorToSequence(epochs=1, **SMALL).fit(X, ["a", "b"] * 10)
    mean = model.predict_candidates([[np.nan, np.nan, np.nan]])
    assert mean == model.predict_candidates([[2.0, 0.0, 5.0]])
    assert mean != model.predict_candidates([[3.0, 0.0, 5.0]])
    assert model.predict([[1e300, 0.0, -1e300]]).shape == (1,)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.zeros(4), "found \\(4,\\)"),
        (np.zeros((4, 0)), "found \\(4, 0\\)"),
        (np.full((4, 2), np.inf), "infinite"),
    ],
)
def test_what_is_no_row_of_numbers_is_refused(X, words):
    with pytest.raises(ValueError, match=words):
        VectorToSequence().fit(X, ["a"] * 4)


def test_rows_of_another_shape_are_refused():
    model = VectorToSequence(epochs=1, **SMALL).fit(*images(20))
    with pytest.raises(ValueError, match=r"shape \(6, 3\).* was fitted with \(3, 6\)"):
        model.predict(np.zeros((2, 6, 3)))
