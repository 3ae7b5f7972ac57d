"""Counts made once are those of scikit-learn's CountVectorizer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from ensemble_kit.features.counting.counted_texts import CountedTexts, take_columns
from ensemble_kit.features.counting.text_counts import TextCounter

TEXTS = [
    "It was the best of times,  it was\n\nthe worst of times",
    "",
    "Жили-были старик со старухой; жили они у самого синего моря",
    "a b",
    "x",
    "smile 😀😀 smile, שלום עולם",
]
PAIRS = [
    ({"words": (1, 1)}, {}),
    ({"words": (1, 3)}, {"ngram_range": (1, 3)}),
    ({"words": (2, 2)}, {"ngram_range": (2, 2)}),
    (
        {"words": None, "characters": (2, 6)},
        {"analyzer": "char_wb", "ngram_range": (2, 6)},
    ),
    (
        {"words": None, "characters": (4, 4)},
        {"analyzer": "char_wb", "ngram_range": (4, 4)},
    ),
    (
        {"words": None, "characters": (1, 4), "within_words": False},
        {"analyzer": "char", "ngram_range": (1, 4)},
    ),
]


def table(matrix, terms):
    """Return {(row, term): count}, whatever the order of the columns."""
    coo = matrix.tocoo()
    return {
        (int(r), terms[c]): int(v)
        for r, c, v in zip(coo.row, coo.col, coo.data, strict=True)
    }


def assert_same_counts(texts, ours, theirs):
    counted = TextCounter(**ours).count(texts)
    vectorizer = CountVectorizer(**theirs)
    matrix = vectorizer.fit_transform(texts)
    assert sorted(counted.terms.strings()) == list(vectorizer.get_feature_names_out())
    assert table(counted.counts, counted.terms.strings()) == table(
        matrix, vectorizer.get_feature_names_out()
    )


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_counts_are_those_of_scikit_learn(ours, theirs):
    assert_same_counts(TEXTS, ours, theirs)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.sampled_from(PAIRS))
def test_counts_of_any_texts_are_those_of_scikit_learn(texts, pair):
    assert_same_counts([*texts, "some words here"], *pair)


def test_counts_do_not_depend_on_how_texts_are_split_into_chunks(monkeypatch):
    counter = TextCounter(words=(1, 2), characters=(2, 4))
    whole = counter.count(TEXTS)
    monkeypatch.setattr("ensemble_kit.features.texts.texts.CHUNK", 20)
    parts = counter.count(TEXTS)
    assert whole.terms.strings() == parts.terms.strings()
    assert np.array_equal(whole.counts.toarray(), parts.counts.toarray())


def test_words_and_characters_are_blocks_of_one_matrix():
    counted = TextCounter(words=(1, 1), characters=(2, 3)).count(TEXTS)
    words = TextCounter(words=(1, 1)).count(TEXTS)
    part = counted.terms.block_slices()["words"]
    assert counted.terms.strings()[part] == words.terms.strings()
    assert np.array_equal(counted.counts[:, part].toarray(), words.counts.toarray())


def test_rows_of_a_slice_are_rows_of_the_whole():
    counted = TextCounter().count(TEXTS)
    rows = np.array([4, 0, 2])
    part = counted[rows]
    assert len(part) == 3
    assert np.array_equal(part.counts.toarray(), counted.counts.toarray()[rows])
    assert part.terms is counted.terms


def test_saved_counts_are_read_back_mapped(tmp_path):
    counted = TextCounter(words=(1, 2), characters=(2, 3)).count(TEXTS)
    counted.save(tmp_path)
    read = CountedTexts.load(tmp_path)
    assert isinstance(read.counts.data, np.memmap)
    assert read.key == counted.key
    assert read.terms.strings() == counted.terms.strings()
    assert read.terms.blocks == counted.terms.blocks
    assert np.array_equal(
        read[[1, 0]].counts.toarray(), counted[[1, 0]].counts.toarray()
    )


def test_counts_with_other_parameters_are_refused():
    counted = TextCounter().count(TEXTS)
    with pytest.raises(ValueError, match="counted with other parameters"):
        TextCounter(words=(1, 2)).count(counted)


def test_a_key_is_the_same_for_lists_and_tuples_and_names():
    named = TextCounter(words=[1, 2], preparation="marks").key
    spelt = TextCounter(words=(1, 2), preparation={"tokens": "words_and_marks"})
    assert named == spelt.key


def test_every_mistake_in_the_parameters_is_listed():
    with pytest.raises(ValueError) as caught:
        TextCounter(words=(2, 1), characters=3).fit([])
    assert "words: expected" in str(caught.value)
    assert "characters: expected" in str(caught.value)


@pytest.mark.parametrize("texts", [[], [""], ["", None], ["..."]])
def test_texts_without_words_give_rows_without_terms(texts):
    counted = TextCounter(words=(1, 2)).count(texts)
    assert counted.counts.shape == (len(texts), 0)


def test_moved_columns_stay_sorted_and_dropped_ones_go():
    counted = TextCounter(words=(1, 1)).count(["a1 b1 c1 b1", "c1", "b1"])
    names = counted.terms.strings()
    columns = np.array([0, -1, 1], dtype=np.int32)
    taken = take_columns(counted.counts, columns, 2)
    expected = counted.counts.toarray()[:, [0, 2]]
    assert np.array_equal(taken.toarray(), expected), names


@pytest.mark.slow
def test_stop_words_stems_and_lemmas_change_the_words_that_are_counted():
    preparation = {"stop_words": ["the"], "word_form": "stem"}
    counted = TextCounter(preparation=preparation).count(["The cats", "the cat"])
    assert counted.terms.strings() == ["cat"]
    lemmas = TextCounter(preparation="lemmas").count(["коты гуляли", "mice"])
    assert sorted(lemmas.terms.strings()) == ["mouse", "гулять", "кот"]
