"""Texts and rows that say nearly the same."""

import numpy as np
import pytest

from ensemble_kit.splitting.near_duplicates import near_rows, near_texts

WORDS = np.array(
    [
        "river",
        "stone",
        "cloud",
        "paper",
        "green",
        "house",
        "light",
        "night",
        "water",
        "apple",
    ]
)


def sentences(n, seed=0):
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 9, (n, 30)).astype(str)
    return [" ".join(row) for row in np.char.add(rng.choice(WORDS, (n, 30)), numbers)]


def test_texts_with_another_ending_are_near_and_others_are_not():
    texts = sentences(300)
    near = [f"{text[:-6]} {k}.com" for k, text in enumerate(texts[:100])]
    codes = near_texts([*texts, *near])
    assert (codes[300:] == codes[:100]).mean() > 0.98
    assert len(np.unique(codes[:300])) == 300


def test_many_copies_of_one_text_are_one():
    texts = [f"{sentences(1)[0]} t.co/{k}" for k in range(40)]
    assert len(np.unique(near_texts([*texts, *sentences(40, seed=1)]))) == 41


@pytest.mark.parametrize("texts", [[], [""], ["", "", "a"], ["aaaaaaaaaaaaaaaa"] * 2])
def test_short_and_empty_texts_are_no_error(texts):
    assert len(near_texts(texts)) == len(texts)


def test_half_of_a_text_is_not_the_same():
    text = sentences(1)[0]
    assert len(set(near_texts([text, text[: len(text) // 2]]).tolist())) == 2


def test_rows_that_differ_by_rounding_are_near():
    numbers = np.random.default_rng(0).normal(size=(200, 3))
    again = numbers[:50] + 1e-5
    others = np.zeros(250, dtype=np.uint64)
    codes = near_rows(np.vstack([numbers, again]), others)
    assert (codes[200:] == codes[:50]).mean() > 0.98
    assert len(np.unique(codes[:200])) == 200
    others[200:] = 1
    assert len(np.unique(near_rows(np.vstack([numbers, again]), others))) == 250


def test_missing_and_constant_numbers_are_the_same_where_both_are():
    numbers = np.array([[np.nan, 1.0], [np.nan, 1.0], [0.0, 1.0], [5.0, 1.0]])
    codes = near_rows(numbers, np.zeros(4, dtype=np.uint64))
    assert codes.tolist() == [0, 0, 1, 2]
