"""A tagger of tokens whose tags are features too: the share of each in a text."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import problems, require
from ensemble_kit.models.tagging.spans import OUTSIDE, are_spans, spans_of
from ensemble_kit.models.text_nets.inputs.arrays import AsArraysMixin
from ensemble_kit.models.text_nets.inputs.tokens import read_texts, tokenize
from ensemble_kit.models.text_nets.inputs.vocabulary import keep_frequent
from ensemble_kit.models.text_nets.networks.training_settings import TrainingSettings


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceTagger(AsArraysMixin, TransformerMixin, TrainingSettings):
    """Give every token of a sequence a tag, with a bidirectional LSTM.

    As a transformer it returns the share of each tag among the tokens of a text. Of
    tags B-, I- and O an I- only ever follows its own kind.

    Parameters
    ----------
    hidden : int, default=64
        Units per direction.
    layers : int, default=1
    char_filters : int, default=0
        Filters of a convolution over each token's characters (Ma and Hovy 2016);
        0 for none.
    crf : bool, default=False
        Whether tags are chosen together, by a conditional random field (Lafferty et
        al. 2001) from the library pytorch-crf.
    entities : bool, default=False
        Whether the transformer also counts the spans of each kind, where tags are B-,
        I- and O.
    lowercase : bool, default=True
    max_tokens : int, default=30_000
    min_count : int, default=2
    embedding_dim : int, default=64
    subwords : {"none", "rare", "all"}, default="all"
    buckets : int, default=20_000
    embedding_dropout, dropout : float, default=0.3 and 0.3
    epochs : int, default=10
    batch_size, batch_tokens : int, default=32 and 4096
    optimizer : str, default="adamw"
    schedule : str, default="one_cycle"
    learning_rate : float, default=5e-3
    weight_decay : float, default=0.01
    clip : float, default=1.0
    ema : float, default=0.99
    max_seconds : float, optional
    device : str, default="auto"
    n_jobs : int, default=1
    verbose : bool, default=False
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : ndarray
        The tags, in the order of the outputs.
    vocabulary_, weights_, history_ : dict

    Examples
    --------
    >>> X = [["the", "cat", "sat"], ["a", "dog", "ran"]] * 10
    >>> y = [["D", "N", "V"]] * 20
    >>> tagger = SequenceTagger(hidden=8, epochs=20, random_state=0).fit(X, y)
    >>> tagger.predict([["the", "dog"]])
    [['D', 'N']]
    >>> tagger.transform(["the dog"]).tolist()
    [[0.5, 0.5, 0.0]]
    """

    hidden: int = 64
    layers: int = 1
    char_filters: int = 0
    crf: bool = False
    entities: bool = False
    lowercase: bool = True
    max_tokens: int = 30_000
    min_count: int = 2
    embedding_dim: int = 64
    subwords: str = "all"
    buckets: int = 20_000
    embedding_dropout: float = 0.3
    dropout: float = 0.3
    epochs: int = 10
    batch_size: int = 32
    batch_tokens: int = 4096
    learning_rate: float = 0.005

    def fit(self, X: Sequence[Any], y: Sequence[Sequence[Any]]) -> Self:
        """Learn from sequences of tokens and their tags.

        Parameters
        ----------
        X : list of list of str, or texts
            A text is cut into words and marks.
        y : list of list
            A tag per token.

        Returns
        -------
        self
        """
        require("torch", extra="text")
        if self.crf:
            require("torchcrf", extra="crf", distribution="pytorch-crf")
        from ensemble_kit.models.tagging.sequence_tagging import fit_tagger

        started = time.monotonic()
        texts = read_sequences(X)
        _check_tags(texts, y)
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        tags = [tag for row in y for tag in row]
        self.classes_, codes = np.unique(tags, return_inverse=True)
        self.vocabulary_ = {
            **keep_frequent(self._cased(texts), self.max_tokens, self.min_count),
            "lowercase": self.lowercase,
        }
        self.weights_, self.history_ = fit_tagger(self, texts, codes, started)
        return self

    def predict(self, X: Sequence[Any]) -> list[list[Any]]:
        """Return the tags of each sequence."""
        check_is_fitted(self, "weights_")
        require("torch", extra="text")
        from ensemble_kit.models.tagging.sequence_tagging import best_tags

        return [self.classes_[t].tolist() for t in best_tags(self, read_sequences(X))]

    def predict_proba(self, X: Sequence[Any]) -> list[NDArray[np.float64]]:
        """Return the probability of each tag of each token, without the CRF's links."""
        check_is_fitted(self, "weights_")
        require("torch", extra="text")
        from ensemble_kit.models.tagging.sequence_tagging import tag_scores

        return [softmax(s, axis=1) for s in tag_scores(self, read_sequences(X))]

    def transform(self, X: Sequence[Any]) -> NDArray[np.float64]:
        """Return the share of each tag in each sequence, (n_rows, n_tags).

        With ``entities``, then the number of spans of each kind.
        """
        rows = self.predict(X)
        shares = [
            (np.array(row, dtype=self.classes_.dtype)[:, None] == self.classes_).mean(0)
            if row
            else np.zeros(len(self.classes_))
            for row in rows
        ]
        table = np.array(shares).reshape(len(shares), len(self.classes_))
        kinds = self._kinds
        if not kinds:
            return table
        counts = [Counter(span.kind for span in spans_of(row)) for row in rows]
        numbers = [[count[kind] for kind in kinds] for count in counts]
        more = np.array(numbers, dtype=np.float64).reshape(len(rows), len(kinds))
        return np.hstack([table, more])

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Return a name per share, and per kind of spans that are counted."""
        check_is_fitted(self, "classes_")
        names = [f"share_{tag}" for tag in self.classes_]
        return np.array([*names, *(f"spans_{k}" for k in self._kinds)], dtype=object)

    @property
    def _kinds(self) -> list[str]:
        """Return the kinds of spans that are counted."""
        if not self.entities or not are_spans(self.classes_):
            return []
        return sorted({str(tag)[2:] for tag in self.classes_ if str(tag) != OUTSIDE})

    def score(self, X: Sequence[Any], y: Sequence[Sequence[Any]]) -> float:
        """Return the share of tokens whose tag is right."""
        right = [
            a == b
            for predicted, true in zip(self.predict(X), y, strict=True)
            for a, b in zip(predicted, true, strict=True)
        ]
        return float(np.mean(right))

    def _cased(self, texts: list[list[str]]) -> list[list[str]]:
        """Return tokens as the vocabulary spells them."""
        if not self.lowercase:
            return texts
        return [[token.lower() for token in tokens] for tokens in texts]


def read_sequences(X: Sequence[Any]) -> list[list[str]]:
    """Return sequences of tokens; texts are cut, missing ones are empty."""
    return [
        [str(token) for token in row]
        if isinstance(row, list | tuple | np.ndarray)
        else tokenize(read_texts([row])[0], lowercase=False)
        for row in X
    ]


def _check_tags(texts: list[list[str]], y: Sequence[Sequence[Any]]) -> None:
    """Refuse targets that do not have a tag per token."""
    if len(texts) != len(y):
        raise ValueError(f"X has {len(texts)} sequences and y has {len(y)}")
    wrong = [
        f"sequence {number}: {len(text)} tokens, {len(tags)} tags"
        for number, (text, tags) in enumerate(zip(texts, y, strict=True))
        if len(text) != len(tags)
    ]
    if wrong:
        raise ValueError(problems("y", wrong[:10]))
    if not any(texts):
        raise ValueError("X has no tokens")
