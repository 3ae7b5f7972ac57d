"""Which encoding of before Unicode a file is in, by the words that it gives."""

import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

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
    counts = Counter(WORD.findall(data[: 1 << 22]))
    words = dict(counts.most_common(MAX_WORDS))
    chosen = [pair for pair in CANDIDATES if pair[0] in among]
    is_known = bool(among) and len(chosen) == len(among)
    tried = chosen if is_known else CANDIDATES
    fits = [_fit(words, name, frequent) for name, frequent in tried]
    best = max(fits)
    if best >= MIN_FIT or is_known:
        return tried[fits.index(best)][0]
    guess = from_bytes(data[:100_000]).best()
    return guess.encoding if guess is not None else "cp1252"


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
