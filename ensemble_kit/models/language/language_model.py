"""A model of the next token: perplexity of texts, and samples of text."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import RandomState, TextsLike
from ensemble_kit.exceptions import require
from ensemble_kit.models.language.language_symbols import (
    decode_symbols,
    encode_symbols,
)
from ensemble_kit.models.text_nets.inputs.arrays import AsArraysMixin
from ensemble_kit.models.text_nets.inputs.vocabulary import learn_vocabulary
from ensemble_kit.models.text_nets.networks.training_settings import TrainingSettings


@dataclass(kw_only=True, eq=False, repr=False)
class LanguageModel(AsArraysMixin, TrainingSettings):
    """Learn to tell the next word or character of texts.

    A recurrent network, trained by truncated back-propagation through time on all
    texts joined; or a network that sees a window of fixed length, as a baseline.

    Parameters
    ----------
    cell : str, default="lstm"
        "lstm", "gru", "rnn", any cell of ``recurrent_cells.CELLS``, or "window".
    hidden : int, default=128
    layers : int, default=1
    window : int, default=4
        Tokens that ``cell="window"`` sees.
    unit : {"word", "char"}, default="word"
    lowercase : bool, default=True
    max_tokens : int, default=20_000
        Size of the vocabulary; with more than 2,000 the softmax is adaptive.
    min_count : int, default=2
        Rarer tokens count as one unknown symbol.
    embedding_dim : int, default=100
    dropout : float, default=0.3
        Of features, the same for all tokens of a chunk.
    epochs : int, default=6
    n_streams, n_steps : int, default=16 and 35
        Texts side by side in a chunk, and tokens that gradients go back.
    optimizer : str, default="adamw"
    schedule : str, default="one_cycle"
    learning_rate : float, default=3e-3
    weight_decay : float, default=0.0
    clip : float, default=1.0
    ema : float, default=0.99
    max_seconds : float, optional
    device : str, default="auto"
    n_jobs : int, default=1
    verbose : bool, default=False
    random_state : int, RandomState or None

    Attributes
    ----------
    vocabulary_ : dict
    weights_ : dict of str to ndarray
    history_ : dict

    Examples
    --------
    >>> model = LanguageModel(unit="char", hidden=16, epochs=40, n_streams=2,
    ...                       random_state=0)
    >>> model = model.fit(["abcabcabcabcabcabc"] * 20)
    >>> model.perplexity(["abcabc"]) < model.perplexity(["cbacba"])
    True
    """

    cell: str = "lstm"
    hidden: int = 128
    layers: int = 1
    window: int = 4
    unit: str = "word"
    lowercase: bool = True
    max_tokens: int = 20_000
    min_count: int = 2
    embedding_dim: int = 100
    dropout: float = 0.3
    epochs: int = 6
    n_streams: int = 16
    n_steps: int = 35
    weight_decay: float = 0.0

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> Self:
        """Learn from texts: a list, Series or 1-D array of str.

        Parameters
        ----------
        X : array-like of str
        y : ignored

        Returns
        -------
        self
        """
        return self.fit_with(self.vocabulary_of(X), X)

    def fit_with(self, vocabulary: Mapping[str, Any], X: TextsLike) -> Self:
        """Learn from texts in the words of others, so that losses compare.

        Parameters
        ----------
        vocabulary : mapping
            Of `vocabulary_of`.
        X : array-like of str
        """
        require("torch", extra="text")
        from ensemble_kit.models.language.language_fitting import fit_language

        started = time.monotonic()
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.vocabulary_ = vocabulary
        texts = encode_symbols(X, self.vocabulary_)
        self.weights_, self.history_ = fit_language(self, texts, started)
        return self

    def vocabulary_of(self, X: TextsLike) -> dict[str, Any]:
        """Return the vocabulary that `fit` learns from texts."""
        return learn_vocabulary(
            [X], self.unit, self.lowercase, self.max_tokens, self.min_count
        )

    def perplexity(self, X: TextsLike) -> float:
        """Return exp of the mean loss per token, the end of each text included."""
        losses = self.token_losses(X)
        return float(np.exp(np.concatenate(losses).mean()))

    def score(self, X: TextsLike, y: ArrayLike | None = None) -> float:
        """Return the mean log probability of a token; higher is better."""
        return -float(np.log(self.perplexity(X)))

    def token_losses(self, X: TextsLike) -> list[NDArray[np.float64]]:
        """Return minus the log probability of each token of each text, and its end."""
        check_is_fitted(self, "weights_")
        require("torch", extra="text")
        from ensemble_kit.models.language.language_fitting import token_losses

        return token_losses(self, encode_symbols(X, self.vocabulary_))

    def sample(
        self,
        n_tokens: int = 50,
        temperature: float = 1.0,
        prompt: str = "",
        random_state: RandomState = None,
    ) -> str:
        """Return a new text, drawn token by token until its end.

        Parameters
        ----------
        n_tokens : int
            At most so many, besides the prompt.
        temperature : float
            Below 1 for likelier, above 1 for bolder tokens.
        prompt : str
            How the text begins.
        random_state : int, RandomState or None
        """
        check_is_fitted(self, "weights_")
        require("torch", extra="text")
        from ensemble_kit.models.language.language_fitting import draw_symbols

        if temperature <= 0:
            raise ValueError(f"temperature has to be above 0; found {temperature}")
        start = encode_symbols([prompt], self.vocabulary_)[0][:-1]
        generator = check_random_state(random_state)
        drawn = draw_symbols(self, start, n_tokens, temperature, generator)
        return decode_symbols([*start[1:].tolist(), *drawn], self.vocabulary_)
