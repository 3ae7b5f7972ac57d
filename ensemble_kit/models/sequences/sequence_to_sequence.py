"""From a text to a text: translation, normalisation, answers in words."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.arrays import TextsLike
from ensemble_kit.models.sequences.attention_map import AttentionMap
from ensemble_kit.models.sequences.sequence_estimator import (
    SequenceEstimator,
    read_source_texts,
    warn_cut,
)
from ensemble_kit.models.sequences.symbols import (
    UNITS,
    Symbols,
    encode_symbols,
    learn_symbols,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceToSequence(SequenceEstimator):
    """Learn to write one text for another.

    A bidirectional recurrent encoder reads the source, a recurrent decoder with
    attention writes the target token by token, and beam search finds the likeliest
    text. A token that the decoder does not know is copied from the place of the source
    that it looks at.

    Parameters
    ----------
    unit : {"char", "subword", "word"}, default="char"
        What a token of the source is. Subwords are pairs of bytes that are frequent in
        the sources, learnt by the library tokenizers.
    target_unit : str, optional
        The same for targets; by default as ``unit``.
    lowercase : bool, default=False
        Whether sources are read in small letters.
    cell : {"gru", "lstm"}, default="gru"
    hidden : int, default=96
        Units of the decoder's layers, and of each direction of the encoder's.
    layers : int, default=1
        Of the encoder.
    attention : {"multiplicative", "additive"}, default="multiplicative"
        Scores of Luong et al. (2015), or of Bahdanau et al. (2015), which take longer.
    embedding_dim : int, default=48
    max_tokens : int, default=4000
        Size of each vocabulary, or number of subwords.
    min_count : int, default=2
        Rarer tokens are unknown ones.
    copy_unknown : bool, default=True
        Whether what the decoder does not know is copied from where it looks. From
        tokens that are unknown in training it learns where to look for them.
    max_length, max_target : int, default=256
        Tokens that are read of a source and of a target; the rest is cut, with a
        warning.
    embedding_dropout, dropout : float, default=0.0 and 0.1
    scheduled_sampling : float, default=0.0
        Share of the target's tokens that the decoder is told as it would write them
        itself, in the last epoch; it grows from 0.
    label_smoothing : float, default=0.0
    beams : int, default=4
        Texts kept side by side in the search; 1 takes the likeliest token each time.
    length_penalty : float, default=0.0
        Exponent of Wu et al. (2016); more makes texts longer.
    epochs : int, default=30
        Passes over the rows; with ``inner_fraction`` at most so many.
    batch_size, batch_tokens : int, default=32 and 8192
    optimizer : str, default="adamw"
    schedule : str, default="one_cycle"
    learning_rate : float, default=0.005
    weight_decay : float, default=0.01
    clip : float, default=1.0
    ema : float, default=0.99
    inner_fraction : float, default=0.0
        Share of the rows that are held back once to find the epochs that do best.
    max_seconds : float, optional
        When a training ends; ``inner_fraction`` makes two of them.
    device : str, default="auto"
    n_jobs : int, default=1
    verbose : bool, default=False
    random_state : int, RandomState or None

    Attributes
    ----------
    weights_, history_ : dict
    epochs_ : int
    limit_ : int
        Tokens that a text has at most: somewhat more than the longest target seen.

    Examples
    --------
    >>> sources = ["one two", "two one", "one one", "two two", "one", "two"] * 4
    >>> targets = ["12", "21", "11", "22", "1", "2"] * 4
    >>> model = SequenceToSequence(unit="word", target_unit="char", hidden=16,
    ...                            epochs=25, learning_rate=0.02, random_state=0)
    >>> model.fit(sources, targets).predict(["two one"]).tolist()
    ['21']
    """

    target_unit: str | None = None
    lowercase: bool = False
    max_length: int = 256
    embedding_dropout: float = 0.0

    def fit(
        self, X: TextsLike, y: TextsLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from texts and the texts that belong to them.

        Parameters
        ----------
        X : list, Series or 1-D array of str, or DataFrame of one column
            A missing source is an empty one.
        y : list, Series or 1-D array of str
        sample_weight : array-like of shape (n_rows,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When a target is missing, or a setting is out of range.
        """
        return self._fit(read_source_texts(X), y, sample_weight)

    def _learn_source(self, X: Any) -> dict[str, Any]:
        vocabulary = learn_symbols(
            X, self.unit, self.lowercase, self.max_tokens, self.min_count
        )
        return {"kind": "text", "vocabulary": vocabulary}

    def _read_source(self, X: Any) -> "TextRows":
        texts = read_source_texts(X)
        symbols = encode_symbols(texts, self.source_["vocabulary"], self.max_length)
        warn_cut("X", symbols, "max_length", self.max_length)
        return TextRows(symbols)

    def _one_row(self, x: Any) -> list[str]:
        return [x]

    def _map(
        self, weights: NDArray[np.float64], written: list[str], tokens: list[str]
    ) -> AttentionMap:
        if self.unit != "char":
            tokens = [token.strip() or token for token in tokens]
        if self._target_unit() != "char":
            written = [token.strip() or token for token in written]
        places = [*tokens, "end"][: weights.shape[1]]
        return AttentionMap(weights, written, places)

    def _target_unit(self) -> str:
        return self.target_unit or self.unit

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.unit not in UNITS:
            raise ValueError(f"unit: one of {', '.join(UNITS)}; found {self.unit!r}")


@dataclass(frozen=True)
class TextRows:
    """Source texts as symbols."""

    symbols: Symbols

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of symbols of each text."""
        return self.symbols.lengths

    @property
    def tokens(self) -> list[list[str]]:
        """Return the tokens of each text as they were written."""
        return self.symbols.tokens

    def unknown(self) -> list[dict[str, int]]:
        """Return the unknown tokens of each text, and their places."""
        return self.symbols.unknown()

    def batch(self, rows: NDArray[np.int64], device: Any) -> Any:
        """Return some texts as a tensor of symbols."""
        import torch

        return torch.from_numpy(self.symbols.padded(rows)).to(device)
