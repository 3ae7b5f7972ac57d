"""Vocabularies, batches, scaled numbers, categories and start vectors."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.models.text_nets.inputs.batches import (
    prediction_batches,
    training_batches,
)
from ensemble_kit.models.text_nets.inputs.pairs import frequent_pairs, pair_number
from ensemble_kit.models.text_nets.inputs.rows import encode_rows, learn_rows
from ensemble_kit.models.text_nets.inputs.table import (
    learn_levels,
    learn_numbers,
    number_levels,
    scale_numbers,
)
from ensemble_kit.models.text_nets.inputs.tensors import gather, make_batch
from ensemble_kit.models.text_nets.inputs.tokens import hash_tokens
from ensemble_kit.models.text_nets.inputs.vocabulary import (
    encode_texts,
    learn_vocabulary,
)
from ensemble_kit.models.text_nets.named_networks import TextRNNClassifier

WORDS = {"unit": "word", "lowercase": True, "max_tokens": 10, "min_count": 1}


def vocabulary(texts, **changes):
    return learn_vocabulary([texts], **{**WORDS, **changes})


def test_the_vocabulary_is_sorted_by_frequency_then_alphabet():
    state = vocabulary(["b a c a", "C, b B a"])
    assert state["terms"].tolist() == ["a", "b", "c", ","]
    assert state["counts"].tolist() == [3, 3, 2, 1]


def test_rare_and_superfluous_tokens_are_unknown():
    texts = ["a a a b b c"]
    assert vocabulary(texts, min_count=2)["terms"].tolist() == ["a", "b"]
    assert vocabulary(texts, max_tokens=1)["terms"].tolist() == ["a"]
    tokens = encode_texts(["c a"], vocabulary(texts, min_count=2), 9)
    assert tokens.known[tokens.codes].tolist() == [0, 1]


def test_capitals_share_a_word_and_differ_in_their_case():
    tokens = encode_texts(["The THE the"], vocabulary(["the"]), 9)
    assert tokens.known[tokens.codes].tolist() == [1, 1, 1]
    assert tokens.cases[tokens.codes].tolist() == [1, 2, 0]
    apart = encode_texts(["The the"], vocabulary(["The"], lowercase=False), 9)
    assert apart.known[apart.codes].tolist() == [1, 0]


def test_long_texts_are_cut_at_the_end():
    tokens = encode_texts(["a b c d", "e"], vocabulary(["a b c d e"]), 2)
    assert tokens.lengths.tolist() == [2, 1]


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_text_is_encoded_the_same_in_any_company(texts):
    state = vocabulary(["a b", "The end."], min_count=1)
    together = encode_texts(texts, state, 20)
    for i, text in enumerate(texts):
        alone = encode_texts([text], state, 20)
        codes = together.codes[together.starts[i] : together.starts[i + 1]]
        for name in ("known", "hashes", "cases"):
            values = getattr(alone, name)[alone.codes]
            assert (getattr(together, name)[codes] == values).all()


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=300),
    st.integers(1, 40),
    st.integers(1, 400),
)
@settings(max_examples=60, deadline=None)
def test_batches_hold_every_row_once_within_the_limits(lengths, rows, tokens):
    lengths = np.array(lengths)
    batches = training_batches(lengths, rows, tokens, np.random.default_rng(0))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    for batch in [*batches, *prediction_batches(lengths, rows, tokens)]:
        padded = len(batch) * lengths[batch].max()
        assert len(batch) <= rows and (padded <= tokens or len(batch) == 1)


def test_buckets_leave_little_padding():
    lengths = np.random.default_rng(0).geometric(0.03, 5000)
    batches = training_batches(lengths, 64, 10**6, np.random.default_rng(0))
    padded = sum(len(b) * lengths[b].max() for b in batches)
    assert padded < 1.1 * lengths.sum()


def test_ragged_items_are_gathered_in_order():
    values, starts = np.arange(6), np.array([0, 2, 2, 6])
    found, lengths = gather(values, starts, np.array([2, 1, 0]))
    assert found.tolist() == [2, 3, 4, 5, 0, 1] and lengths.tolist() == [4, 0, 2]


def test_numbers_become_normal_scores_of_their_ranks():
    values = np.exp(np.random.default_rng(0).normal(size=(2000, 1)))
    scores = scale_numbers(values, learn_numbers(values))
    wanted = ndtri((np.argsort(np.argsort(values[:, 0])) + 0.5) / 2000)
    middle = np.abs(wanted) < 1.8
    np.testing.assert_allclose(scores[middle, 0], wanted[middle], atol=0.02)
    assert np.abs(scores).max() < 3.2


def test_ties_get_the_middle_of_their_ranks_and_gaps_an_indicator():
    values = np.array([[0.0, 5.0], [0.0, 5.0], [0.0, np.nan], [1.0, 5.0]])
    scores = scale_numbers(values, learn_numbers(values))
    assert scores.shape == (4, 3)
    assert scores[:, 2].tolist() == [0, 0, 1, 0]
    assert np.abs(scores[:, 1]).max() < 1e-6
    assert scores[0, 0] == pytest.approx(ndtri(1 / 3), abs=0.05)
    assert scores[3, 0] > 1


def test_unseen_missing_and_single_levels_share_a_code():
    train = pd.Series(pd.Categorical(["b", "a", "b", "a", "once", None]))
    new = pd.Series(pd.Categorical(["a", "b", "once", "new", None]))
    assert number_levels(new, learn_levels(train)).tolist() == [1, 2, 0, 0, 0]


def test_a_batch_is_padded_to_its_longest_text():
    import torch

    frame = pd.DataFrame({"text": ["a b c d e", "a", ""]})
    rows = encode_rows(frame, learn_rows(frame, WORDS), 9)
    batch = make_batch(rows, np.array([1, 2]), torch.device("cpu"))
    assert batch.texts[0].places.tolist() == [[1], [0]]
    assert batch.texts[0].lengths.tolist() == [1, 0]


def test_dates_are_numbers_with_or_without_a_zone():
    stamps = pd.to_datetime(["2020-01-01", "2020-01-03", None])
    for column in (stamps, stamps.tz_localize("UTC")):
        frame = pd.DataFrame({"when": column})
        rows = encode_rows(frame, learn_rows(frame, WORDS), 9)
        assert rows.numbers[0, 0] < rows.numbers[1, 0]
        assert rows.numbers[2].tolist() == [0, 1]


TEXTS, LABELS = ["good film", "bad film", "good", "bad"] * 6, [1, 0] * 12


def table(model):
    """Return the fitted vectors of "good" and "bad"."""
    terms = model.preparation_["vocabulary"]["terms"].tolist()
    vectors = model.weights_["words.table.weight"]
    return vectors[[terms.index("good") + 1, terms.index("bad") + 1]]


def start(source, **changes):
    """Return a fitted network with frozen vectors."""
    options = {"embedding_dim": 4, "hidden": 4, "epochs": 1, "embedding_rate": 0.0}
    model = TextRNNClassifier(pretrained=source, random_state=0, **options, **changes)
    return model.fit(TEXTS, LABELS)


def test_frozen_vectors_stay_as_they_were_given():
    given = {"good": [1.0, 0, 0, 0], "bad": [0, 2.0, 0, 0], "elsewhere": [9.0] * 4}
    fitted = table(start(given))
    assert fitted[0, 0] * 2 == pytest.approx(fitted[1, 1])
    assert (fitted[[0, 1], [1, 0]] == 0).all()


def test_a_file_of_vectors_equals_a_mapping(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("3 4\ngood 1 0 0 0\nother 1 1 1 1\nbad 0 2 0 0\n", "utf-8")
    assert (table(start(str(path))) == table(start(GIVEN))).all()


GIVEN = {"good": [1.0, 0, 0, 0], "bad": [0, 2.0, 0, 0]}


def rows_of(words):
    return [(word, np.array(GIVEN[word.partition("_")[0]], "<f4")) for word in words]


def tagged(words=("good_ADJ", "bad_ADJ")):
    lines = [f"{w} {' '.join(map(str, row))}" for w, row in rows_of(words)]
    return "\n".join([f"{len(lines)} 4", *lines, ""]).encode()


def binary():
    rows = [w.encode() + b" " + row.tobytes() for w, row in rows_of(GIVEN)]
    return b"2 4\n" + b"".join(rows)


@pytest.mark.parametrize(
    "data",
    [tagged(), binary(), gzip.compress(tagged())],
    ids=["tagged", "binary", "packed"],
)
def test_every_form_of_file_that_features_read_is_read(tmp_path, data):
    path = tmp_path / "vectors"
    path.write_bytes(data)
    assert (table(start(path)) == table(start(GIVEN))).all()


def test_a_fasttext_binary_gives_a_vector_to_every_token(tmp_path):
    from gensim.models.fasttext import FastText, save_facebook_model

    texts = [text.split() for text in ["goods badly", "other goods"] * 5]
    trained = FastText(texts, vector_size=4, min_count=1, epochs=1, bucket=50, seed=1)
    save_facebook_model(trained, str(tmp_path / "cc.bin"))
    model = start(tmp_path / "cc.bin")
    assert model.coverage_ == 1
    vectors = np.array([trained.wv["good"], trained.wv["bad"]])
    ratio = table(model) / vectors
    assert ratio == pytest.approx(np.full((2, 4), ratio[0, 0]), rel=1e-3)


@pytest.mark.parametrize("source", [tagged, lambda: {"nothing": [1.0] * 4}])
def test_vectors_that_know_no_token_are_refused(tmp_path, source):
    given = source() if source is not tagged else tmp_path / "vectors.vec"
    if source is tagged:
        given.write_bytes(b"1 4\nhaus_NOUN 1 0 0 0\n")
    with pytest.raises(PipelineError, match="for none of the .* 'bad'"):
        start(given)


def test_coverage_counts_the_tokens_that_have_a_vector():
    texts = ["good film", "bad film", "good", "bad"] * 6
    model = start({"film": [1.0, 2, 3, 4]})
    assert sum("film" in text for text in texts) == 12
    assert model.coverage_ == pytest.approx(12 / 36)
    assert start("word2vec").coverage_ is None


def test_word2vec_tells_words_of_two_topics_apart():
    rng = np.random.default_rng(0)
    topics = [["sea", "ship", "wave", "sail"], ["hill", "tree", "path", "stone"]]
    texts = [" ".join(rng.choice(topics[i % 2], 6)) for i in range(600)]
    model = TextRNNClassifier(
        pretrained="word2vec", embedding_rate=0, embedding_dim=8, hidden=2, epochs=0
    ).set_params(random_state=0)
    model.fit(texts, [0, 1] * 300)
    terms = model.preparation_["vocabulary"]["terms"].tolist()
    vectors = model.weights_["words.table.weight"][1:][: len(terms)]
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    is_sea = np.array([term in topics[0] for term in terms])
    alike = units @ units.T
    assert alike[is_sea][:, is_sea].mean() > alike[is_sea][:, ~is_sea].mean() + 0.5


def test_word2vec_of_the_fold_is_the_same_twice():
    assert (table(start("word2vec")) == table(start("word2vec"))).all()
    assert (table(start("word2vec")) != table(start(None))).any()


def test_frequent_pairs_stay_within_their_text():
    texts = ["a b", "", "a b", "b a c", "c"]
    tokens = encode_texts(texts, vocabulary(texts), 9)
    number = dict(zip("abc", hash_tokens("abc"), strict=True))
    pairs = ("ab", "ba", "ac")
    wanted = {p: int(pair_number(number[p[0]], number[p[1]])) for p in pairs}
    assert frequent_pairs([tokens], 9, 2).tolist() == [wanted["ab"]]
    assert set(frequent_pairs([tokens], 9, 1)) == set(wanted.values())
    assert frequent_pairs([tokens], 1, 1).tolist() == [wanted["ab"]]
    assert len(frequent_pairs([], 9, 1)) == 0
