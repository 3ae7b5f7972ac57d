"""Statistics of texts, and comparisons of two of them."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.features.text_numbers.text_pairs import TextPairs
from ensemble_kit.features.text_numbers.text_statistics import TextStatistics


def statistics(text):
    """Return {name: value} of one text."""
    table = TextStatistics()
    return dict(
        zip(table.get_feature_names_out(), table.transform([text])[0], strict=True)
    )


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("four", "characters", np.log(5)),
        ("one two, three", "words", np.log(4)),
        ("one two, three", "mean_word", 11 / 3),
        ("one two, three", "longest_word", np.log(6)),
        ("One. Two! Three?!", "sentences", np.log(4)),
        ("a\nb", "lines", np.log(3)),
        ("to be to", "distinct_words", 2 / 3),
        ("NO way A", "capitals_words", 1 / 3),
        ("Oh My god", "titled_words", 2 / 3),
        ("aB1 ", "capital_share", 1 / 2),
        ("aB1 ", "digit_share", 1 / 4),
        ("aB1 ", "space_share", 1 / 4),
        ("a$€?", "symbol_share", 1 / 2),
        ("да yes", "cyrillic_share", 2 / 5),
        ("да yes", "latin_share", 3 / 5),
        ("wow!!!", "mark_!", np.log(4)),
        ("soooo", "repeats", np.log(3)),
        ("ok 😀😀", "emoji", np.log(3)),
        ("http://a https://b", "links", np.log(3)),
        ("", "flesch", 0.0),
        ("the cat sat", "flesch", 206.835 - 1.015 * 3 - 84.6),
    ],
)
def test_a_statistic_is_what_its_name_says(text, name, value):
    assert statistics(text)[name] == pytest.approx(value, rel=1e-5)


def test_statistics_of_a_text_do_not_see_its_neighbours():
    together = TextStatistics().transform(["aa", "aa", "Aa", ""])
    alone = np.vstack([TextStatistics().transform([t]) for t in ("aa", "aa", "Aa", "")])
    np.testing.assert_array_equal(together, alone)


def pair(first, second):
    table = TextPairs().fit(pd.DataFrame({"a": ["red shoe", "tea"], "b": ["hat", "x"]}))
    X = pd.DataFrame({"a": [first], "b": [second]})
    return dict(zip(table.get_feature_names_out(), table.transform(X)[0], strict=True))


def test_equal_texts_are_alike_in_every_way():
    found = pair("red shoe", "red shoe")
    for name in ("jaccard", "words_cosine", "characters_cosine", "edit_similarity"):
        assert found[name] == pytest.approx(1, rel=1e-5)
    assert found["bm25_of_first"] > 0


def test_the_order_of_words_is_seen_by_edits_alone():
    found = pair("red shoe", "shoe red")
    assert found["jaccard"] == 1
    assert found["edit_similarity"] < 1
    assert found["sorted_words_similarity"] == 1


def test_a_part_of_a_text_is_wholly_inside_it():
    found = pair("red", "red shoe")
    assert found["first_in_second"] == 1
    assert found["second_in_first"] == 0.5
    assert found["length_ratio"] == pytest.approx(3 / 8)


def test_texts_without_words_have_nothing_in_common():
    assert not any(pair("", "").values())
    assert not any(pair("red", None).values())


def test_pairs_are_two_columns():
    with pytest.raises(ValueError, match="two text columns; found 1"):
        TextPairs().fit(pd.DataFrame({"a": ["x"]}))
