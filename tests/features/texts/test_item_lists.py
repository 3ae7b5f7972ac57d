"""Cells that list items: which they are, and what terms they give."""

import numpy as np
import pytest

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.features.texts.sequence_items import are_lists, items_and_words

RECIPES = [
    "olive oil, sea salt, rice",
    "rice, low fat cottage cheese, sea salt",
    "sea salt, olive oil, low fat cottage cheese, leek",
    "leek, rice",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("salt, olive oil", ["salt,", "salt", "olive oil,", "olive", "oil"]),
        ("['low-fat milk']", ["low-fat milk,", "low", "fat", "milk"]),
        ("a  b; c", ["a b,", "a", "b", "c,", "c"]),
        ("olive oil", ["olive oil,", "olive", "oil"]),
        ("", []),
    ],
)
def test_an_item_is_a_term_beside_its_words(text, expected):
    assert items_and_words(text) == expected


@pytest.mark.parametrize("mark", [", ", ";", "|", " | "])
def test_short_parts_that_come_again_are_lists(mark):
    assert are_lists([text.replace(", ", mark) for text in RECIPES])


@pytest.mark.parametrize(
    "texts",
    [
        ["So, in the end, it went as we said.", "Then, of course, she left, alas."],
        [f"item {k}, thing {k}, part {k}" for k in range(20)],
        ["to be or not to be", "to be good"],
        ["Paris, France", "Lyon, France", "Paris, Texas"],
        ["", " "],
    ],
    ids=["sentences", "nothing comes again", "no mark", "two parts", "empty"],
)
def test_other_cells_are_no_lists(texts):
    assert not are_lists(texts)


def test_an_item_of_one_word_is_another_term_than_the_word_of_longer_items():
    featurizer = FEATURIZERS["tfidf_items"].build({"min_df": 1})
    values = featurizer.fit_transform(["salt, rice", "sea salt, rice"]).toarray()
    names = list(featurizer.get_feature_names_out())
    assert np.flatnonzero(values[:, names.index("salt,")]).tolist() == [0]
    assert np.flatnonzero(values[:, names.index("salt")]).tolist() == [0, 1]


def test_whole_items_tell_apart_what_shares_its_words():
    featurizer = FEATURIZERS["tfidf_items"].build({"min_df": 1})
    values = featurizer.fit_transform(RECIPES).toarray()
    names = list(featurizer.get_feature_names_out())
    assert {"sea salt,", "sea", "salt"} <= set(names)
    assert not {"oil sea", "salt rice"} & set(names)
    column = values[:, names.index("low fat cottage cheese,")]
    assert np.flatnonzero(column).tolist() == [1, 2]
