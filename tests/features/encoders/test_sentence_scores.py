"""What labelled texts that are near tell of a text, cross-fitted."""

import numpy as np
import pytest

from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.features.encoders.sentence_scores import SentenceScores
from tiny_encoders import tiny_encoder

pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")


def notes(n_rows=120, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n_rows)
    letters = ["abcdefg", "tuvwxyz"]
    return [" ".join(rng.choice(list(letters[c]), 6)) for c in y], y


def scores(**more):
    return SentenceScores(tiny_encoder(), random_state=0, **more)


def test_both_kinds_of_score_tell_the_class_of_texts_not_seen():
    texts, y = notes()
    later, truth = notes(seed=1)
    found = scores().fit(texts, y).transform(later)
    assert found.shape == (120, 2)
    for column in found.T:
        assert ((column > 0) == truth).mean() > 0.9


def test_a_row_does_not_see_its_own_label():
    texts, y = notes()
    values = y + np.random.default_rng(1).normal(size=len(y))
    first = scores().fit_transform(texts, values)
    changed = values.copy()
    changed[7] += 1e-3  # too little for another quarter of the target
    second = scores().fit_transform(texts, changed)
    assert (second[7] == first[7]).all()
    assert (second != first).any()


def test_a_permuted_target_gives_scores_without_meaning():
    texts, y = notes(400)
    y = np.random.default_rng(2).permutation(y)
    found = scores().fit_transform(texts, y)
    for column in found.T:
        assert abs(np.corrcoef(column, y)[0, 1]) < 0.15


def test_the_center_of_a_class_is_the_mean_of_its_vectors():
    texts, y = notes(60)
    model = scores().fit(texts, y)
    vectors = SentenceEncoder(tiny_encoder()).fit_transform(texts)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centers = np.array([unit[y == c].mean(axis=0) for c in (0, 1)])
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    cosines = unit @ centers.T
    found = model.transform(texts)[:, 0]
    np.testing.assert_allclose(found, cosines[:, 1] - cosines[:, 0], atol=2e-3)


@pytest.mark.parametrize(
    ("y", "names"),
    [
        ([0, 1] * 20, ["center", "near"]),
        (
            ["a", "b", "c", "a"] * 10,
            [f"{k}_{c}" for k in ("center", "near") for c in "abc"],
        ),
        (np.linspace(0, 1, 40), [*(f"center_{q}" for q in range(4)), "near"]),
    ],
)
def test_columns_are_named_by_what_they_tell(y, names):
    texts, _ = notes(40)
    model = scores()
    found = model.fit_transform(texts, np.array(y))
    assert found.shape[1] == len(names) == len(model.get_feature_names_out())
    if not isinstance(y, np.ndarray):
        assert model.get_feature_names_out().tolist() == names


def test_fewer_rows_than_neighbours_are_enough():
    found = scores().fit_transform(["a", "b", "c"], np.array([0, 1, 0]))
    assert np.isfinite(found).all()


def test_no_neighbour_is_refused():
    with pytest.raises(ValueError, match="n_neighbors: a whole number from 1"):
        scores(n_neighbors=0).fit(["a", "b"], [0, 1])
