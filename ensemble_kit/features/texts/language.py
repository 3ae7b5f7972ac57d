"""The language of a text column, guessed from its script and commonest words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SCRIPTS = {
    "latin": "A-Za-z\u00c0-\u024f",
    "cyrillic": "\u0400-\u04ff",
    "greek": "\u0370-\u03ff",
    "hebrew": "\u0590-\u05ff",
    "arabic": "\u0600-\u06ff",
    "devanagari": "\u0900-\u097f",
    "kana": "\u3040-\u30ff",
    "han": "\u4e00-\u9fff",
    "hangul": "\uac00-\ud7af",
}
SCRIPT_LANGUAGES = {
    "greek": "el",
    "hebrew": "he",
    "arabic": "ar",
    "devanagari": "hi",
    "kana": "ja",
    "han": "zh",
    "hangul": "ko",
}
CYRILLIC = frozenset({"ru", "uk", "bg"})
COMMON_WORDS = {
    "en": "the of and to in is that it for was with you this are on have not be",
    "de": "der die das und ist nicht ein eine mit auf für ich zu den sich auch es",
    "fr": "le la les des et est une dans que pour pas qui sur du avec je il nous",
    "es": "el la los las que y en una por con para es del se no lo su como más",
    "it": "il di che è la per un una non sono con del della si lo gli anche come",
    "pt": "o que não uma os da do em para com por se mais as dos no na como foi",
    "nl": "de het een en van ik dat niet is op te zijn voor met die aan er maar",
    "pl": "się nie na jest że to do jak co ale po tak czy od przez tym dla",
    "sv": "och att det som en på är av för med till den har inte om ett jag",
    "tr": "bir ve bu da de için ile çok ne daha gibi ama olarak var ben o",
    "ru": "и в не на что я с он как это по но из у за так же от бы мы ты",
    "uk": "і в не на що я з він як це до та але у за від є про вже чи ти й",
    "bg": "и в на да не се за от е си по със като той но аз това са ще",
}
NAMES = {
    "en": "english",
    "ru": "russian",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
    "pl": "polish",
    "sv": "swedish",
    "tr": "turkish",
    "uk": "ukrainian",
    "bg": "bulgarian",
    "el": "greek",
    "he": "hebrew",
    "ar": "arabic",
    "hi": "hindi",
    "ja": "japanese",
    "zh": "chinese",
    "ko": "korean",
    "fi": "finnish",
    "da": "danish",
    "no": "norwegian",
    "ro": "romanian",
    "hu": "hungarian",
    "ca": "catalan",
}
_CODES = {name: code for code, name in NAMES.items()}
_PATTERNS = {name: re.compile(f"[{span}]+") for name, span in SCRIPTS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 1000
# Names and titles hold a common word of some language now and then.
_MIN_DIFFERENT, _MIN_SHARE, _MIN_LEAD = 3, 0.05, 1.3
_LONGEST = 2000


@dataclass(frozen=True)
class LanguageGuess:
    """A guess, and what it rests on.

    Parameters
    ----------
    code : str
        ISO 639-1 code, or "" when there are no letters, or too few familiar words to
        be sure.
    script : str
        The script of most letters, or "".
    share : float
        That script's share of the letters.
    reason : str
        One sentence for a report.
    """

    code: str
    script: str
    share: float
    reason: str


def guess_language(texts: Sequence[str]) -> LanguageGuess:
    """Guess the main language of texts from a sample of a thousand of them.

    The script of most letters decides where one language writes it; among Latin and
    Cyrillic languages the commonest words do.

    Examples
    --------
    >>> guess_language(["Мы не знали, что это так", "ok"]).code
    'ru'
    >>> guess_language(["the end of it"]).reason
    'all letters are latin; the common words are English'
    """
    sample = " ".join(text[:_LONGEST] for text in _spread(texts)).lower()
    letters = {name: _letters(sample, name) for name in SCRIPTS}
    total = sum(letters.values())
    if not total:
        return LanguageGuess("", "", 0.0, "there are no letters")
    script = max(letters, key=letters.__getitem__)
    share = letters[script] / total
    stated = "all" if share == 1 else f"{share:.0%} of the"
    begin = f"{stated} letters are {script}"
    if script in SCRIPT_LANGUAGES:
        return LanguageGuess(SCRIPT_LANGUAGES[script], script, share, begin)
    return _by_words(sample, script, share, begin)


def language_code(language: str) -> str:
    """Return the ISO code of a language given by code or English name.

    Raises
    ------
    ValueError
        When the language is neither.
    """
    lowered = language.lower()
    if lowered in NAMES:
        return lowered
    if lowered in _CODES:
        return _CODES[lowered]
    raise ValueError(
        f"unknown language {language!r}; use 'auto', an ISO 639-1 code or an "
        f"English name: {', '.join(sorted(_CODES))}"
    )


def script_of(code: str) -> str:
    """Return the script that a language is written in.

    Examples
    --------
    >>> script_of("uk"), script_of("en")
    ('cyrillic', 'latin')
    """
    if code in CYRILLIC:
        return "cyrillic"
    return next((s for s, c in SCRIPT_LANGUAGES.items() if c == code), "latin")


def language_of_word(word: str) -> str:
    """Return "ru" for a word that opens with a Cyrillic letter, else "en".

    It is what ``language="auto"`` means for stop-words, stems and lemmas: a rule
    for each word alone, so that no other row has a say.
    """
    return "ru" if "\u0400" <= word[:1] <= "\u04ff" else "en"


def _spread(texts: Sequence[str]) -> list[str]:
    """Return at most a thousand texts, evenly spread."""
    step = max(1, -(-len(texts) // _SAMPLE))
    return list(texts[::step])


def _letters(sample: str, script: str) -> int:
    return sum(map(len, _PATTERNS[script].findall(sample)))


def _by_words(sample: str, script: str, share: float, begin: str) -> LanguageGuess:
    """Choose the language whose common words occur most often."""
    words = Counter(_WORD.findall(sample))
    hits = {
        code: sum(words[word] for word in common.split())
        for code, common in COMMON_WORDS.items()
        if (code in CYRILLIC) == (script == "cyrillic")
    }
    best, second = sorted(hits, key=hits.__getitem__, reverse=True)[:2]
    if not hits[best]:
        return LanguageGuess("", script, share, f"{begin}; no familiar words")
    different = sum(word in words for word in COMMON_WORDS[best].split())
    is_sure = (
        different >= _MIN_DIFFERENT
        and hits[best] >= _MIN_SHARE * words.total()
        and hits[best] >= _MIN_LEAD * hits[second]
    )
    if not is_sure:
        return LanguageGuess("", script, share, f"{begin}; too few familiar words")
    reason = f"{begin}; the common words are {NAMES[best].title()}"
    return LanguageGuess(best, script, share, reason)
