"""Language models: probabilities that sum to one, perplexity, samples."""

import io
import itertools

import numpy as np
import pytest
from sklearn.base import clone

from ensemble_kit.models.language.language_model import LanguageModel
from ensemble_kit.models.language.language_model_counts import (
    count_ngrams,
    ngram_losses,
)
from ensemble_kit.models.language.language_model_ngrams import NgramLanguageModel
from ensemble_kit.models.language.language_symbols import END, stream_chunks
from ensemble_kit.models.text_nets.networks.recurrent_cells import CELLS

SMALL = {"hidden": 12, "embedding_dim": 8, "epochs": 3, "n_streams": 4, "n_steps": 8}
KINDS = ["rnn", "lstm", "gru", "window"]


def sentences(n_texts: int, seed: int = 0) -> list[str]:
    """Return texts whose brackets close at a distance that no 5-gram sees."""
    draw = np.random.default_rng(seed)
    pairs = {"(": ")", "[": "]"}
    opened = draw.choice(list(pairs), n_texts)
    return [f"{o} a b c d {pairs[o]}" for o in opened]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_ngram_probabilities_of_the_next_symbol_sum_to_one(order):
    texts = [np.array([END, *t, END]) for t in ([2, 3, 2], [3, 3, 4], [], [2])]
    tables = count_ngrams(texts, order, n_symbols=5)
    for context in itertools.product(range(5), repeat=2):
        each = [np.array([END, *context, symbol]) for symbol in range(5)]
        losses = ngram_losses(each, tables, n_symbols=5).reshape(5, 3)[:, -1]
        assert np.exp(-losses).sum() == pytest.approx(1, abs=1e-12)


def test_kneser_ney_agrees_with_a_count_by_hand():
    # Bigrams of "END 2 3 END" twice and "END 3 END": counts 2, 2, 2, 1, 1 (3 END: 3).
    texts = [np.array([0, 2, 3, 0]), np.array([0, 2, 3, 0]), np.array([0, 3, 0])]
    tables = count_ngrams(texts, 2, n_symbols=4)
    # Bigram counts 02:2 23:2 03:1 30:3, so the discount is 1 / (1 + 2 * 2) = 0.2.
    # Preceding tokens: 2 has one, 3 two, 0 one; discount 2 / (2 + 2 * 1) = 0.5.
    unigram = (2 - 0.5) / 4 + (1.5 / 4) / 4
    wanted = (1 - 0.2) / 3 + (0.4 / 3) * unigram
    found = np.exp(-ngram_losses([np.array([0, 3])], tables, 4))
    assert found[0] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("cell", [*KINDS, "lstm_no_forget", "mut1"])
def test_network_probabilities_agree_however_texts_are_batched(cell):
    model = LanguageModel(cell=cell, random_state=0, **SMALL).fit(sentences(20))
    texts = ["a b", "", "( a b c d e f )", "a"]
    together = model.token_losses(texts)
    for text, losses in zip(texts, together, strict=True):
        np.testing.assert_allclose(model.token_losses([text])[0], losses, atol=1e-5)
    assert [len(losses) for losses in together] == [3, 1, 9, 2]


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_is_one_of_a_language_model(cell):
    how = {**SMALL, "hidden": 4, "embedding_dim": 3, "epochs": 1}
    model = LanguageModel(cell=cell, random_state=0, **how).fit(sentences(8))
    assert 1 < model.perplexity(sentences(3)) < 20


def test_a_recurrent_model_beats_the_5_gram_where_memory_matters():
    lstm = LanguageModel(
        hidden=16,
        embedding_dim=8,
        epochs=30,
        n_streams=8,
        n_steps=20,
        dropout=0.0,
        learning_rate=0.03,
        random_state=0,
    ).fit(sentences(300))
    ngram = NgramLanguageModel(order=5).fit(sentences(300))
    valid = sentences(50, seed=1)
    # A coin per text is all there is to know; the 5-gram tosses a second one.
    assert ngram.perplexity(valid) == pytest.approx(4 ** (1 / 7), abs=0.02)
    assert lstm.perplexity(valid) == pytest.approx(2 ** (1 / 7), abs=0.03)


def test_an_untrained_model_has_the_perplexity_of_chance():
    model = LanguageModel(random_state=0, **{**SMALL, "epochs": 0})
    model.fit(["a b c d e f g h"] * 2)
    assert model.perplexity(["a b c h"]) == pytest.approx(10, rel=0.05)


def test_a_large_vocabulary_has_an_adaptive_softmax_that_sums_to_one():
    import torch

    from ensemble_kit.models.language.language_networks import NextSymbol
    from ensemble_kit.models.text_nets.networks.torch_layers import initialise

    softmax = NextSymbol(6, 2500)
    initialise(softmax, torch.Generator().manual_seed(0))
    features = torch.randn(3, 6, generator=torch.Generator().manual_seed(1))
    table = softmax.log_probabilities(features)
    symbols = torch.tensor([5, 1200, 2499])
    torch.testing.assert_close(table.exp().sum(1), torch.ones(3))
    torch.testing.assert_close(
        softmax.losses(features, symbols), -table[range(3), symbols]
    )


@pytest.mark.parametrize("cell", KINDS)
def test_samples_repeat_with_their_seed_and_follow_the_temperature(cell):
    model = LanguageModel(cell=cell, unit="char", random_state=0, **SMALL)
    model.fit(["abab abab"] * 30)
    one = model.sample(20, random_state=3)
    assert one == model.sample(20, random_state=3)
    cold = {model.sample(6, temperature=0.01, random_state=i) for i in range(4)}
    assert len(cold) == 1
    assert model.sample(4, prompt="ab", random_state=0).startswith("ab")
    with pytest.raises(ValueError, match="above 0"):
        model.sample(temperature=0)


def test_the_same_seed_gives_the_same_model_and_arrays_keep_it():
    model = LanguageModel(random_state=0, **SMALL).fit(sentences(20))
    again, file = clone(model).fit(sentences(20)), io.BytesIO()
    np.savez(file, **model.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = LanguageModel.from_arrays(arrays)
    texts = sentences(5, seed=2)
    assert again.perplexity(texts) == model.perplexity(texts)
    assert loaded.perplexity(texts) == model.perplexity(texts)


def test_chunks_go_on_where_the_last_one_ended():
    texts = [np.array([END, *range(i, i + 7), END]) for i in range(2, 30, 7)]
    chunks = stream_chunks(texts, 3, 4, np.random.default_rng(0))
    assert [number for number, _ in chunks] == list(range(len(chunks)))
    for (_, one), (_, two) in itertools.pairwise(chunks):
        assert (one[:, -1] == two[:, 0]).all()


@pytest.mark.parametrize("cell", ["window", "lstm_coupled"])
def test_an_unknown_cell_gets_a_suggestion(cell):
    with pytest.raises(ValueError, match=f"did you mean '{cell}'"):
        LanguageModel(cell=cell[:-1], **SMALL).fit(["a"])
