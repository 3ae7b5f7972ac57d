"""Claims about vectors of texts made from those of words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from ensemble_kit.features.counting.latent_semantics import LatentSemantics
from ensemble_kit.features.counting.topic_shares import TopicShares
from ensemble_kit.features.embeddings import sentence_pooling
from ensemble_kit.features.embeddings.cooccurrence_embedding import (
    CooccurrenceEmbedding,
)
from ensemble_kit.features.embeddings.sentence_pooling import SentencePooling
from ensemble_kit.features.text_numbers.embedded_pair import EmbeddedPair

VECTORS = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]])
COUNTS = sparse.csr_matrix([[2.0, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]])


def pool(how, counts=COUNTS, vectors=VECTORS):
    return SentencePooling(how).fit(counts, vectors).transform(counts, vectors)


def test_mean_is_over_all_words_of_a_text():
    expected = [[2 / 3, 2 / 3], [0, 0], [-1, 1], [1, 0]]
    np.testing.assert_allclose(pool("mean"), expected, rtol=1e-6)


def test_max_is_taken_in_each_dimension():
    assert pool("max").tolist() == [[1, 2], [0, 0], [-1, 1], [1, 0]]


def test_rare_words_weigh_more_by_idf():
    weights = np.log(5 / np.array([3, 2, 2])) + 1
    expected = (2 * weights[0] * VECTORS[0] + weights[1] * VECTORS[1]) / (
        2 * weights[0] + weights[1]
    )
    np.testing.assert_allclose(pool("idf")[0], expected, rtol=1e-6)


def test_common_direction_is_removed_by_sif():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(50, 4)) + [5, 0, 0, 0]
    counts = sparse.csr_matrix(random.integers(0, 3, (30, 50)).astype(float))
    mean, sif = pool("mean", counts, vectors), pool("sif", counts, vectors)
    assert np.abs(mean[:, 0]).mean() > 10 * np.abs(mean[:, 1:]).mean()
    assert np.abs(sif[:, 0]).max() < np.abs(sif[:, 1:]).max()


@pytest.mark.parametrize("how", ["idf", "sif"])
def test_words_unseen_in_training_weigh_as_the_rarest_could(how):
    pooling = SentencePooling(how).fit(COUNTS, VECTORS)
    assert pooling.unseen_weight_ >= pooling.weights_.max()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 99))
def test_max_in_groups_is_the_max(n_texts, n_words, seed):
    random = np.random.default_rng(seed)
    counts = sparse.csr_matrix(random.integers(0, 2, (n_texts, n_words)).astype(float))
    vectors = random.normal(size=(n_words, 3))
    expected = pool("max", counts, vectors)
    chunk, sentence_pooling.CHUNK = sentence_pooling.CHUNK, 9
    try:
        np.testing.assert_array_equal(pool("max", counts, vectors), expected)
    finally:
        sentence_pooling.CHUNK = chunk
    for row, found in zip(counts.toarray(), expected, strict=True):
        if row.any():
            np.testing.assert_allclose(found, vectors[row > 0].max(axis=0), rtol=1e-6)


def test_several_poolings_stand_side_by_side():
    embedding = CooccurrenceEmbedding(pooling=["mean", "max"], min_count=1)
    found = embedding.fit_transform(["aa bb", "bb cc", "cc aa"])
    names = embedding.get_feature_names_out()
    assert found.shape == (3, len(names))
    assert names[0] == "mean_0"
    assert names[-1].startswith("max_")


def test_unknown_pooling_is_refused():
    with pytest.raises(ValueError, match="'average'"):
        CooccurrenceEmbedding(pooling="average").fit(["aa bb"])


def two_subjects(n_texts=120, seed=0):
    random = np.random.default_rng(seed)
    subjects = ("tree leaf root bark twig", "car road wheel fuel brake")
    y = np.arange(n_texts) % 2
    return [" ".join(random.choice(subjects[label].split(), 6)) for label in y], y


@pytest.mark.parametrize(
    "transformer",
    [
        LatentSemantics(n_components=2),
        TopicShares(method="nmf", n_topics=2, random_state=0),
        TopicShares(
            method="lda",
            n_topics=2,
            terms={"max_df": 1.0},
            random_state=0,
        ),
    ],
)
def test_two_subjects_are_told_apart(transformer):
    texts, y = two_subjects()
    features = transformer.fit_transform(texts)
    correlations = [abs(np.corrcoef(column, y)[0, 1]) for column in features.T]
    assert max(correlations) > 0.9


def test_shares_of_topics_sum_to_one():
    texts = two_subjects()[0]
    shares = TopicShares(n_topics=3, random_state=0).fit_transform([*texts, "unknown"])
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(shares[-1], 1 / 3)


def test_normalized_vectors_have_length_one():
    vectors = LatentSemantics(normalize=True).fit_transform(two_subjects()[0])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("embedding", "params"),
    [
        ("lsa", {}),
        ("cooccurrence", {"pooling": "sif"}),
        ("word2vec", {"pooling": "sif"}),
    ],
)
def test_texts_of_one_subject_are_nearer_than_of_two(embedding, params):
    texts, _ = two_subjects(400)
    X = pd.DataFrame({"a": texts[:-2], "b": texts[2:], "c": texts[1:-1]})
    pair = EmbeddedPair(embedding, {"n_components": 8, **params}, random_state=0)
    same = pair.fit(X[["a", "b"]]).transform(X[["a", "b"]])
    other = pair.transform(X[["a", "c"]])
    assert same[:, 0].mean() > other[:, 0].mean() + 0.3
    assert same[:, 1].mean() < other[:, 1].mean()
