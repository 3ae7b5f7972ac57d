"""Texts cleaned: characters, markup and noise, each step by its own switch."""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import did_you_mean, problems
from ensemble_kit.features.texts.texts import as_texts
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.features.texts.tokens import WORD_FORMS, check_tokenizer
from ensemble_kit.parameter_limits import COUNT, Limits, one_of

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
PREPARATIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "all_words": {"tokens": "all_words"},
    "marks": {"tokens": "words_and_marks"},
    "cased_marks": {"tokens": "words_and_marks", "case": "keep"},
    "items": {"tokens": "ensemble_kit.features.texts.sequence_items:items_and_words"},
    "stems": {"word_form": "stem"},
    "lemmas": {"word_form": "lemma"},
    "social": {
        "unicode_form": "NFKC",
        "html": True,
        "urls": "mark",
        "mentions": "mark",
        "repeats": 3,
        "tokens": "words_and_marks",
    },
}

_TAG = re.compile(r"<[/!]?[A-Za-z\-][^<>]*>")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w+")
_DIGIT = re.compile(r"\d")
_CASES = {"lower": str.lower, "fold": str.casefold, "keep": None}
_TREATMENTS = ("keep", "drop", "mark")
_FORMS = (None, "NFC", "NFD", "NFKC", "NFKD")
_BREVE = "\u0306"


class TextPreparation(TextsMixin, BaseEstimator):
    """Clean texts and say how they fall into words.

    It has no state: what becomes of a text depends on that text alone. With the
    defaults, words are those of scikit-learn's vectorizers. The steps run in the
    order of the parameters.

    Parameters
    ----------
    html : bool
        Resolve entities (``&amp;``) and remove tags.
    unicode_form : {None, "NFC", "NFD", "NFKC", "NFKD"}
        Unicode normal form; NFKC also unifies widths, ligatures and such.
    case : {"lower", "fold", "keep"}
    accents : bool
        Keep accents. False removes them, and writes е for ё; й stays.
    urls, mentions, digits : {"keep", "drop", "mark"}
        "mark" writes xxurl and xxuser, and 0 for every digit.
    repeats : int, optional
        Longest run of one character; longer ones are cut ("sooo" -> "soo").
    tokens : str
        How words are found: a name of ``TOKENIZERS``, or "module:function" of a
        function that takes a text and returns a list of words.
    stop_words : str or list of str, optional
        Words to leave out: "auto" (English and Russian lists, by each word's
        script), a language, or the words themselves.
    word_form : {None, "stem", "lemma"}
        Bring words to their stem (Snowball) or lemma (simplemma; for Russian
        pymorphy3, with simplemma's word where it is in doubt, and е for ё). Each
        distinct word is looked up once.
    language : str
        "auto", an ISO 639-1 code or an English name. "auto" takes words that open
        with a Cyrillic letter as Russian, all others as English.

    Examples
    --------
    >>> clean = TextPreparation(html=True, urls="mark", repeats=2)
    >>> clean.fit_transform(["<b>Sooo</b> good &amp; free: http://a.b/c"])
    [' soo  good & free:  xxurl ']
    """

    _parameter_constraints: ClassVar[Limits] = {
        "unicode_form": [one_of(_FORMS), None],
        "case": [one_of(_CASES)],
        "urls": [one_of(_TREATMENTS)],
        "mentions": [one_of(_TREATMENTS)],
        "digits": [one_of(_TREATMENTS)],
        "repeats": [COUNT, None],
        "word_form": [one_of(WORD_FORMS), None],
    }

    def __init__(
        self,
        *,
        html: bool = False,
        unicode_form: UnicodeForm | None = None,
        case: str = "lower",
        accents: bool = True,
        urls: str = "keep",
        mentions: str = "keep",
        digits: str = "keep",
        repeats: int | None = None,
        tokens: str = "words",
        stop_words: str | list[str] | None = None,
        word_form: str | None = None,
        language: str = "auto",
    ):
        self.html = html
        self.unicode_form = unicode_form
        self.case = case
        self.accents = accents
        self.urls = urls
        self.mentions = mentions
        self.digits = digits
        self.repeats = repeats
        self.tokens = tokens
        self.stop_words = stop_words
        self.word_form = word_form
        self.language = language

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> "TextPreparation":
        """Check the parameters; nothing is learned.

        Raises
        ------
        ValueError
            When parameters are wrong; every mistake is listed.
        """
        self.check()
        return self

    def transform(self, X: TextsLike) -> list[str]:
        """Return the cleaned texts."""
        texts = as_texts(X)
        for step in self._steps():
            texts = list(map(step, texts))
        return texts

    def __sklearn_is_fitted__(self) -> bool:
        """Return True: there is nothing to fit."""
        return True

    def check(self) -> None:
        """Raise ValueError with every mistake in the parameters."""
        choices = {
            "unicode_form": _FORMS,
            "case": tuple(_CASES),
            "urls": _TREATMENTS,
            "mentions": _TREATMENTS,
            "digits": _TREATMENTS,
            "word_form": WORD_FORMS,
        }
        mistakes = [
            f"{name}: expected one of {allowed}, found {getattr(self, name)!r}"
            for name, allowed in choices.items()
            if getattr(self, name) not in allowed
        ]
        if self.repeats is not None and self.repeats < 1:
            mistakes.append(f"repeats: expected None or 1 and more, {self.repeats}")
        mistakes += check_tokenizer(self.tokens)
        if mistakes:
            raise ValueError(problems("TextPreparation", mistakes))

    def _steps(self) -> list[Callable[[str], str]]:
        """Return the functions that are switched on, in order."""
        steps = [
            _without_markup if self.html else None,
            _normaliser(self.unicode_form) if self.unicode_form else None,
            _CASES[self.case],
            None if self.accents else _without_accents,
            _treatment(self.urls, _URL, " xxurl "),
            _treatment(self.mentions, _MENTION, " xxuser "),
            _treatment(self.digits, _DIGIT, "0"),
            _repeats_cutter(self.repeats) if self.repeats is not None else None,
        ]
        return [step for step in steps if step is not None]


def _normaliser(form: UnicodeForm) -> Callable[[str], str]:
    return lambda text: unicodedata.normalize(form, text)


def _repeats_cutter(most: int) -> Callable[[str], str]:
    """Return what cuts runs of one character; of spaces the tokenizer takes care."""
    longer = re.compile(rf"(\S)\1{{{most},}}")
    return lambda text: longer.sub(lambda run: run[1] * most, text)


PreparationLike: TypeAlias = str | Mapping[str, Any] | TextPreparation | None
# What every featurizer that prepares its texts takes.
PREPARED: Limits = {
    "preparation": [one_of(PREPARATIONS), Mapping, TextPreparation, None]
}


def make_preparation(preparation: PreparationLike) -> TextPreparation:
    """Return a TextPreparation from a name of PREPARATIONS, a dict, itself or None.

    Raises
    ------
    ValueError
        For an unknown name or parameter.
    """
    if isinstance(preparation, TextPreparation):
        return preparation
    if isinstance(preparation, str):
        if preparation not in PREPARATIONS:
            raise ValueError(
                f"unknown preparation {preparation!r}"
                f"{did_you_mean(preparation, PREPARATIONS)}; "
                f"there are: {', '.join(PREPARATIONS)}"
            )
        preparation = PREPARATIONS[preparation]
    known = TextPreparation().get_params()
    mistakes = [
        f"no parameter {name!r}{did_you_mean(name, known)}"
        for name in preparation or {}
        if name not in known
    ]
    if mistakes:
        raise ValueError(problems("preparation", mistakes))
    return TextPreparation(**(preparation or {}))


def reads_lemmas(params: Mapping[str, Any]) -> bool:
    """Return whether the parameters of a featurizer bring words to their lemmas."""
    preparation = params.get("preparation")
    if isinstance(preparation, str):
        preparation = PREPARATIONS.get(preparation)
    if isinstance(preparation, Mapping) and preparation.get("word_form") == "lemma":
        return True
    inner = (value for value in params.values() if isinstance(value, Mapping))
    return any(reads_lemmas(value) for value in inner)


def _without_markup(text: str) -> str:
    """Resolve entities, then remove tags: an escaped tag is a tag too."""
    if "&" in text:
        text = html.unescape(text)
    return _TAG.sub(" ", text) if "<" in text else text


def _without_accents(text: str) -> str:
    """Remove combining marks, except the breve that makes й a letter of its own."""
    if text.isascii():
        return text
    letters = [
        mark
        for mark in unicodedata.normalize("NFKD", text)
        if mark == _BREVE or not unicodedata.combining(mark)
    ]
    return unicodedata.normalize("NFC", "".join(letters))


def _treatment(
    how: str, pattern: re.Pattern[str], mark: str
) -> Callable[[str], str] | None:
    """Return the function that drops or marks what the pattern finds.

    A dropped word leaves a space, a dropped digit nothing.
    """
    if how == "keep":
        return None
    gap = " " if mark.startswith(" ") else ""
    replacement = mark if how == "mark" else gap
    return lambda text: pattern.sub(replacement, text)
