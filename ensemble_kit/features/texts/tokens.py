"""Texts to words: tokenizers by name, stop-words, stems and lemmas."""

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from ensemble_kit.exceptions import did_you_mean, require
from ensemble_kit.features.texts.language import NAMES, language_code, language_of_word

TOKENIZERS: dict[str, str] = {
    "words": r"\b\w\w+\b",
    "all_words": r"\w+",
    "letters": r"[^\W\d_]+",
    "compounds": r"\w+(?:[-'’]\w+)*",
    "words_and_marks": r"\w+|[^\w\s]",
    "whitespace": r"\S+",
}
WORD_FORMS = (None, "stem", "lemma")
# Raised when lemmas change: keys of what is counted by lemma follow it.
LEMMAS_VERSION = 2
VERBS = frozenset({"VERB", "INFN", "GRND", "PRTF", "PRTS"})
ALIKE, CLOSE = 1e-9, 0.1  # a difference of two scores, a share of the best one

Split = Callable[[str], list[str]]


def check_tokenizer(tokens: str) -> list[str]:
    """Return what is wrong with a tokenizer's name: nothing, or one sentence."""
    if tokens in TOKENIZERS or ":" in str(tokens):
        return []
    hint = did_you_mean(tokens, TOKENIZERS)
    return [
        f"tokens: unknown tokenizer {tokens!r}{hint}; use 'module:function' or one "
        f"of {', '.join(TOKENIZERS)}"
    ]


def tokenizer(tokens: str) -> Split:
    """Return the function from a text to its words.

    Examples
    --------
    >>> tokenizer("words_and_marks")("well, no!")
    ['well', ',', 'no', '!']
    """
    if tokens in TOKENIZERS:
        return re.compile(TOKENIZERS[tokens]).findall
    module, _, name = tokens.partition(":")
    return getattr(importlib.import_module(module), name)


def stop_word_set(stop_words: str | Iterable[str] | None) -> frozenset[str]:
    """Return the words to leave out.

    Parameters
    ----------
    stop_words : None, str or list of str
        "auto" is the English and the Russian list; a string is a language; a list
        is taken as it is.
    """
    if stop_words is None:
        return frozenset()
    if not isinstance(stop_words, str):
        return frozenset(stop_words)
    codes = ("en", "ru") if stop_words == "auto" else (language_code(stop_words),)
    return frozenset().union(*map(_listed, codes))


def word_forms(
    words: Sequence[str], word_form: str | None, language: str = "auto"
) -> list[str]:
    """Return each word's stem or lemma.

    Parameters
    ----------
    words : sequence of str
        Distinct words: the look-up costs too much to repeat.
    word_form : {None, "stem", "lemma"}
    language : str
        "auto" decides for every word by its first letter's script.
    """
    if word_form is None:
        return list(words)
    change = _stems if word_form == "stem" else _lemmas
    if language != "auto":
        return change(words, language_code(language))
    languages = [language_of_word(word) for word in words]
    changed = {
        code: iter(change(list(_of_language(words, languages, code)), code))
        for code in ("en", "ru")
    }
    return [next(changed[code]) for code in languages]


def _of_language(
    words: Iterable[str], languages: Iterable[str], code: str
) -> Iterable[str]:
    return (
        word
        for word, language in zip(words, languages, strict=True)
        if language == code
    )


def _stems(words: Sequence[str], code: str) -> list[str]:
    stemmer = require("Stemmer", extra="text", distribution="PyStemmer")
    return stemmer.Stemmer(NAMES[code]).stemWords(list(words))


def _lemmas(words: Sequence[str], code: str) -> list[str]:
    """Return lemmas; the empty list loads nothing."""
    if not words:
        return []
    if code == "ru":
        return [_russian_lemma(word) for word in words]
    return [_simple_lemma(word, code) for word in words]


def _simple_lemma(word: str, code: str) -> str:
    return require("simplemma", extra="text").lemmatize(word, lang=code)


def _russian_lemma(word: str) -> str:
    """Return a word's lemma, with е for ё.

    Parses have scores from a corpus. Where it lacks the word they are all alike, and
    a verb goes first: копал is hardly the noun. Of the lemmas that then come close,
    the one that a second dictionary names is taken: банка, not банк, for банки.
    """
    parses = _russian().parse(word)
    best = parses[0].score
    verbs = [p for p in parses if p.score > best - ALIKE and p.tag.POS in VERBS]
    close = verbs or [p for p in parses if p.score >= CLOSE * best]
    lemmas = dict.fromkeys(_without_yo(parse.normal_form) for parse in close)
    if len(lemmas) == 1:
        return next(iter(lemmas))
    other = _without_yo(_simple_lemma(word, "ru").lower())
    return other if other in lemmas else next(iter(lemmas))


def _without_yo(word: str) -> str:
    return word.replace("ё", "е")


@lru_cache(maxsize=1)
def _russian() -> Any:
    """Return the Russian dictionary; it takes a while to load."""
    return require("pymorphy3", extra="text").MorphAnalyzer(lang="ru")


@lru_cache(maxsize=8)
def _listed(code: str) -> frozenset[str]:
    package = require("stop_words", extra="text", distribution="stop-words")
    return frozenset(package.get_stop_words(code))
