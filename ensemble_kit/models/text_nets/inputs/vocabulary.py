"""The vocabulary of a fold: token numbers, and subwords for the rare ones.

Its state is a plain dict of an array and numbers, so that a fitted estimator can be
stored without pickle.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.arrays import TextsLike
from ensemble_kit.models.text_nets.inputs.tokens import (
    case_of,
    hash_tokens,
    read_texts,
    subwords,
    tokenize,
)

PADDING = 0
FIRST = 1  # the number of the most frequent token


@dataclass(frozen=True)
class Tokens:
    """The tokens of a column of texts, one after the other.

    Parameters
    ----------
    codes : ndarray of int32
        Numbers of the types of all texts; ``codes[starts[i]:starts[i + 1]]`` is
        text i. A type is a distinct token of these texts.
    starts : ndarray of shape (n_texts + 1,)
    known : ndarray of shape (n_types,)
        Each type's number in the vocabulary; PADDING where it is none of it.
    hashes, cases : ndarray of shape (n_types,)
        A hash of each type, and how it is capitalised.
    grams, gram_starts : ndarray
        Hashes of the types' subwords, laid out as codes and starts are.
    """

    codes: NDArray[np.int32]
    starts: NDArray[np.int64]
    known: NDArray[np.int64]
    hashes: NDArray[np.int64]
    cases: NDArray[np.int64]
    grams: NDArray[np.int64]
    gram_starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of tokens of each text."""
        return np.diff(self.starts)


def learn_vocabulary(
    columns: Sequence[Any],
    unit: str,
    lowercase: bool,
    max_tokens: int,
    min_count: int,
) -> dict[str, Any]:
    """Return the state of a vocabulary: the frequent tokens of all text columns.

    Ties in frequency are broken by the alphabet, so that row order has no say.
    """
    texts = (text for column in columns for text in read_texts(column))
    tokens = (tokenize(text, unit, lowercase) for text in texts)
    return {
        **keep_frequent(tokens, max_tokens, min_count),
        "unit": unit,
        "lowercase": lowercase,
    }


def keep_frequent(
    texts: Iterable[list[str]], max_tokens: int, min_count: int
) -> dict[str, NDArray[Any]]:
    """Return the frequent tokens of texts and their counts, by falling frequency."""
    counts: Counter[str] = Counter()
    for tokens in texts:
        counts.update(tokens)
    frequent = [item for item in counts.items() if item[1] >= min_count]
    frequent.sort(key=lambda item: (-item[1], item[0]))
    terms = [term for term, _ in frequent[:max_tokens]]
    return {
        "terms": np.array(terms, dtype=str),
        "counts": np.array([counts[term] for term in terms], dtype=np.int64),
    }


def encode_texts(
    column: TextsLike, vocabulary: Mapping[str, Any], max_length: int
) -> Tokens:
    """Return a column's tokens as numbers, each text cut at ``max_length``.

    Where the vocabulary is in small letters, a type still tells how it was written.
    """
    unit = str(vocabulary["unit"])
    texts = [tokenize(t, unit, lowercase=False) for t in read_texts(column)]
    return encode_tokens([tokens[:max_length] for tokens in texts], vocabulary)


def encode_tokens(texts: list[list[str]], vocabulary: Mapping[str, Any]) -> Tokens:
    """Return texts that are cut into tokens already as numbers."""
    lowercase = bool(vocabulary["lowercase"])
    codes, types = _number_types(texts)
    cases = np.array([case_of(t) if lowercase else 0 for t in types], dtype=np.int64)
    types = [t.lower() for t in types] if lowercase else types
    number = {term: FIRST + i for i, term in enumerate(vocabulary["terms"].tolist())}
    known = np.array([number.get(t, PADDING) for t in types], dtype=np.int64)
    grams = [subwords(t) for t in types]
    return Tokens(
        codes=codes,
        starts=_starts([len(t) for t in texts]),
        known=known,
        hashes=hash_tokens(types),
        cases=cases,
        grams=hash_tokens(gram for token in grams for gram in token),
        gram_starts=_starts([len(g) for g in grams]),
    )


def _number_types(texts: list[list[str]]) -> tuple[NDArray[np.int32], list[str]]:
    """Return all tokens as type numbers, and the types in order of appearance."""
    number: dict[str, int] = {}
    codes = [number.setdefault(t, len(number)) for text in texts for t in text]
    return np.array(codes, dtype=np.int32), list(number)


def _starts(lengths: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
