"""Words and their vectors, to look into."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ensemble_kit.exceptions import CompetitionError, did_you_mean, problems


@dataclass(frozen=True, eq=False)
class WordVectors:
    """A vector for each word.

    Parameters
    ----------
    words : list of str
        Distinct; the most frequent first where frequencies are known.
    matrix : ndarray of shape (n_words, n_dimensions)

    Examples
    --------
    >>> import numpy as np
    >>> vectors = WordVectors(["a", "b", "c"], np.array([[1, 0], [0, 1], [1, 0.1]]))
    >>> nearest_words(vectors, "a", n=1)[0][0]
    'c'
    """

    words: list[str]
    matrix: np.ndarray

    def __post_init__(self) -> None:
        if len(self.words) != len(self.matrix):
            raise ValueError(
                f"{len(self.words)} words but {len(self.matrix)} vectors; "
                "expected one vector for each word"
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def __getitem__(self, word: str) -> np.ndarray:
        """Return a word's vector.

        Raises
        ------
        CompetitionError
            When the word has none.
        """
        check_words(self, [word])
        return self.matrix[self.words.index(word)]


def check_words(vectors: WordVectors, words: Sequence[str]) -> None:
    """Raise CompetitionError that names every word without a vector."""
    missing = [
        f"no vector for {word!r}{did_you_mean(word, vectors.words)}"
        for word in words
        if word not in vectors
    ]
    if missing:
        raise CompetitionError(
            problems(f"the vectors of {len(vectors)} words", missing)
        )


def nearest_words(
    vectors: WordVectors, word: str, n: int = 10
) -> list[tuple[str, float]]:
    """Return the words with the most similar vectors, and the cosines.

    Raises
    ------
    CompetitionError
        When the word has no vector.
    """
    check_words(vectors, [word])
    units = _unit(vectors.matrix)
    return _closest(vectors, units[vectors.words.index(word)], [word], n)


def analogy(
    vectors: WordVectors, a: str, b: str, c: str, n: int = 10
) -> list[tuple[str, float]]:
    """Return the words closest to a - b + c: king - man + woman is queen.

    The three words themselves are left out (Mikolov, Yih and Zweig, 2013).

    Raises
    ------
    CompetitionError
        When one of the words has no vector.
    """
    check_words(vectors, [a, b, c])
    units = _unit(vectors.matrix)
    first, second, third = (units[vectors.words.index(word)] for word in (a, b, c))
    return _closest(vectors, first - second + third, [a, b, c], n)


def map_words(vectors: WordVectors, n: int = 200) -> tuple[list[str], np.ndarray]:
    """Return the first n words and their places on the plane of most variance."""
    words = vectors.words[:n]
    units = _unit(vectors.matrix[:n])
    centred = units - units.mean(axis=0) if len(units) else units
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :2]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    places = np.zeros((len(words), 2))
    places[:, : axes.shape[1]] = centred @ (axes * signs)
    return words, places


def _closest(
    vectors: WordVectors, direction: np.ndarray, without: Sequence[str], n: int
) -> list[tuple[str, float]]:
    cosines = _unit(vectors.matrix) @ _unit(direction[None])[0]
    order = np.argsort(-cosines, kind="stable")[: n + len(without)]
    closest = [(vectors.words[i], float(cosines[i])) for i in order]
    return [pair for pair in closest if pair[0] not in without][:n]


def _unit(matrix: np.ndarray) -> np.ndarray:
    """Return rows of length 1; rows of zeros stay."""
    matrix = np.asarray(matrix, dtype=np.float64)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths > 0, lengths, 1)
