"""Claims about texts as word numbers, co-occurrences and their factors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from ensemble_kit.features.embeddings.cooccurrences import cooccurrences, ppmi
from ensemble_kit.features.embeddings.sent2vec_embedding import with_bigrams
from ensemble_kit.features.texts.sequence_items import items
from ensemble_kit.features.texts.tokenized_texts import tokenize
from ensemble_kit.features.truncated_svd import truncated_svd

TEXTS = ["so it goes so", "", "it is so"]


def as_dict(tokens, matrix):
    entries = sparse.coo_matrix(matrix)
    return {
        (tokens.words[i], tokens.words[j]): value
        for i, j, value in zip(entries.row, entries.col, entries.data, strict=True)
    }


def test_counts_are_of_the_words_asked_for():
    counts = tokenize(TEXTS).counts(["so", "never", "it"]).toarray()
    assert counts.tolist() == [[2, 0, 1], [0, 0, 0], [1, 0, 1]]


def test_frequent_words_come_by_number_then_alphabet():
    assert tokenize(TEXTS).frequent(1) == ["so", "it", "goes", "is"]
    assert tokenize(TEXTS).frequent(2, max_words=1) == ["so"]


def test_kept_words_stay_in_their_texts():
    kept = tokenize(TEXTS).keep(["it", "so"])
    assert kept.sentences(10) == [["so", "it", "so"], ["it", "so"]]


def test_long_texts_are_cut_into_sentences():
    assert tokenize(["aa bb cc dd ee"]).sentences(2) == [
        ["aa", "bb"],
        ["cc", "dd"],
        ["ee"],
    ]


def test_neighbours_are_counted_within_their_text():
    tokens = tokenize(["aa bb cc", "aa bb"])
    found = as_dict(tokens, cooccurrences(tokens, window=1))
    assert found == {
        ("aa", "bb"): 2,
        ("bb", "aa"): 2,
        ("bb", "cc"): 1,
        ("cc", "bb"): 1,
    }


def test_harmonic_counts_fall_with_distance():
    tokens = tokenize(["aa bb cc"])
    found = as_dict(tokens, cooccurrences(tokens, window=2, harmonic=True))
    assert found["aa", "cc"] == 0.5


def test_mutual_information_is_that_of_its_formula():
    counts = sparse.csr_matrix([[0.0, 4.0, 1.0], [4.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    shares = counts.toarray() / 12
    marginal = shares.sum(axis=1)
    with np.errstate(divide="ignore"):
        expected = np.log(shares / np.outer(marginal, marginal))
    found = ppmi(counts, smoothing=1.0).toarray()
    np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 20), st.integers(0, 99))
def test_singular_values_are_those_of_the_full_decomposition(rows, columns, k, seed):
    matrix = np.random.default_rng(seed).normal(size=(rows, columns))
    values, vectors = truncated_svd(sparse.csr_matrix(matrix), k)
    expected = np.linalg.svd(matrix, compute_uv=False)[:k]
    np.testing.assert_allclose(values, expected[: len(values)], rtol=1e-6)
    np.testing.assert_allclose(expected[len(values) :], 0, atol=1e-4)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(values)), atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (80, 90), (2, 2)])
def test_a_matrix_of_zeros_has_no_directions(shape):
    values, vectors = truncated_svd(sparse.csr_matrix(shape), 3)
    assert vectors.shape == (0, shape[1])
    assert len(values) == 0


def test_bigrams_stay_within_their_text():
    grams = with_bigrams(tokenize(["aa bb aa bb", "aa", "", "bb aa"]))
    counts = grams.counts(["aa", "aa bb", "bb aa"]).toarray()
    assert counts.tolist() == [[2, 2, 1], [1, 0, 0], [0, 0, 0], [1, 0, 1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b c|", ["a", "b c"]),
        ("milk, bread", ["milk", "bread"]),
        ("[1 2 3]", ["1", "2", "3"]),
        ("", []),
        ("home > cart > pay", ["home", "cart", "pay"]),
    ],
)
def test_items_of_a_sequence(text, expected):
    assert items(text) == expected
