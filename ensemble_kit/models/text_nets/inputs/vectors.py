"""Start values of token vectors: word2vec on the fold's texts, a file, or arrays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.embeddings.vector_files import read_vectors
from ensemble_kit.features.embeddings.word2vec_training import LONGEST, train_gensim
from ensemble_kit.models.text_nets.inputs.tokens import read_texts, tokenize
from ensemble_kit.models.text_nets.inputs.vocabulary import FIRST

if TYPE_CHECKING:
    from ensemble_kit.models.text_nets.text_net import TextNetwork

Vectors = Mapping[str, Any]
# Folds are small corpora, which learn too little at word2vec's usual rate of 0.025;
# the featurizer of the same name starts at this one too.
LEARNING_RATE = 0.1
N_NAMED = 5


@dataclass(frozen=True)
class StartVectors:
    """Vectors that some tokens of a vocabulary start with.

    Parameters
    ----------
    numbers : ndarray of shape (n_known,)
        The tokens' numbers in the vocabulary.
    values : ndarray of float32 of shape (n_known, embedding_dim)
    coverage : float or None
        Share of the vocabulary's tokens in the training texts, repeats counted, that
        have one; None where they were learnt from these texts.
    """

    numbers: NDArray[np.int64]
    values: NDArray[np.float32]
    coverage: float | None


def start_vectors(estimator: "TextNetwork", texts: pd.DataFrame) -> StartVectors | None:
    """Return the vectors that tokens start with, or None to learn from scratch.

    Vectors are scaled so that their values have the deviation of other start values
    and cut or filled with zeros to ``embedding_dim``.

    Raises
    ------
    PipelineError
        When what was given has a vector for no token, or cannot be read.
    """
    source, vocabulary = estimator.pretrained, estimator.preparation_["vocabulary"]
    terms = vocabulary["terms"].tolist()
    if source is None or not terms:
        return None
    vectors = _vectors(estimator, terms, texts)
    known = [i for i, term in enumerate(terms) if term in vectors]
    is_own = isinstance(source, str) and source == "word2vec"
    if not known and is_own:
        return None  # no token that gensim can hash
    if not known:
        raise PipelineError(_nothing_known(source, terms))
    counts = vocabulary["counts"]
    return StartVectors(
        numbers=np.array(known, dtype=np.int64) + FIRST,
        values=_scaled([vectors[terms[i]] for i in known], estimator.embedding_dim),
        coverage=None if is_own else float(counts[known].sum() / counts.sum()),
    )


def _vectors(
    estimator: "TextNetwork", terms: list[str], texts: pd.DataFrame
) -> Vectors:
    """Return vectors by token from wherever the estimator has them."""
    source = estimator.pretrained
    if isinstance(source, Mapping):
        return source
    if source == "word2vec":
        return _word2vec(estimator, set(terms), texts)
    vectors = read_vectors(Path(str(source)), terms)
    return dict(zip(vectors.words, vectors.matrix, strict=True))


def _word2vec(
    estimator: "TextNetwork", terms: set[str], texts: pd.DataFrame
) -> Vectors:
    """Return skip-gram vectors trained on the fold's own texts."""
    vectors = train_gensim(
        "Word2Vec",
        list(_sentences(estimator, terms, texts)),
        random_state=estimator.seed_,
        algorithm="skip_gram",
        params={
            "vector_size": estimator.embedding_dim,
            "epochs": 5,
            "alpha": LEARNING_RATE,
        },
    )
    if vectors is None:
        return {}
    return dict(zip(vectors.index_to_key, vectors.vectors, strict=True))


def _sentences(
    estimator: "TextNetwork", terms: set[str], texts: pd.DataFrame
) -> Iterator[list[str]]:
    """Yield the texts as tokens of the vocabulary, in pieces gensim takes whole."""
    for column in range(texts.shape[1]):
        for text in read_texts(texts.iloc[:, column]):
            tokens = tokenize(text, estimator.unit, estimator.lowercase)
            known = [token for token in tokens if token in terms]
            for start in range(0, len(known), LONGEST):
                yield known[start : start + LONGEST]


def _scaled(vectors: list[Any], size: int) -> NDArray[np.float32]:
    values = np.array(vectors, dtype=np.float32)
    fitted = np.zeros((len(values), size), dtype=np.float32)
    width = min(size, values.shape[1])
    fitted[:, :width] = values[:, :width]
    fitted *= 0.1 / max(float(fitted.std()), 1e-6)
    return fitted


def _nothing_known(source: Any, terms: list[str]) -> str:
    given = "a mapping" if isinstance(source, Mapping) else repr(str(source))
    named = ", ".join(repr(term) for term in terms[:N_NAMED])
    return (
        f"pretrained: {given} has a vector for none of the {len(terms):,} tokens of "
        f"the training texts (the most frequent: {named}); expected vectors of the "
        "texts' language, for words where unit='word' and in small letters where "
        "lowercase=True"
    )
