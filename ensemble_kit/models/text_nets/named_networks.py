"""The text networks by the names of their encoders, with what suits each.

A pipeline's models, kept models and files given with ``--custom`` name these.
"""

from dataclasses import dataclass

from ensemble_kit.models.text_nets.text_net import (
    TextNetwork,
    TextNetworkClassifier,
    TextNetworkRegressor,
)

named = dataclass(kw_only=True, eq=False, repr=False)


@named
class _Convolution(TextNetwork):
    encoder: str = "convolution"
    pooling: str = "max+mean"
    embedding_dropout: float = 0.3


@named
class _Delays(TextNetwork):
    encoder: str = "delays"
    widths: tuple[int, ...] = (3, 3, 3)
    pooling: str = "max+mean"
    embedding_dropout: float = 0.3


@named
class _Average(TextNetwork):
    encoder: str = "average"
    pooling: str = "mean"
    embedding_dim: int = 32
    buckets: int = 50_000
    token_dropout: float = 0.0
    embedding_dropout: float = 0.0
    dropout: float = 0.3
    epochs: int | str = 12


@named
class _Attention(TextNetwork):
    encoder: str = "attention"
    layers: int = 2
    dropout: float = 0.2
    learning_rate: float = 0.002


@named
class TextRNNClassifier(TextNetworkClassifier):
    """Classify texts, and the columns beside them, with a recurrent network.

    Examples
    --------
    >>> texts = ["a dull film", "a fine film", "dull, dull", "so fine"] * 4
    >>> model = TextRNNClassifier(epochs=20, random_state=0)
    >>> model.fit(texts, ["bad", "good"] * 8).predict(["dull!", "fine!"]).tolist()
    ['bad', 'good']
    """


@named
class TextRNNRegressor(TextNetworkRegressor):
    """Predict a number from texts, and the columns beside them, recurrently."""


@named
class TextCNNClassifier(_Convolution, TextNetworkClassifier):
    """Classify texts, and the columns beside them, with convolutions (Kim 2014)."""


@named
class TextCNNRegressor(_Convolution, TextNetworkRegressor):
    """Predict a number from texts, and the columns beside them, by convolutions."""


@named
class TextTDNNClassifier(_Delays, TextNetworkClassifier):
    """Classify texts, and the columns beside them, with stacked delays (a TDNN)."""


@named
class TextTDNNRegressor(_Delays, TextNetworkRegressor):
    """Predict a number from texts, and the columns beside them, by stacked delays."""


@named
class TextAverageClassifier(_Average, TextNetworkClassifier):
    """Classify texts, and the columns beside them, by averaged vectors.

    The vectors of a text's tokens, of their subwords and of its frequent pairs of
    neighbours are averaged (fastText's model, Joulin et al. 2016; Bojanowski et al.
    2017), which makes it the fastest of the networks.
    """


@named
class TextAverageRegressor(_Average, TextNetworkRegressor):
    """Predict a number from texts, and the columns beside them, by averages."""


@named
class TextTransformerClassifier(_Attention, TextNetworkClassifier):
    """Classify texts, and the columns beside them, with a small transformer."""


@named
class TextTransformerRegressor(_Attention, TextNetworkRegressor):
    """Predict a number from texts, and the columns beside them, by self-attention."""
