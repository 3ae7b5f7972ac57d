"""Russian lemmas against forms that were marked by hand."""

from pathlib import Path

import pymorphy3

from ensemble_kit.features.texts.tokens import word_forms
from ensemble_kit.pipeline.member import Block

LINES = Path(__file__).with_name("russian_lemmas.txt").read_text("utf-8").splitlines()
MARKED = dict(line.split() for line in LINES if not line.startswith("#"))


def share_right(lemmas):
    pairs = zip(lemmas, MARKED.values(), strict=True)
    return sum(found.replace("ё", "е") == marked for found, marked in pairs) / len(
        MARKED
    )


def test_lemmas_of_marked_forms_are_right_far_more_often_than_the_first_parse():
    parse = pymorphy3.MorphAnalyzer(lang="ru").parse
    first = share_right([parse(word)[0].normal_form for word in MARKED])
    assert len(MARKED) > 300 and first < 0.89
    assert share_right(word_forms(list(MARKED), "lemma")) > 0.95


def test_a_verb_is_no_noun_and_jars_are_no_banks():
    words = ["копал", "мыла", "банки", "банков", "стекло", "дали"]
    lemmas = ["копать", "мыть", "банка", "банк", "стекло", "дать"]
    assert word_forms(words, "lemma") == lemmas


def test_yo_and_ye_are_one_in_every_lemma():
    pairs = [("ёлки", "елки"), ("мёд", "мед"), ("чёрный", "черный"), ("ёкнул", "екнул")]
    for one, other in pairs:
        first, second = word_forms([one, other], "lemma")
        assert first == second and "ё" not in first


def test_keys_follow_the_lemmas_where_lemmas_are_read_alone():
    plain = Block("text", "tfidf").facts()
    assert "lemmas" not in plain
    for preparation in ("lemmas", {"word_form": "lemma"}):
        assert (
            Block("text", "tfidf", {"preparation": preparation}).facts()["lemmas"] == 2
        )
    inner = {"embedding": "pretrained", "params": {"preparation": "lemmas"}}
    assert Block("pair", "pretrained_pair", inner).facts()["lemmas"] == 2
