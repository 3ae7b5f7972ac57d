"""The n-gram language model: the baseline that a neural one has to beat."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.models.language.language_model_counts import (
    count_ngrams,
    ngram_losses,
)
from ensemble_kit.models.language.language_symbols import count_symbols, encode_symbols
from ensemble_kit.models.text_nets.inputs.vocabulary import learn_vocabulary


class NgramLanguageModel(BaseEstimator):
    """Tell the next token from the last few, by interpolated Kneser-Ney counts.

    Parameters
    ----------
    order : int, default=5
        Length of the longest n-grams.
    unit : {"word", "char"}, default="word"
    lowercase : bool, default=True
    max_tokens : int, default=20_000
    min_count : int, default=2
        The vocabulary's limits; with the same ones perplexities compare with those
        of ``LanguageModel``.

    Attributes
    ----------
    vocabulary_ : dict
    tables_ : list of dict
        Per length, keys of n-grams and their discounted counts.

    References
    ----------
    Chen and Goodman (1999), An empirical study of smoothing techniques for language
    modeling.

    Examples
    --------
    >>> model = NgramLanguageModel(order=2, unit="char").fit(["abababab"] * 3)
    >>> round(model.perplexity(["abab"]), 1) < model.perplexity(["bbaa"])
    True
    """

    def __init__(
        self,
        order: int = 5,
        unit: str = "word",
        lowercase: bool = True,
        max_tokens: int = 20_000,
        min_count: int = 2,
    ):
        self.order = order
        self.unit = unit
        self.lowercase = lowercase
        self.max_tokens = max_tokens
        self.min_count = min_count

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> Self:
        """Count the n-grams of texts: a list, Series or 1-D array of str."""
        if self.order < 1:
            raise ValueError(f"order has to be at least 1; found {self.order}")
        self.vocabulary_ = learn_vocabulary(
            [X], self.unit, self.lowercase, self.max_tokens, self.min_count
        )
        texts = encode_symbols(X, self.vocabulary_)
        self.tables_ = count_ngrams(texts, self.order, count_symbols(self.vocabulary_))
        return self

    def perplexity(self, X: TextsLike) -> float:
        """Return exp of the mean loss per token, the end of each text included."""
        return float(np.exp(np.concatenate(self.token_losses(X)).mean()))

    def score(self, X: TextsLike, y: ArrayLike | None = None) -> float:
        """Return the mean log probability of a token; higher is better."""
        return -float(np.log(self.perplexity(X)))

    def token_losses(self, X: TextsLike) -> list[NDArray[np.float64]]:
        """Return minus the log probability of each token of each text, and its end."""
        check_is_fitted(self, "tables_")
        texts = encode_symbols(X, self.vocabulary_)
        n_symbols = count_symbols(self.vocabulary_)
        losses = ngram_losses(texts, self.tables_, n_symbols)
        ends = np.cumsum([len(text) - 1 for text in texts])[:-1]
        return np.split(losses, ends)
