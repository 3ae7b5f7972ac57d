"""Start values of token vectors: word2vec on the fold's texts, a file, or arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import require
from ensemble_kit.models.text_nets.inputs.tokens import read_texts, tokenize
from ensemble_kit.models.text_nets.inputs.vocabulary import FIRST

Vectors = tuple[NDArray[np.int64], NDArray[np.float32]]


def start_vectors(estimator: Any, texts: pd.DataFrame) -> Vectors | None:
    """Return vocabulary numbers and their vectors, or None to learn from scratch.

    Vectors are scaled so that their values have the deviation of other start values
    and cut or filled with zeros to ``embedding_dim``.
    """
    source, vocabulary = estimator.pretrained, estimator.preparation_["vocabulary"]
    if source is None or not len(vocabulary["terms"]):
        return None
    if isinstance(source, Mapping):
        return _from_mapping(source, vocabulary, estimator.embedding_dim)
    if source == "word2vec":
        found = _word2vec(estimator, texts)
    else:
        found = read_vectors(Path(source), set(vocabulary["terms"].tolist()))
    return _from_mapping(found, vocabulary, estimator.embedding_dim)


def read_vectors(path: Path, wanted: set[str]) -> dict[str, NDArray[np.float32]]:
    """Return the vectors of wanted tokens from a text file.

    Parameters
    ----------
    path : Path
        A line per token: the token, then its numbers, with blanks between; the
        format of GloVe and of word2vec's and fastText's text files.
    wanted : set of str
    """
    found = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            token, _, numbers = line.rstrip().partition(" ")
            if token in wanted and " " in numbers:
                found[token] = np.array(numbers.split(), dtype=np.float32)
    return found


def _word2vec(estimator: Any, texts: pd.DataFrame) -> dict[str, NDArray[np.float32]]:
    """Return skip-gram vectors trained on the fold's own texts."""
    word2vec = require("gensim.models.word2vec", extra="text", distribution="gensim")
    unit, lowercase = estimator.unit, estimator.lowercase
    sentences = [
        tokenize(text, unit, lowercase)
        for i in range(texts.shape[1])
        for text in read_texts(texts.iloc[:, i])
    ]
    model = word2vec.Word2Vec(
        sentences=[s for s in sentences if s],
        vector_size=estimator.embedding_dim,
        min_count=estimator.min_count,
        sg=1,
        epochs=5,
        workers=1,
        seed=estimator.seed_,
        hashfxn=_same_hash,
    )
    return dict(zip(model.wv.index_to_key, model.wv.vectors, strict=True))


def _same_hash(token: str) -> int:
    """Return a hash that does not change from one process to the next."""
    return sum(ord(c) * 31**i for i, c in enumerate(token)) % (2**31)


def _from_mapping(
    source: Mapping[str, Any], vocabulary: Mapping[str, Any], size: int
) -> Vectors | None:
    """Return the vectors of the vocabulary's tokens that the source knows."""
    terms = vocabulary["terms"].tolist()
    known = [i for i, term in enumerate(terms) if term in source]
    if not known:
        return None
    values = np.array([source[terms[i]] for i in known], dtype=np.float32)
    fitted = np.zeros((len(known), size), dtype=np.float32)
    width = min(size, values.shape[1])
    fitted[:, :width] = values[:, :width]
    fitted *= 0.1 / max(float(fitted.std()), 1e-6)
    return np.array(known, dtype=np.int64) + FIRST, fitted
