"""Which encoding of before Unicode a file is in, by the words that it gives."""

import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

import numpy as np
from charset_normalizer import from_bytes

# The letters that are most frequent in the language that an encoding was made for.
RUSSIAN, GREEK, HEBREW = "оеаинтсрвлк", "αοιετσνηυρ", "יולהאמתרבש"
CANDIDATES = (
    ("cp1252", ""),
    ("cp1251", RUSSIAN),
    ("koi8-r", RUSSIAN),
    ("cp866", RUSSIAN),
    ("mac-cyrillic", RUSSIAN),
    ("iso8859-5", RUSSIAN),
    ("cp1253", GREEK),
    ("cp1255", HEBREW),
    ("cp1250", ""),
    ("koi8-u", RUSSIAN),
    ("iso8859-2", ""),
    ("mac-roman", ""),
    ("cp850", ""),
)
TYPOGRAPHIC = frozenset("€‚„…‘’“”•–—™©®°±²³µ·¹¼½¾£¥§¨´ªº«»¿¡×÷№ \N{NO-BREAK SPACE}")
# Marks that stand beside letters of Central Europe alone, in an encoding that is none
# of theirs: ³ódka, mia³; m³ and 2½ are no such thing.
ODD = re.compile(r"[£¥±¹¼½¾²³][^\W\d_]|[^\W\d_]{3}[£¥±¹¼½¾²³¿¡]")
# Of cp1252, in Turkish files: İstanbul as Ýstanbul; Icelandic has its vowels besides.
TURKISH, ICELANDIC = re.compile("[ðþýÐÞÝ]"), re.compile("[áæíóÁÆÍÓ]")
HIGH = re.compile(rb"[\x80-\xff]+")
FEW_RUNS, MIN_KANA = 4, 0.2
BETWEEN_LETTERS = frozenset("’·")
WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
MAX_WORDS = 3000
MIN_FIT = 0.6
CAPITALS, ALONE = 0.9, 0.5  # what a word of capitals and a single letter count
SECOND = 0.95  # what an encoding counts that is only wanted where cp1252 fails
# What those count whose every byte is some letter: they have to read nearly all.
LAST = {"mac-roman": 0.65, "cp850": 0.65}


def guess_encoding(data: bytes, among: Collection[str] = ()) -> str:
    """Return the encoding in which the words of bytes that are not UTF-8 read best.

    A word reads well when its letters are of one script, small ones after the first,
    and frequent in their language; control characters and marks amid letters speak
    against an encoding. Where none of those that are tried here reads well, as with
    Chinese or Japanese, charset-normalizer decides.

    Parameters
    ----------
    data : bytes
    among : collection of str
        Encodings to choose from, where each is one of those that are tried here.

    Examples
    --------
    >>> guess_encoding("привет, мир".encode("koi8-r"))
    'koi8-r'
    >>> guess_encoding("déjà vu à Paris".encode("cp1252"))
    'cp1252'
    """
    if not among and (pairs := _in_pairs(data)):
        return pairs
    counts = Counter(WORD.findall(data[: 1 << 22]))
    words = dict(counts.most_common(MAX_WORDS))
    chosen = [pair for pair in CANDIDATES if pair[0] in among]
    is_known = bool(among) and len(chosen) == len(among)
    tried = chosen if is_known else CANDIDATES
    fits = [_fit(words, name, frequent) for name, frequent in tried]
    best = max(fits)
    if best >= MIN_FIT or is_known:
        name = tried[fits.index(best)][0]
        return _western_or_turkish(words) if name == CANDIDATES[0][0] else name
    guess = from_bytes(data[:100_000]).best()
    return guess.encoding if guess is not None else "cp1252"


def _in_pairs(data: bytes) -> str:
    """Return the encoding of two bytes a letter that text is in, or nothing.

    Runs of bytes beyond ASCII are even there, all of them; of one byte a letter, half
    would be odd, and no second byte would lie below 0xC0 as marks and signs do. Kana
    begin with 0xA4 and 0xA5, all syllables of Korean below 0xC9, and most
    letters of Chinese, the frequent ones, below 0xD8.
    """
    runs = set(HIGH.findall(data[: 1 << 20]))
    if len(runs) < FEW_RUNS or any(len(run) % 2 for run in runs):
        return ""
    joined = b"".join(sorted(runs))
    firsts, seconds = np.frombuffer(joined, np.uint8).reshape(-1, 2).T
    if min(firsts.min(), seconds.min()) < 0xA1 or (seconds >= 0xC0).all():
        return ""
    if np.isin(firsts, (0xA4, 0xA5)).mean() >= MIN_KANA:
        name = "euc_jp"
    elif firsts.min() >= 0xB0 and firsts.max() <= 0xC8:
        name = "cp949"
    else:
        name = "gb18030" if ((firsts >= 0xB0) & (firsts < 0xD8)).mean() > 0.75 else ""
    is_sound = name and "\ufffd" not in joined.decode(name, errors="replace")
    return name if is_sound else ""


def _western_or_turkish(words: dict[bytes, int]) -> str:
    """Return cp1254 for words that are Turkish in it, else cp1252."""
    text = b" ".join(words).decode("cp1252", errors="replace")
    is_turkish = TURKISH.search(text) and not ICELANDIC.search(text)
    return "cp1254" if is_turkish else "cp1252"


def _fit(words: dict[bytes, int], name: str, frequent: str) -> float:
    """Return how well words read in an encoding, between 0 and a little over 1."""
    total = read = letters = known = 0.0
    for word, count in words.items():
        text = word.decode(name, errors="replace")
        total += count
        read += count * _reads(text, bool(frequent))
        high = [letter for letter in text.lower() if letter > "\x7f"]
        letters += count * len(high)
        known += count * sum(letter in frequent for letter in high)
    if not frequent:
        first = name == CANDIDATES[0][0]
        return read / total * (1.0 if first else LAST.get(name, SECOND))
    return read / total * (0.6 + known / letters)


@lru_cache(maxsize=65536)
def _reads(text: str, is_other_script: bool) -> float:
    """Return whether a word with characters beyond ASCII reads like one.

    Western words have ASCII letters too; those of other scripts have none.
    """
    if ODD.search(text):
        return 0.0
    core = text.strip("".join(TYPOGRAPHIC))
    if not core:
        return 1.0
    letters = "".join(c for c in core if c not in BETWEEN_LETTERS)
    n_ascii = sum(c <= "\x7f" for c in letters)
    if not letters.isalpha():
        return 0.0
    if is_other_script:
        if n_ascii:
            return 1.0 if n_ascii == len(letters) else 0.0
    elif len(letters) > 2 and 3 * n_ascii < len(letters):
        return 0.0
    if is_other_script and len(letters) == 1:
        return ALONE
    if letters[1:] == letters[1:].lower():
        return 1.0
    return CAPITALS if letters == letters.upper() else 0.0
