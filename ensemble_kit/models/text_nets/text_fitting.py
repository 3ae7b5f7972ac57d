"""From an estimator and encoded rows to trained weights, and back to outputs."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ensemble_kit.arrays import MatrixLike, TextsLike
from ensemble_kit.models.text_nets.encoder_choice import make_encoder
from ensemble_kit.models.text_nets.inputs.batches import (
    prediction_batches,
    training_batches,
)
from ensemble_kit.models.text_nets.inputs.rows import Rows
from ensemble_kit.models.text_nets.inputs.tensors import make_batch
from ensemble_kit.models.text_nets.inputs.vectors import (
    StartVectors,
    start_vectors,
)
from ensemble_kit.models.text_nets.networks.text_networks import (
    TextNetwork,
    TokenVectors,
)
from ensemble_kit.models.text_nets.networks.torch_layers import (
    attach_generator,
    initialise,
)
from ensemble_kit.models.text_nets.networks.torch_training import (
    Training,
    choose_device,
    describe,
    load_arrays,
    precision,
    seeded,
    threads,
    to_arrays,
    torch_generator,
    train,
    training_of,
)
from ensemble_kit.models.text_nets.text_pretraining import freeze_gradually, pretrain

if TYPE_CHECKING:
    from ensemble_kit.models.text_nets.text_estimator import Watch
    from ensemble_kit.models.text_nets.text_net import TextNetwork

PREDICTION_ROWS = 256


def fit_weights(
    estimator: "TextNetwork",
    rows: Rows,
    texts: pd.DataFrame,
    target: NDArray[Any],
    weight: NDArray[np.float64],
    watch: "Watch | None" = None,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any], float | None]:
    """Return the weights of a network trained for an estimator, its history, and the
    share of the texts' tokens that had a start vector."""
    device = choose_device(estimator.device)
    training = training_of(
        estimator,
        epochs=estimator.epochs_,
        schedule_epochs=estimator.schedule_epochs_,
        embedding_rate=estimator.embedding_rate,
    )
    with threads(estimator.n_jobs):
        vectors = start_vectors(estimator, texts)
        network = start_network(estimator, vectors).to(device)
        attach_generator(network, torch_generator(device, estimator.seed_, 1))
        _pretrain(estimator, network, rows, training)
        history = train(
            network,
            _epoch_batches(estimator, network, rows.lengths),
            _loss(estimator, network, rows, target, weight, device),
            training,
            watch and _watcher(estimator, network, *watch),
        )
    coverage = None if vectors is None else vectors.coverage
    return to_arrays(network), describe(history), coverage


def network_outputs(
    estimator: "TextNetwork", rows: Rows, network: nn.Module | None = None
) -> NDArray[np.float64]:
    """Return a network's outputs, in the rows' order and in float64.

    Without a network, one is built from the estimator's fitted weights.
    """
    device = choose_device(estimator.device)
    network = network or load_network(estimator).to(device)
    outputs = np.empty((len(rows), estimator.n_outputs_))
    limits = (PREDICTION_ROWS, max(estimator.batch_tokens, 1))
    with threads(estimator.n_jobs), torch.no_grad():
        for part in prediction_batches(rows.lengths, *limits):
            with precision(device):
                output = network(make_batch(rows, part, device))
            outputs[part] = output.double().cpu().numpy()
    return outputs


def start_network(estimator: "TextNetwork", vectors: StartVectors | None) -> nn.Module:
    """Return an untrained network with its start values."""
    network = empty_network(estimator)
    initialise(network, torch_generator(torch.device("cpu"), estimator.seed_, 0))
    with torch.no_grad():
        network.head[-1].weight.zero_()
        pairs = estimator.preparation_.get("pairs", ())
        if len(pairs):
            network.encoder.get_buffer("known").copy_(torch.from_numpy(pairs))
        if vectors is not None:
            values = torch.from_numpy(vectors.values)
            network.words.table.weight[vectors.numbers] = values
    network.words.requires_grad_(bool(estimator.embedding_rate))
    return network


def load_network(estimator: "TextNetwork") -> nn.Module:
    """Return a network with the estimator's fitted weights."""
    return load_arrays(empty_network(estimator), estimator.weights_)


def empty_network(estimator: "TextNetwork") -> nn.Module:
    """Return a network whose weights hold no values yet.

    Building it on torch's meta device leaves the global generator alone.
    """
    state = estimator.preparation_
    numbers = state["numbers"]
    with torch.device("meta"):
        network = TextNetwork(
            words=TokenVectors(
                n_known=len(state["vocabulary"]["terms"]),
                size=estimator.embedding_dim,
                subwords=estimator.subwords,
                buckets=estimator.buckets,
                token_dropout=estimator.token_dropout,
                dropout=estimator.embedding_dropout,
            ),
            encoder=make_encoder(estimator),
            n_texts=state["roles"].count("text"),
            n_numbers=len(numbers["knots"]) + int(numbers["missing"].sum()),
            levels=[len(levels) + 1 for levels in state["levels"]],
            n_outputs=estimator.n_outputs_,
            n_head=estimator.head,
            dropout=estimator.dropout,
            norm=estimator.norm,
        )
    return network.to_empty(device="cpu")


def row_losses(
    outputs: Tensor, target: Tensor, label_smoothing: float, regression: bool
) -> Tensor:
    """Return each row's loss: squared error, or cross-entropy."""
    if regression:
        return (outputs[:, 0] - target) ** 2
    return nn.functional.cross_entropy(
        outputs, target, reduction="none", label_smoothing=label_smoothing
    )


def _watcher(
    estimator: "TextNetwork",
    network: nn.Module,
    X: MatrixLike | TextsLike,
    score: Callable[..., None],
) -> Callable[[int], None]:
    """Return what scores the rows of X after an epoch."""
    rows = estimator.encode(X)
    return lambda epoch: score(epoch, network_outputs(estimator, rows, network))


def _pretrain(
    estimator: "TextNetwork", network: nn.Module, rows: Rows, training: Training
) -> None:
    """Pre-train a recurrent network where that is asked for."""
    if estimator.pretrain_epochs and rows.lengths.any():
        generator = torch_generator(torch.device("cpu"), estimator.seed_, 4)
        pretrain(network, rows, estimator, training, generator)


def _epoch_batches(
    estimator: "TextNetwork", network: nn.Module, lengths: NDArray[np.int64]
) -> Callable[[int], Sequence[NDArray[np.int64]]]:
    """Return what gives the row numbers of an epoch's batches."""

    def batches(epoch: int) -> Sequence[NDArray[np.int64]]:
        if estimator.gradual_unfreezing:
            freeze_gradually(network, epoch)
        generator = seeded(estimator.seed_, 2, epoch)
        limits = (estimator.batch_size, estimator.batch_tokens)
        return training_batches(lengths, *limits, generator)

    return batches


def _loss(
    estimator: "TextNetwork",
    network: nn.Module,
    rows: Rows,
    target: NDArray[Any],
    weight: NDArray[np.float64],
    device: torch.device,
) -> Callable[[NDArray[np.int64]], Tensor]:
    """Return what gives the loss of a batch: the mean over rows, weighted.

    A row of weight 2 counts as two rows: weights are relative to their mean.
    """
    regression = target.dtype.kind == "f"
    y = torch.from_numpy(target.astype(np.float32 if regression else np.int64))
    w = torch.from_numpy((weight / weight.mean()).astype(np.float32))
    smoothing = 0.0 if regression else estimator.label_smoothing

    def loss(part: NDArray[np.int64]) -> Tensor:
        with precision(device):
            outputs = network(make_batch(rows, part, device))
        wanted = y[part].to(device)
        each = row_losses(outputs.float(), wanted, smoothing, regression)
        return (each * w[part].to(device)).mean()

    return loss
