"""Texts as streams of symbols for language models.

Symbols: 0 ends (and starts) a text, 1 is an unknown token, then the vocabulary by
falling frequency.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.arrays import TextsLike
from ensemble_kit.models.text_nets.inputs.tokens import read_texts, tokenize

END, UNKNOWN, FIRST = 0, 1, 2


def encode_symbols(
    X: TextsLike, vocabulary: Mapping[str, Any]
) -> list[NDArray[np.int64]]:
    """Return each text's symbols, END at both of its ends."""
    unit, lowercase = str(vocabulary["unit"]), bool(vocabulary["lowercase"])
    number = {term: FIRST + i for i, term in enumerate(vocabulary["terms"].tolist())}
    texts = (tokenize(text, unit, lowercase) for text in read_texts(X))
    return [
        np.array([END, *(number.get(t, UNKNOWN) for t in text), END], dtype=np.int64)
        for text in texts
    ]


def count_symbols(vocabulary: Mapping[str, Any]) -> int:
    """Return the number of symbols."""
    return FIRST + len(vocabulary["terms"])


def stream_chunks(
    texts: list[NDArray[np.int64]],
    n_streams: int,
    n_tokens: int,
    generator: np.random.Generator,
) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the chunks of an epoch, for truncated back-propagation through time.

    Texts in random order are joined and cut into streams side by side; a chunk is
    (its number, symbols of shape (n_streams, n_tokens + 1)), and the next one goes on
    where it ends. The tail that does not fill all streams is left out.
    """
    order = generator.permutation(len(texts))
    joined = np.concatenate([texts[i][1:] for i in order])
    n_streams = max(1, min(n_streams, len(joined) // 2))
    width = len(joined) // n_streams
    streams = joined[: n_streams * width].reshape(n_streams, width)
    starts = range(0, width - 1, n_tokens)
    return [
        (number, streams[:, start : start + n_tokens + 1])
        for number, start in enumerate(starts)
    ]


def decode_symbols(symbols: list[int], vocabulary: Mapping[str, Any]) -> str:
    """Return symbols as a text; words and marks are set with usual blanks."""
    terms = vocabulary["terms"]
    tokens = ["�" if s < FIRST else str(terms[s - FIRST]) for s in symbols]
    if str(vocabulary["unit"]) == "char":
        return "".join(tokens)
    text = ""
    for token in tokens:
        close = not text or (len(token) == 1 and token in ".,;:!?)]}%…»”’")
        text += token if close else f" {token}"
    return text
