"""The encoders of the text networks by name, and which settings each of them has."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import nn

from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.models.text_nets.networks.recurrent_layers import RecurrentLayers
from ensemble_kit.models.text_nets.networks.text_encoders import (
    AttentionEncoder,
    AverageEncoder,
    ConvolutionEncoder,
    DelayEncoder,
    RecurrentEncoder,
)

if TYPE_CHECKING:
    from ensemble_kit.models.text_nets.text_net import TextNetwork


def make_encoder(estimator: "TextNetwork") -> nn.Module:
    """Return an estimator's encoder, its weights without values yet.

    Raises
    ------
    ValueError
        When there is no encoder of that name.
    """
    name = estimator.encoder
    if name not in ENCODERS:
        raise ValueError(
            f"unknown encoder {name!r}{did_you_mean(name, ENCODERS)}; known: "
            f"{', '.join(ENCODERS)}"
        )
    return ENCODERS[name](estimator)


def _recurrent(estimator: "TextNetwork") -> nn.Module:
    layers = RecurrentLayers(
        cell=estimator.cell,
        n_inputs=estimator.embedding_dim,
        n_hidden=estimator.hidden,
        n_layers=estimator.layers,
        bidirectional=estimator.bidirectional,
        residual=estimator.residual,
        dropout=estimator.embedding_dropout,
        norm=estimator.layer_norm,
    )
    return RecurrentEncoder(layers, estimator.pooling, estimator.bidirectional)


def _convolution(estimator: "TextNetwork") -> nn.Module:
    size, filters, widths = estimator.embedding_dim, estimator.filters, estimator.widths
    return ConvolutionEncoder(size, filters, widths, estimator.pooling)


def _delays(estimator: "TextNetwork") -> nn.Module:
    return DelayEncoder(
        n_inputs=estimator.embedding_dim,
        n_filters=estimator.filters,
        widths=estimator.widths,
        residual=estimator.residual,
        pooling=estimator.pooling,
    )


def _average(estimator: "TextNetwork") -> nn.Module:
    n_pairs = len(estimator.preparation_["pairs"])
    size, dropout = estimator.embedding_dim, estimator.dropout
    return AverageEncoder(size, n_pairs, estimator.pooling, dropout)


def _attention(estimator: "TextNetwork") -> nn.Module:
    return AttentionEncoder(
        n_inputs=estimator.embedding_dim,
        n_hidden=estimator.hidden,
        n_layers=estimator.layers,
        n_heads=estimator.heads,
        dropout=estimator.dropout,
        pooling=estimator.pooling,
    )


ENCODERS: dict[str, Callable[["TextNetwork"], nn.Module]] = {
    "recurrent": _recurrent,
    "convolution": _convolution,
    "delays": _delays,
    "average": _average,
    "attention": _attention,
}
