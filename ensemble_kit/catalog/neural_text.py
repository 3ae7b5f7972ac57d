"""Entries of the neural text models: raw texts and the columns beside them in."""

from typing import Any

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.models import MODELS
from ensemble_kit.model_spec import ModelSpec


def _add(name: str, module: str, note: str, **defaults: Any) -> None:
    """Add a text network: one thread per fit, epochs from the probe."""
    path = f"ensemble_kit.models.text_nets.{module}"
    MODELS.add(
        ModelSpec(
            name=name,
            family="neural_text",
            classifier=f"{path}Classifier",
            regressor=f"{path}Regressor",
            defaults=defaults,
            accepts=frozenset({"nan", "category", "text", "weights"}),
            features="raw",
            threads_parameter=None,
            probe="ensemble_kit.models.text_nets.text_inner:probe_epochs",
            search_space=search_spaces.TEXT_NETWORK,
            requires=(("torch", "text"), ("gensim", "text")),
            note=note,
        )
    )


_add(
    "text_lstm",
    "text_rnn:TextRNN",
    "LSTM over words, beside numbers and categories",
    pretrained="word2vec",
)
_add(
    "text_gru",
    "text_rnn:TextRNN",
    "GRU over words, beside numbers and categories",
    cell="gru",
    pretrained="word2vec",
)
_add(
    "text_cnn",
    "text_cnn:TextCNN",
    "convolutions over words, beside numbers and categories",
    pretrained="word2vec",
)
_add(
    "text_average",
    "text_average:TextAverage",
    "averaged words, subwords and pairs: the fastest of the networks",
)
_add(
    "text_transformer",
    "text_transformer:TextTransformer",
    "self-attention over words, beside numbers and categories",
    pretrained="word2vec",
)
