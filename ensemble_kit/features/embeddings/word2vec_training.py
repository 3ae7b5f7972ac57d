"""gensim's word2vec and fastText, made to give the same bits every time."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from ensemble_kit.arrays import RandomState
from ensemble_kit.exceptions import require
from ensemble_kit.features.embeddings.pretrained_start import PretrainedStart
from ensemble_kit.features.embeddings.sentence_pooling import POOLINGS
from ensemble_kit.features.texts.text_preparation import PREPARED, PreparationLike
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts
from ensemble_kit.parameter_limits import Limits, one_of

# gensim drops what a sentence has beyond this many words.
LONGEST = 10_000
ALGORITHMS = ("skip_gram", "cbow")


@dataclass(kw_only=True, eq=False, repr=False)
class GensimSettings(BaseEstimator):
    """The parameters of embeddings that gensim trains, as fields of a dataclass."""

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
        "algorithm": [one_of(ALGORITHMS)],
        "pooling": [one_of(POOLINGS), list, tuple],
    }

    algorithm: str = "skip_gram"
    n_components: int = 64
    window: int = 5
    negative: int = 5
    hierarchical: bool = False
    epochs: int = 5
    learning_rate: float = 0.1
    min_count: int = 3
    max_words: int = 100_000
    sample: float = 1e-3
    pooling: str | list[str] = "mean"
    preparation: PreparationLike = None
    random_state: RandomState = None

    def _trained(
        self,
        model: str,
        sentences: list[list[str]],
        params: dict[str, Any],
        start: PretrainedStart | None = None,
    ) -> Any:
        """Return `train_gensim`'s vectors by these settings and a model's own."""
        return train_gensim(
            model,
            sentences,
            random_state=self.random_state,
            algorithm=self.algorithm,
            params={
                "vector_size": self.n_components,
                "window": self.window,
                "negative": 0 if self.hierarchical else self.negative,
                "hs": int(self.hierarchical),
                "epochs": self.epochs,
                "alpha": self.learning_rate,
                "sample": self.sample,
                **params,
            },
            start=start,
        )


def train_gensim(
    model: str,
    sentences: list[list[str]],
    *,
    random_state: RandomState,
    algorithm: str,
    params: dict[str, Any],
    start: PretrainedStart | None = None,
) -> Any:
    """Return trained ``KeyedVectors``, or None when there is no word to learn.

    Parameters
    ----------
    model : {"Word2Vec", "FastText"}
    sentences : list of list of str
    random_state : int, RandomState or None
    algorithm : {"skip_gram", "cbow"}
    params : dict
        gensim's own arguments.
    start : PretrainedStart, optional
        The vectors that words begin from; at random without it.

    Raises
    ------
    MissingDependencyError
        Without the extra ``text``.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm: 'skip_gram' or 'cbow', not {algorithm!r}")
    sentences = [list(filter(_is_encodable, words)) for words in sentences]
    if not any(sentences):
        return None
    models = require("gensim.models", "text", distribution="gensim")
    # Two workers would race; one worker and a seed give the same bits.
    fixed = {"workers": 1, "seed": seed_of(random_state), "min_count": 1}
    skip_gram = int(algorithm == "skip_gram")
    trainer = getattr(models, model)(sg=skip_gram, **fixed, **{"hs": 0, **params})
    trainer.build_vocab(sentences)
    if start is not None:
        start.put_into(trainer.wv)
    trainer.train(sentences, total_examples=len(sentences), epochs=trainer.epochs)
    return trainer.wv


def known_sentences(tokens: TokenizedTexts, words: list[str]) -> list[list[str]]:
    """Return texts of these words only, in pieces gensim takes whole."""
    return tokens.keep(words).sentences(LONGEST)


def ordered_matrix(vectors: Any, words: list[str], n_dimensions: int) -> np.ndarray:
    """Return the words' vectors as float32 in the order of ``words``."""
    matrix = np.zeros((len(words), n_dimensions), dtype=np.float32)
    if vectors is not None:
        known = [i for i, word in enumerate(words) if word in vectors.key_to_index]
        if known:
            matrix[known] = vectors.vectors[
                [vectors.key_to_index[words[i]] for i in known]
            ]
    return matrix


def seed_of(random_state: RandomState) -> int:
    """Return a whole number to seed gensim with."""
    if isinstance(random_state, int | np.integer):
        return int(random_state) % 2**32
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    return int(random_state.randint(2**31 - 1))


def _is_encodable(word: str) -> bool:
    """Return False for halves of surrogate pairs, which fastText cannot hash."""
    return not any("\ud800" <= letter <= "\udfff" for letter in word)
