"""Networks over texts, alone or beside other columns: rows in, predictions out.

Everything fitted is arrays, plain dicts, strings and numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier

from ensemble_kit.arrays import MatrixLike, TextsLike
from ensemble_kit.exceptions import problems
from ensemble_kit.models.text_nets.inputs.pairs import frequent_pairs
from ensemble_kit.models.text_nets.inputs.rows import Rows, encode_rows, learn_rows
from ensemble_kit.models.text_nets.text_estimator import (
    TextClassification,
    TextEstimator,
    TextRegression,
    Watch,
)
from ensemble_kit.parameter_limits import Limits, one_of

AUTO_ROWS = 50_000  # rows, repeats included, that a network is shown by default,
AUTO_TOKENS = 4_000_000  # unless they have more tokens than this

# What the networks' own modules know, which import torch: see `recurrent_layers`,
# `text_networks` and `torch_layers`.
CELLS = (
    *("rnn", "lstm", "gru", "lstm_peephole", "lstm_peephole_full", "lstm_coupled"),
    *("lstm_no_forget", "lstm_no_input", "lstm_no_output", "gru_reset_before"),
    *("mut1", "mut2", "mut3"),
)
SUBWORDS = ("none", "rare", "all")
NORMS = ("none", "layer", "batch")
UNITS = ("word", "char")
# What an encoder is told besides the settings that all networks have.
SETTINGS = {
    "recurrent": (
        *("cell", "hidden", "layers", "bidirectional", "residual", "pooling"),
        *("layer_norm", "pretrain_epochs", "gradual_unfreezing"),
    ),
    "convolution": ("filters", "widths", "pooling"),
    "delays": ("filters", "widths", "residual", "pooling"),
    "average": ("max_pairs", "pooling"),
    "attention": ("hidden", "layers", "heads", "pooling"),
}


@dataclass(kw_only=True, eq=False, repr=False)
class TextNetwork(TextEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {
        **TextEstimator._parameter_constraints,
        "cell": [one_of(CELLS)],
        "unit": [one_of(UNITS)],
        "subwords": [one_of(SUBWORDS)],
        "norm": [one_of(NORMS)],
        "layer_norm": [one_of(NORMS)],
    }

    encoder: str = "recurrent"
    cell: str = "lstm"
    hidden: int = 64
    layers: int = 1
    bidirectional: bool = True
    residual: bool = True
    layer_norm: str = "none"
    pretrain_epochs: int = 0
    gradual_unfreezing: bool = False
    filters: int = 96
    widths: tuple[int, ...] = (1, 3, 5)
    heads: int = 4
    max_pairs: int = 200_000
    pooling: str = "max+mean+attention"
    unit: str = "word"
    lowercase: bool = True
    max_tokens: int = 30_000
    min_count: int = 2
    max_length: int = 256
    embedding_dim: int = 100
    pretrained: str | Path | Mapping[str, Any] | None = None
    embedding_rate: float = 1.0
    subwords: str = "all"
    buckets: int = 20_000
    token_dropout: float = 0.2
    embedding_dropout: float = 0.4
    dropout: float = 0.4
    head: int = 0
    norm: str = "none"
    batch_tokens: int = 8192

    def encode(self, X: MatrixLike | TextsLike) -> Rows:
        """Return X encoded by the fitted vocabulary, scales and levels."""
        return encode_rows(self._read(X), self.preparation_, self.max_length)

    def _train(
        self,
        frame: pd.DataFrame,
        target: NDArray[Any],
        weight: NDArray[np.float64],
        chosen: Mapping[str, Any],
        watch: Watch | None,
    ) -> None:
        """Learn the vocabulary and the weights."""
        from ensemble_kit.models.text_nets.text_fitting import fit_weights

        self.preparation_ = learn_rows(frame, self._words())
        rows = encode_rows(frame, self.preparation_, self.max_length)
        if self.encoder == "average":
            pairs = frequent_pairs(rows.texts, self.max_pairs, self.min_count)
            self.preparation_["pairs"] = pairs
        self._choose_epochs(chosen, rows.lengths)
        texts = frame.iloc[:, self._text_positions()]
        self.weights_, self.history_, self.coverage_ = fit_weights(
            self, rows, texts, target, weight, watch
        )

    def _outputs_of(self, X: MatrixLike | TextsLike) -> NDArray[np.float64]:
        """Return the fitted network's outputs."""
        from ensemble_kit.models.text_nets.text_fitting import network_outputs

        return network_outputs(self, self.encode(X))

    def _check_settings(self) -> None:
        """Refuse settings of an encoder that this is not; each name once.

        An encoder that does not exist is refused where it is to be built.
        """
        own = SETTINGS.get(self.encoder, ())
        others = {n for names in SETTINGS.values() for n in names} - set(own)
        changed = [n for n in others if getattr(self, n) != getattr(type(self), n)]
        if own and changed:
            mistakes = [
                f"{name}: no setting of this encoder" for name in sorted(changed)
            ]
            raise ValueError(problems(f"encoder {self.encoder!r}", mistakes))

    def _choose_epochs(
        self, chosen: Mapping[str, Any], lengths: NDArray[np.int64]
    ) -> None:
        """Set how long to train, and how long the schedule of learning rates is."""
        only_one = is_classifier(self) and self.n_outputs_ == 1
        epochs = 0 if only_one else chosen.get("epochs", self.epochs)
        self.epochs_ = choose_epochs(epochs, lengths)
        longest = chosen.get("schedule_epochs", self.schedule_epochs)
        self.schedule_epochs_ = longest or max(self.epochs_, 1)

    def _words(self) -> dict[str, Any]:
        """Return the arguments of the vocabulary."""
        return {
            "unit": self.unit,
            "lowercase": self.lowercase,
            "max_tokens": self.max_tokens,
            "min_count": self.min_count,
        }


class TextNetworkClassifier(TextClassification, TextNetwork):
    """Classify texts, and the columns beside them, with a network.

    An encoder makes one vector of a text's token vectors, and a head reads the texts'
    vectors, the numbers (as normal scores of their ranks, with indicators of missing
    ones) and the categories (as embeddings). Padding is never read, so a prediction
    does not depend on the other rows.

    Parameters
    ----------
    encoder : {"recurrent", "convolution", "delays", "average", "attention"}
        From the vectors of a text's tokens to one of the text: recurrent layers;
        filters of several widths (Kim 2014); delays one above the other, each twice
        as far apart (a TDNN, Waibel et al. 1989); the mean of the tokens and of
        frequent pairs of them (fastText's model, Joulin et al. 2016), the fastest; or
        blocks of self-attention and feed-forward layers, the norm first, with sinusoid
        positions. ``named_networks`` has a class for each, with the settings that
        suit it.
    cell : str, default="lstm"
        Recurrent. "rnn", "lstm", "gru", which torch computes in one kernel, or
        "lstm_peephole" (diagonal ones), "lstm_peephole_full" (matrices),
        "lstm_coupled", "lstm_no_forget", "lstm_no_input", "lstm_no_output",
        "gru_reset_before", "mut1", "mut2", "mut3", which take several times as long;
        their equations, and the two forms of the GRU, stand in
        ``ensemble_kit.models.text_nets.networks.recurrent_cells``.
    hidden : int, default=64
        Recurrent: units per direction. Attention: a multiple of ``heads``.
    layers : int, default=1
        Recurrent, attention.
    bidirectional : bool, default=True
        Recurrent.
    residual : bool, default=True
        Recurrent, delays: whether a layer's input is added to its output where sizes
        agree.
    layer_norm : {"none", "layer"}, default="none"
        Recurrent: after each layer.
    pretrain_epochs : int, default=0
        Recurrent: passes in which the first layer learns to tell the next and the
        previous token of the training texts, before it sees the target.
    gradual_unfreezing : bool, default=False
        Recurrent: whether the head learns alone in the first epoch, and the token
        vectors wait for the third (Howard and Ruder 2018).
    filters : int, default=96
        Convolution: of each width. Delays: of each layer.
    widths : tuple of int, default=(1, 3, 5)
        Convolution: tokens that a filter sees. Delays: places that each layer sees,
        the lowest first; as many layers as widths.
    heads : int, default=4
        Attention.
    max_pairs : int, default=200_000
        Average: vectors of pairs of neighbours, the most frequent ones; 0 for none.
        Pairs that occur less than ``min_count`` times have none.
    pooling : str, default="max+mean+attention"
        Parts joined by "+": "last", "mean", "max", "attention". Pairs are always
        averaged.
    unit : {"word", "char"}, default="word"
        What a token is; characters suit short or misspelt texts and take longer.
    lowercase : bool, default=True
    max_tokens : int, default=30_000
        Size of the vocabulary, which is learnt from the rows of ``fit`` alone.
    min_count : int, default=2
        Rarer tokens are unknown ones.
    max_length : int, default=256
        Tokens of a text that are read, from its start.
    embedding_dim : int, default=100
    pretrained : None, "word2vec", path or mapping
        Start values of token vectors: random, skip-grams of the training texts, a file
        of vectors (GloVe, word2vec text or binary, fastText .vec or .bin, RusVectores'
        tagged words; plain or packed), or a mapping from token to vector. One without
        a vector for any token is an error.
    embedding_rate : float, default=1.0
        Factor on the token vectors' learning rate; 0 freezes them.
    subwords : {"none", "rare", "all"}, default="all"
        Tokens whose vector is made from their hashed character n-grams: none, the
        unknown ones, or all (added to the vocabulary's).
    buckets : int, default=20_000
        Vectors that subwords are hashed to.
    token_dropout : float, default=0.2
        Share of token types that a batch does not see.
    embedding_dropout : float, default=0.4
        Share of embedding features that a whole text does not see.
    dropout : float, default=0.4
        Before each layer of the head.
    head : int, default=0
        Units of the head's hidden layer; 0 for none.
    norm : {"none", "layer", "batch"}, default="none"
        Of the head's input.
    epochs : int or "auto", default="auto"
        Passes over the rows; with ``inner_fraction`` at most so many. By default 50,000
        rows are read in all, in 5 passes at least and 30 at most, but fewer, and 3 at
        least, when that makes more than 4 million tokens.
    schedule_epochs : int, optional
        Length of the learning-rate schedule when it is longer than training.
    batch_size, batch_tokens : int, default=64 and 8192
        Limits of a batch: rows, and tokens with padding.
    optimizer : str, default="adamw"
        "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam" or
        "adamw".
    schedule : {"one_cycle", "cosine", "warmup", "constant"}, default="one_cycle"
    learning_rate : float, default=0.003
    weight_decay : float, default=0.01
    clip : float, default=1.0
        Largest norm of a batch's gradient; 0 for no limit.
    ema : float, default=0.99
        Decay of the weights' moving average, which is what predicts; 0 for none.
    label_smoothing : float, default=0.0
        For classifiers.
    class_weight : None, "balanced" or dict
        For classifiers.
    temperature : float, default=1.0
        What a classifier's outputs are divided by before the softmax.
    inner_fraction : float, default=0.0
        Share of rows that are first held out to find the epochs and the temperature,
        with which all rows are then fitted; 0 keeps ``epochs`` and ``temperature``.
    max_seconds : float, optional
        When to stop training and keep what there is.
    device : str, default="auto"
        "cpu", "cuda", or "auto" for CUDA where there is one.
    n_jobs : int, default=1
        Threads of one fit; more than one pays on an idle machine only.
    verbose : bool, default=False
        Whether each epoch is logged as information rather than debugging.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : ndarray
        Labels in the order of the probabilities.
    preparation_ : dict
        Vocabulary, scales and levels, as arrays.
    weights_ : dict of str to ndarray
        The network's weights.
    epochs_, temperature_ : int and float
        What was used.
    coverage_ : float or None
        Share of the training texts' tokens, repeats counted, with a start vector
        from a file or a mapping; None without one.
    history_ : dict
        Mean loss of each epoch, number of steps, and why training stopped early.

    Examples
    --------
    >>> texts = ["a dull film", "a fine film", "dull, dull", "so fine"] * 4
    >>> model = TextNetworkClassifier(encoder="convolution", epochs=20, random_state=0)
    >>> model.fit(texts, ["bad", "good"] * 8).predict(["dull!", "fine!"]).tolist()
    ['bad', 'good']
    """


class TextNetworkRegressor(TextRegression, TextNetwork):
    """Predict a number from texts, and the columns beside them, with a network.

    The parameters are those of ``TextNetworkClassifier``; ``label_smoothing``,
    ``class_weight`` and ``temperature`` have no effect here. The loss is the squared
    error of the target at mean 0 and deviation 1.

    Examples
    --------
    >>> texts = ["a dull film", "a fine film", "dull, dull", "so fine"] * 4
    >>> model = TextNetworkRegressor(encoder="convolution", epochs=20, random_state=0)
    >>> low, high = model.fit(texts, [0.0, 10.0] * 8).predict(["dull!", "fine!"])
    >>> bool(low < high)
    True
    """


def choose_epochs(epochs: int | str, lengths: NDArray[np.int64]) -> int:
    """Return the passes over the rows; "auto" is more for few rows and short texts."""
    if epochs != "auto":
        return int(epochs)
    by_rows = np.clip(round(AUTO_ROWS / len(lengths)), 5, 30)
    by_tokens = max(round(AUTO_TOKENS / max(lengths.sum(), 1)), 3)
    return int(min(by_rows, by_tokens))
