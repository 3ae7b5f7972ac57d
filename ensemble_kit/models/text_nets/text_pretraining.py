"""Language-model pre-training of a recurrent text network on the fold's own texts.

The first layer's forward states tell the next token and its backward states the one
before (Dai and Le 2015, Howard and Ruder 2018, Peters et al. 2018); higher layers mix
the directions and are left alone. The softmax is thrown away afterwards.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ensemble_kit.models.language.language_networks import NextSymbol
from ensemble_kit.models.text_nets.inputs.batches import training_batches
from ensemble_kit.models.text_nets.inputs.rows import Rows
from ensemble_kit.models.text_nets.inputs.tensors import TextBatch, make_batch
from ensemble_kit.models.text_nets.networks.torch_layers import initialise
from ensemble_kit.models.text_nets.networks.torch_training import (
    Training,
    seeded,
    train,
)

if TYPE_CHECKING:
    from ensemble_kit.models.text_nets.text_net import TextNetwork


def pretrain(
    network: nn.Module,
    rows: Rows,
    estimator: "TextNetwork",
    training: Training,
    generator: torch.Generator,
) -> list[float]:
    """Train token vectors and the first layer to tell neighbours; return the losses."""
    device = next(network.parameters()).device
    layers = network.encoder.layers
    softmaxes = _softmaxes(network, estimator, generator).to(device)
    whole = nn.ModuleDict({"network": network, "softmaxes": softmaxes})

    def batches(epoch: int) -> Sequence[NDArray[np.int64]]:
        limits = (estimator.batch_size, estimator.batch_tokens)
        draw = seeded(estimator.seed_, 3, epoch)
        return training_batches(rows.lengths, *limits, draw)

    def loss(part: NDArray[np.int64]) -> Tensor:
        texts = make_batch(rows, part, device).texts
        losses = [_text_losses(network.words, layers, softmaxes, t) for t in texts]
        joined = torch.cat(losses)
        return joined.sum() / max(len(joined), 1)

    epochs = estimator.pretrain_epochs
    plan = replace(training, epochs=epochs, schedule_epochs=epochs)
    return train(whole, batches, loss, plan).losses


def freeze_gradually(network: nn.Module, epoch: int) -> None:
    """Let the head learn first, the encoder from epoch 1, token vectors from 2 on."""
    network.encoder.requires_grad_(epoch >= 1)
    network.words.requires_grad_(epoch >= 2)


def _softmaxes(
    network: nn.Module, estimator: "TextNetwork", generator: torch.Generator
) -> nn.ModuleList:
    """Return a softmax over the vocabulary per direction."""
    with torch.device("meta"):
        made = nn.ModuleList(
            NextSymbol(estimator.hidden, network.words.table.num_embeddings)
            for _ in range(2 if estimator.bidirectional else 1)
        )
    made = made.to_empty(device="cpu")
    initialise(made, generator)
    return made


def _text_losses(
    words: nn.Module, layers: nn.Module, softmaxes: nn.ModuleList, text: TextBatch
) -> Tensor:
    """Return the loss of each neighbour that a direction has to tell."""
    vectors = words(text)
    symbols = nn.functional.pad(text.known, (1, 0))[text.places]
    places = torch.arange(symbols.shape[1], device=symbols.device)
    real = places[1:] < text.lengths[:, None]
    ahead, *back = layers.first_states(vectors, text.lengths)
    losses = [softmaxes[0].losses(ahead[:, :-1][real], symbols[:, 1:][real])]
    for states in back:
        losses.append(softmaxes[1].losses(states[:, 1:][real], symbols[:, :-1][real]))
    return torch.cat(losses)
