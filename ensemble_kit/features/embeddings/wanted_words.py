"""The words of a corpus, looked up among a file's words."""

import re
from collections.abc import Iterable

# RusVectores: word_NOUN, and a::b_PROPN for names of several words.
TAGGED = re.compile(r"^(.+)_([A-Z]{1,6}(?:-[A-Z0-9]+)?)$")
EXACT, UNTAGGED, RESPELT = 0, 1, 2


class WantedWords:
    """Says which of a corpus's words a word in a file stands for.

    A word is taken as it is spelt; else with its part-of-speech tag removed; else in
    lower case, with е for ё. The better way wins, then the earlier word: files
    begin with frequent words.

    Parameters
    ----------
    words : iterable of str
    """

    def __init__(self, words: Iterable[str]):
        self.words = list(dict.fromkeys(words))
        self._places = {word: i for i, word in enumerate(self.words)}
        self._respelt: dict[str, list[int]] = {}
        for i, word in enumerate(self.words):
            self._respelt.setdefault(_respell(word), []).append(i)
        self._ways = [RESPELT + 1] * len(self.words)

    def claim(self, word: str) -> list[int]:
        """Return the places of the words that this one now gives the vector for."""
        tagged = TAGGED.match(word) if "_" in word else None
        bare = tagged[1].replace("::", " ") if tagged else word
        claims = [(EXACT, self._places.get(word)), (UNTAGGED, self._places.get(bare))]
        claims += [(RESPELT, place) for place in self._respelt.get(_respell(bare), ())]
        taken = []
        for way, place in claims:
            if place is not None and way < self._ways[place]:
                self._ways[place] = way
                taken.append(place)
        return taken


def _respell(word: str) -> str:
    return word.lower().replace("ё", "е")
