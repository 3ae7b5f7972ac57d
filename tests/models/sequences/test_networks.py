"""Attention and beam search against computations of their own."""

from itertools import product

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax

from ensemble_kit.models.sequences.beam_search import search_beams
from ensemble_kit.models.sequences.fitting import copy_losses
from ensemble_kit.models.sequences.networks import (
    Attention,
    Decoder,
    SequenceNetwork,
    Source,
    TextSource,
)
from ensemble_kit.models.sequences.symbols import END, FIRST, NOWHERE, PADDING, START

RNG = np.random.default_rng(0)
LIMIT = 4


def draw(*shape):
    return torch.from_numpy(RNG.normal(size=shape).astype(np.float32))


def network(cell="gru", attention="multiplicative", n_symbols=FIRST + 2):
    torch.manual_seed(1)
    encoder = TextSource(n_symbols, 3, cell, 4, 1, 0.0, 0.0)
    decoder = Decoder(n_symbols, 3, cell, 4, attention, 8, 8, 0.0)
    made = SequenceNetwork(encoder, decoder).eval()
    for weight in made.parameters():
        weight.data.mul_(2.5)
    return made


@pytest.mark.parametrize("name", ["additive", "multiplicative"])
def test_weights_are_those_of_the_papers(name):
    attention = Attention(name, 5, 3)
    memory, query = draw(2, 4, 3), draw(2, 6, 5)
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    keys = attention.keys(memory)
    found, weights = attention(query, Source(memory, keys, mask, query))
    U = attention.keys.weight.detach().numpy().astype(float)
    for row, step in product(range(2), range(6)):
        q, m = query[row, step].numpy().astype(float), memory[row].numpy()
        if name == "multiplicative":
            scores = np.array([q @ U @ place for place in m])
        else:
            W, b = (p.detach().numpy() for p in attention.query.parameters())
            v = attention.score.weight.detach().numpy()[0]
            scores = np.array([v @ np.tanh(W @ q + b + U @ place) for place in m])
        seen = int(mask[row].sum())
        expected = np.append(softmax(scores[:seen]), np.zeros(4 - seen))
        told = weights[row, step].detach().numpy()
        np.testing.assert_allclose(told, expected, atol=1e-5)
        np.testing.assert_allclose(
            found[row, step].detach().numpy(), expected @ m, atol=1e-5
        )


def exhaustive(made, codes, length_penalty):
    """Return the best text of all, and its log probability, one row at a time."""
    best = (-np.inf, (), 0.0)
    symbols = [END, *range(3, FIRST + 2)]
    for text in product(symbols, repeat=LIMIT):
        end = text.index(END) + 1 if END in text else LIMIT
        if any(code != END for code in text[end:]):
            continue
        told = torch.tensor([[START, *text[: end - 1]]])
        with torch.no_grad():
            scores = made(codes, told)[0][0].numpy()
        chances = log_softmax(scores, axis=1)[np.arange(end), text[:end]]
        total = float(chances.sum())
        ranked = total / ((5 + end) / 6) ** length_penalty
        best = max(best, (ranked, text[:end], total))
    return best[1], best[2]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_wide_beam_finds_the_best_text_of_all(cell):
    made = network(cell)
    batch = torch.tensor([[4, 5, 5, END], [5, END, PADDING, PADDING]])
    best = {}
    for penalty in (0.0, 6.0):
        with torch.no_grad():
            beams = search_beams(made, batch, 120, penalty, LIMIT)
        for row, codes in enumerate(([4, 5, 5, END], [5, END])):
            text, total = exhaustive(made, torch.tensor([codes]), penalty)
            found = beams.codes[row, 0]
            assert tuple(found[found != PADDING]) == text
            assert beams.log_probability[row, 0] == pytest.approx(total, abs=1e-4)
            best[penalty, row] = text
    assert any(len(best[6.0, row]) > len(best[0.0, row]) for row in (0, 1))


def test_beams_look_where_the_attention_is_the_highest():
    made = network()
    looked_at = set()
    for _ in range(6):
        batch = torch.from_numpy(RNG.integers(3, FIRST + 2, size=(1, 6)))
        with torch.no_grad():
            beams = search_beams(made, batch, 6, 0.0, LIMIT)
            for codes, places in zip(beams.codes[0], beams.places[0], strict=True):
                codes = codes[codes != PADDING]
                told = torch.tensor([[START, *codes[:-1]]])
                looked = made(batch, told)[1][0].argmax(-1).tolist()
                assert places[: len(codes)].tolist() == looked
                looked_at.add(tuple(looked[:2]))
    assert len(looked_at) > 4


def test_a_copied_symbol_costs_what_is_not_looked_at_its_place():
    weights = torch.tensor([[[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]])
    found = copy_losses(weights, torch.tensor([[1, NOWHERE]]))
    np.testing.assert_allclose(found, [[-np.log(0.2), 0.0]], rtol=1e-6)
