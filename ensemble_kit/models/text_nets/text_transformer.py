"""Small self-attention networks over texts, alone or beside other columns."""

from typing import Any

from ensemble_kit.models.text_nets.text_net import (
    TextClassifier,
    TextNet,
    TextRegressor,
)


class _TextTransformer(TextNet):
    """The parameters and the encoder of the classifier and the regressor."""

    def __init__(
        self,
        hidden: int = 64,
        layers: int = 2,
        heads: int = 4,
        pooling: str = "max+mean+attention",
        unit: str = "word",
        lowercase: bool = True,
        max_tokens: int = 30_000,
        min_count: int = 2,
        max_length: int = 256,
        embedding_dim: int = 100,
        pretrained: Any = None,
        embedding_rate: float = 1.0,
        subwords: str = "all",
        buckets: int = 20_000,
        token_dropout: float = 0.2,
        embedding_dropout: float = 0.4,
        dropout: float = 0.2,
        head: int = 0,
        norm: str = "none",
        epochs: int | str = "auto",
        schedule_epochs: int | None = None,
        batch_size: int = 64,
        batch_tokens: int = 8192,
        optimizer: str = "adamw",
        schedule: str = "one_cycle",
        learning_rate: float = 0.002,
        weight_decay: float = 0.01,
        clip: float = 1.0,
        ema: float = 0.99,
        label_smoothing: float = 0.0,
        class_weight: Any = None,
        temperature: float = 1.0,
        inner_fraction: float = 0.0,
        max_seconds: float | None = None,
        device: str = "auto",
        n_jobs: int = 1,
        verbose: bool = False,
        random_state: Any = None,
    ):
        self.hidden = hidden
        self.layers = layers
        self.heads = heads
        self.pooling = pooling
        self.unit = unit
        self.lowercase = lowercase
        self.max_tokens = max_tokens
        self.min_count = min_count
        self.max_length = max_length
        self.embedding_dim = embedding_dim
        self.pretrained = pretrained
        self.embedding_rate = embedding_rate
        self.subwords = subwords
        self.buckets = buckets
        self.token_dropout = token_dropout
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.head = head
        self.norm = norm
        self.epochs = epochs
        self.schedule_epochs = schedule_epochs
        self.batch_size = batch_size
        self.batch_tokens = batch_tokens
        self.optimizer = optimizer
        self.schedule = schedule
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clip = clip
        self.ema = ema
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.temperature = temperature
        self.inner_fraction = inner_fraction
        self.max_seconds = max_seconds
        self.device = device
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def _encoder(self, n_inputs: int) -> Any:
        from ensemble_kit.models.text_nets.networks.text_encoders import (
            AttentionEncoder,
        )

        return AttentionEncoder(
            n_inputs=n_inputs,
            n_hidden=self.hidden,
            n_layers=self.layers,
            n_heads=self.heads,
            dropout=self.dropout,
            pooling=self.pooling,
        )


class TextTransformerClassifier(TextClassifier, _TextTransformer):
    """Classify texts, and the columns beside them, with a small transformer.

    Blocks of self-attention and feed-forward layers, the norm first, with sinusoid
    positions; the columns beside the texts are read as by ``TextRNNClassifier``.

    Parameters
    ----------
    hidden : int, default=64
    layers : int, default=2
    heads : int, default=4
        ``hidden`` is a multiple of it.
    pooling : str, default="max+mean+attention"
        Parts joined by "+": "last", "mean", "max", "attention".
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
    dropout : float, default=0.2
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
    learning_rate : float, default=0.002
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
    >>> model = TextTransformerClassifier(epochs=20, random_state=0)
    >>> model.fit(texts, ["bad", "good"] * 8).predict(["dull!", "fine!"]).tolist()
    ['bad', 'good']
    """


class TextTransformerRegressor(TextRegressor, _TextTransformer):
    """Predict a number from texts, and the columns beside them, with a small
    transformer.

    The parameters are those of ``TextTransformerClassifier``; ``label_smoothing``,
    ``class_weight`` and ``temperature`` have no effect here. The loss is the squared
    error of the target at mean 0 and deviation 1.

    Examples
    --------
    >>> texts = ["a dull film", "a fine film", "dull, dull", "so fine"] * 4
    >>> model = TextTransformerRegressor(epochs=20, random_state=0)
    >>> low, high = model.fit(texts, [0.0, 10.0] * 8).predict(["dull!", "fine!"])
    >>> bool(low < high)
    True
    """
