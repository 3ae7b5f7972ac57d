"""Cleaning, tokens, forms of words, the guess of a language."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.features.texts.language import guess_language, language_code
from ensemble_kit.features.texts.text_preparation import (
    PREPARATIONS,
    TextPreparation,
    make_preparation,
)
from ensemble_kit.features.texts.texts import as_texts
from ensemble_kit.features.texts.tokens import stop_word_set, tokenizer, word_forms


@pytest.mark.parametrize(
    ("parameters", "text", "expected"),
    [
        ({}, "So It GOES", "so it goes"),
        ({"case": "keep"}, "So It", "So It"),
        ({"case": "fold"}, "Straße", "strasse"),
        ({"html": True}, "<p>a &amp; b</p>", " a & b "),
        ({"html": True}, "a < b > c", "a < b > c"),
        ({"unicode_form": "NFKC"}, "ﬁne １", "fine 1"),
        ({"accents": False}, "Ёжик, café, май", "ежик, cafe, май"),
        ({"urls": "mark"}, "see http://a.b/c?d now", "see  xxurl  now"),
        ({"urls": "drop"}, "see www.a.b now", "see   now"),
        ({"mentions": "mark"}, "hi @you, a@b.c", "hi  xxuser , a@b.c"),
        ({"digits": "mark"}, "in 1984", "in 0000"),
        ({"digits": "drop"}, "in 1984", "in "),
        ({"repeats": 2}, "sooo goood!!!!", "soo good!!"),
    ],
)
def test_each_step_does_what_it_says(parameters, text, expected):
    assert TextPreparation(**parameters).transform([text]) == [expected]


def test_every_mistake_in_the_parameters_is_listed():
    wrong = TextPreparation(case="up", urls="hide", repeats=0, tokens="wrds")
    with pytest.raises(ValueError) as caught:
        wrong.fit([])
    for name in ("case", "urls", "repeats", "did you mean 'words'"):
        assert name in str(caught.value)


def test_a_preparation_is_a_name_a_dict_itself_or_nothing():
    assert make_preparation("lemmas").word_form == "lemma"
    assert make_preparation({"case": "keep"}).case == "keep"
    assert make_preparation(None).get_params() == TextPreparation().get_params()
    with pytest.raises(ValueError, match="did you mean 'lemmas'"):
        make_preparation("lemma")
    with pytest.raises(ValueError, match="did you mean 'case'"):
        make_preparation({"cas": "keep"})


@pytest.mark.parametrize("name", sorted(PREPARATIONS))
def test_named_preparations_are_valid(name):
    make_preparation(name).fit([])


def test_tokenizers_find_their_words():
    text = "don't stop — e-mail №5 😀"
    found = {name: tokenizer(name)(text) for name in ("words", "compounds", "letters")}
    assert found["words"] == ["don", "stop", "mail"]
    assert found["compounds"] == ["don't", "stop", "e-mail", "5"]
    assert found["letters"] == ["don", "t", "stop", "e", "mail"]
    assert tokenizer("words_and_marks")("ok 😀!") == ["ok", "😀", "!"]
    assert tokenizer("shlex:split")("a 'b c'") == ["a", "b c"]


@pytest.mark.slow
def test_words_are_changed_by_the_language_of_their_script():
    assert word_forms(["running", "бегущий"], "stem") == ["run", "бегущ"]
    assert word_forms(["mice", "котами"], "lemma") == ["mouse", "кот"]
    assert word_forms(["Häuser"], "lemma", "de") == ["Haus"]


def test_stop_words_come_from_languages_or_lists():
    assert {"the", "и"} <= stop_word_set("auto")
    assert "und" in stop_word_set("german")
    assert stop_word_set(["a", "b"]) == {"a", "b"}
    assert stop_word_set(None) == frozenset()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("it was the best of times and it was the worst of times", "en"),
        ("мы не знали, что это был он, а он знал это", "ru"),
        ("це не так, як я знав про це", "uk"),
        ("das ist nicht ein Haus und ich bin auch nicht zu Hause", "de"),
        ("こんにちは", "ja"),
        ("שלום עולם", "he"),
        ("123 !!!", ""),
        ("Braund, Mr. Owen Harris", ""),
        ("O'Brien, Mrs. Thomas (Hannah Godfrey); Ryan, Mr. Patrick O", ""),
        ("van der Hoef; de Messemaeker; van Melkebeke; de Mulder", ""),
    ],
)
def test_languages_are_guessed(text, code):
    assert guess_language([text, ""]).code == code


def test_a_guess_says_what_it_rests_on():
    guess = guess_language(["the end of it", "да"])
    assert guess.script == "latin"
    assert guess.share == pytest.approx(10 / 12)
    assert "English" in guess.reason


def test_unknown_languages_are_refused():
    assert language_code("Russian") == "ru"
    with pytest.raises(ValueError, match="unknown language 'klingon'"):
        language_code("klingon")


def test_columns_of_any_kind_become_strings():
    expected = ["a", "", "7"]
    assert as_texts(["a", None, 7]) == expected
    assert as_texts(pd.Series(["a", np.nan, 7], dtype=object)) == expected
    assert as_texts(pd.DataFrame({"x": ["a", None, "7"]}, dtype="string")) == expected
    assert as_texts(pd.Series(["a", None, "7"], dtype="category")) == expected
    assert as_texts(np.array([["a"], [""], ["7"]])) == expected


@pytest.mark.parametrize("wrong", ["a text", pd.DataFrame({"a": [""], "b": [""]})])
def test_what_is_no_text_column_is_refused(wrong):
    with pytest.raises(ValueError, match="text"):
        as_texts(wrong)
