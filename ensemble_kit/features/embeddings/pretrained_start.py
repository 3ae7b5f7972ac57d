"""Pretrained word vectors that training goes on from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.embeddings.vector_files import read_vectors
from ensemble_kit.features.embeddings.word_vectors import WordVectors
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts

N_NAMED = 5


@dataclass(frozen=True, eq=False)
class PretrainedStart:
    """Vectors that some words begin from, before they are trained on.

    Parameters
    ----------
    vectors : WordVectors
    coverage : float
        Share of the training texts' words, repeats counted, that have one.
    frozen : bool, default False
        Whether they stay as they are; only the other words learn then.
    """

    vectors: WordVectors
    coverage: float
    frozen: bool = False

    @classmethod
    def read(
        cls,
        path: Path | str,
        tokens: TokenizedTexts,
        words: Sequence[str],
        frozen: bool = False,
    ) -> "PretrainedStart":
        """Return what a file has for the words of some texts.

        Parameters
        ----------
        path : path
            See `read_vectors` for the formats.
        tokens : TokenizedTexts
        words : sequence of str
            Those that are trained, the most frequent first.
        frozen : bool, default False

        Raises
        ------
        PipelineError
            When the file cannot be read, or has a vector for none of the words.
        """
        if not Path(path).is_file():
            raise PipelineError(f"{path}: no such file of vectors; check the path")
        vectors = read_vectors(path, words)
        if not len(vectors) and len(words):
            raise PipelineError(_nothing_known(path, words))
        n_words = len(tokens.ids)
        n_known = tokens.counts(vectors.words).sum()
        return cls(vectors, float(n_known) / n_words if n_words else 0.0, frozen)

    @property
    def n_components(self) -> int:
        """Return the dimensions of the vectors."""
        return int(self.vectors.matrix.shape[1])

    def put_into(self, trained: Any) -> None:
        """Let gensim's ``KeyedVectors`` begin from them.

        What gensim drew for the other words stays; it is of the size of the smallest
        pretrained vectors.
        """
        known = [word in trained.key_to_index for word in self.vectors.words]
        words = np.array(self.vectors.words, dtype=object)[known]
        places = [trained.key_to_index[word] for word in words]
        trained.vectors[places] = self.vectors.matrix[known]
        if self.frozen:
            # gensim multiplies every step of a word's vector by its factor.
            factors = np.ones(len(trained.vectors), dtype=np.float32)
            factors[places] = 0.0
            trained.vectors_lockf = factors


def _nothing_known(path: Path | str, words: Sequence[str]) -> str:
    named = ", ".join(map(repr, words[:N_NAMED]))
    return (
        f"pretrained: {path} has a vector for none of the {len(words):,} words of the "
        f"training texts (the most frequent: {named}); expected vectors of the texts' "
        "language, and words spelt as the preparation leaves them: lemmas for a file "
        "of lemmas, no stems"
    )
