"""From sources and target texts to trained weights, and back to texts."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ensemble_kit.models.sequences.beam_search import Beams, search_beams
from ensemble_kit.models.sequences.networks import (
    Decoder,
    SequenceNetwork,
    TextSource,
)
from ensemble_kit.models.sequences.symbols import (
    NOWHERE,
    PADDING,
    START,
    Symbols,
    count_symbols,
)
from ensemble_kit.models.sequences.vector_cells import ImageSource, RowSource
from ensemble_kit.models.text_nets.inputs.batches import (
    prediction_batches,
    training_batches,
)
from ensemble_kit.models.text_nets.networks.torch_training import (
    choose_device,
    describe,
    load_arrays,
    precision,
    seeded,
    start,
    threads,
    to_arrays,
    train,
    training_of,
)

if TYPE_CHECKING:
    from ensemble_kit.models.sequences.sequence_estimator import (
        SequenceEstimator,
        Sources,
    )

PREDICTION_ROWS = 256
Look = Callable[[int, float], None]
Held = tuple["Sources", Symbols]


def fit_weights(
    estimator: "SequenceEstimator",
    sources: "Sources",
    targets: Symbols,
    weight: NDArray[np.float64],
    held: tuple[Held, Look] | None = None,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the weights of a network trained for an estimator, and its history.

    Parameters
    ----------
    estimator : SequenceEstimator
    sources : Sources
    targets : Symbols
    weight : ndarray of shape (n_rows,)
    held : tuple, optional
        Sources and targets of rows to look at after every epoch, and what is told
        the epoch and their loss per symbol.
    """
    device = choose_device(estimator.device)
    training = training_of(
        estimator,
        epochs=estimator.epochs_,
        schedule_epochs=estimator.schedule_epochs_,
    )
    with threads(estimator.n_jobs):
        network = empty_network(estimator)
        start(network, estimator.seed_, device)
        history = train(
            network,
            _epoch_batches(estimator, sources.lengths + targets.lengths),
            _Loss(estimator, network, sources, targets, weight, device),
            training,
            held and _watcher(network, device, *held),
        )
    return to_arrays(network), describe(history)


def find_texts(
    estimator: "SequenceEstimator", sources: "Sources"
) -> list[tuple[NDArray[np.int64], Beams]]:
    """Return row numbers, and the beams that were found for these rows, by batches."""
    device = choose_device(estimator.device)
    how = (estimator.beams, estimator.length_penalty, estimator.limit_)
    limits = (PREDICTION_ROWS, max(estimator.batch_tokens, 1))
    beams_of = []
    with threads(estimator.n_jobs), torch.no_grad():
        network = load_network(estimator).to(device)
        for part in prediction_batches(sources.lengths, *limits):
            with precision(device):
                beams = search_beams(network, sources.batch(part, device), *how)
            beams_of.append((part, beams))
    return beams_of


def attention_weights(
    estimator: "SequenceEstimator", sources: "Sources", codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return where one row's text looked, (symbols, places)."""
    device = choose_device(estimator.device)
    inputs = np.concatenate([[START], codes[:-1]])[None]
    with threads(estimator.n_jobs), torch.no_grad():
        network = load_network(estimator).to(device)
        batch = sources.batch(np.array([0]), device)
        _, weights = network(batch, torch.from_numpy(inputs).to(device))
    attention: NDArray[np.float64] = weights[0].double().cpu().numpy()
    return attention


def load_network(estimator: "SequenceEstimator") -> SequenceNetwork:
    """Return a network with the estimator's fitted weights."""
    return load_arrays(empty_network(estimator), estimator.weights_)


def empty_network(estimator: "SequenceEstimator") -> SequenceNetwork:
    """Return a network whose weights hold no values yet.

    Building it on torch's meta device leaves the global generator alone.
    """
    with torch.device("meta"):
        encoder = _encoder(estimator)
        decoder = Decoder(
            n_symbols=count_symbols(estimator.target_vocabulary_),
            size=estimator.embedding_dim,
            cell=estimator.cell,
            hidden=estimator.hidden,
            attention=estimator.attention,
            n_memory=encoder.n_memory,
            n_summary=encoder.n_summary,
            dropout=estimator.dropout,
        )
        network = SequenceNetwork(encoder, decoder)
    return network.to_empty(device="cpu")


def _encoder(estimator: "SequenceEstimator") -> Any:
    """Return the encoder of an estimator's sources."""
    state = estimator.source_
    if state["kind"] == "text":
        return TextSource(
            n_symbols=count_symbols(state["vocabulary"]),
            size=estimator.embedding_dim,
            cell=estimator.cell,
            hidden=estimator.hidden,
            layers=estimator.layers,
            embedding_dropout=estimator.embedding_dropout,
            dropout=estimator.dropout,
        )
    shape = tuple(state["shape"])
    if state["kind"] == "image":
        return ImageSource(shape, estimator.hidden, estimator.layers, estimator.dropout)
    return RowSource(shape[0], estimator.hidden, estimator.dropout)


def _epoch_batches(
    estimator: "SequenceEstimator", lengths: NDArray[np.int64]
) -> Callable[[int], Sequence[tuple[int, int, NDArray[np.int64]]]]:
    """Return what gives the batches of an epoch: rows of like length."""

    def batches(epoch: int) -> Sequence[tuple[int, int, NDArray[np.int64]]]:
        limits = (estimator.batch_size, estimator.batch_tokens)
        generator = seeded(estimator.seed_, 2, epoch)
        rows = training_batches(lengths, *limits, generator)
        return [(epoch, number, part) for number, part in enumerate(rows)]

    return batches


class _Loss:
    """The loss of a batch: the mean of its rows' cross-entropies per symbol.

    With scheduled sampling a share of the known symbols that the decoder reads, which
    grows with the epochs, is replaced by what the network itself would have written
    there (Bengio et al. 2015), all places of a text at once (Duckworth et al. 2019).
    """

    def __init__(
        self,
        estimator: "SequenceEstimator",
        network: SequenceNetwork,
        sources: "Sources",
        targets: Symbols,
        weight: NDArray[np.float64],
        device: torch.device,
    ):
        self.estimator = estimator
        self.network = network
        self.sources = sources
        self.targets = targets
        self.weight = torch.from_numpy((weight / weight.mean()).astype(np.float32))
        self.device = device
        self.copies = bool((targets.places != NOWHERE).any())

    def __call__(self, batch: tuple[int, int, NDArray[np.int64]]) -> Tensor:
        epoch, number, rows = batch
        wanted = torch.from_numpy(self.targets.padded(rows)).to(self.device)
        read = self.sources.batch(rows, self.device)
        inputs = shifted(wanted)
        share = self._share(epoch)
        with precision(self.device):
            if share:
                inputs = self._sampled(read, inputs, share, epoch, number)
            scores, looked = self.network(read, inputs)
        smoothing = self.estimator.label_smoothing
        each = symbol_losses(scores.float(), wanted, smoothing)
        if self.copies:
            places = torch.from_numpy(self.targets.padded_places(rows))
            each = each + copy_losses(looked.float(), places.to(self.device))
        weight = self.weight[rows].to(self.device)[:, None] * (wanted != PADDING)
        return (each * weight).sum() / weight.sum()

    def _share(self, epoch: int) -> float:
        """Return which share of the symbols is the network's own in an epoch."""
        longest = max(self.estimator.schedule_epochs_ - 1, 1)
        return float(self.estimator.scheduled_sampling * min(epoch / longest, 1.0))

    def _sampled(
        self, read: Any, inputs: Tensor, share: float, epoch: int, number: int
    ) -> Tensor:
        """Return inputs, some of them as the network would have written them."""
        with torch.no_grad():
            own = self.network(read, inputs)[0].argmax(-1)
        drawn = seeded(self.estimator.seed_, 3, epoch, number).random(inputs.shape)
        replaced = torch.from_numpy(drawn < share).to(self.device)
        replaced[:, 0] = False
        replaced &= inputs != PADDING
        return torch.where(replaced, own.roll(1, dims=1), inputs)


def shifted(wanted: Tensor) -> Tensor:
    """Return what a decoder reads so that it tells these symbols."""
    start = torch.full_like(wanted[:, :1], START)
    return torch.cat([start, wanted[:, :-1]], dim=1)


def symbol_losses(scores: Tensor, wanted: Tensor, label_smoothing: float) -> Tensor:
    """Return the cross-entropy of each symbol, (rows, steps)."""
    return nn.functional.cross_entropy(
        scores.transpose(1, 2),
        wanted,
        reduction="none",
        label_smoothing=label_smoothing,
    )


def copy_losses(weights: Tensor, places: Tensor) -> Tensor:
    """Return for each symbol that is copied how little the decoder looks there.

    Parameters
    ----------
    weights : Tensor of shape (rows, steps, places)
    places : Tensor of int of shape (rows, steps)
        NOWHERE for symbols that are not copied.
    """
    there = weights.gather(2, places.clamp(min=0)[:, :, None])[:, :, 0]
    return torch.where(places == NOWHERE, 0.0, -torch.log(there.clamp(min=1e-6)))


def _watcher(
    network: SequenceNetwork, device: torch.device, held: Held, look: Look
) -> Callable[[int], None]:
    """Return what tells the loss of held rows after an epoch."""
    sources, targets = held

    def after_epoch(epoch: int) -> None:
        look(epoch, _held_loss(network, sources, targets, device))

    return after_epoch


def _held_loss(
    network: SequenceNetwork, sources: "Sources", targets: Symbols, device: torch.device
) -> float:
    """Return the mean loss of rows' texts, in nats per text."""
    total = 0.0
    lengths = sources.lengths + targets.lengths
    with torch.no_grad():
        for rows in prediction_batches(lengths, PREDICTION_ROWS, 1 << 15):
            wanted = torch.from_numpy(targets.padded(rows)).to(device)
            with precision(device):
                scores, _ = network(sources.batch(rows, device), shifted(wanted))
            each = symbol_losses(scores.float(), wanted, 0.0)
            total += float((each * (wanted != PADDING)).sum())
    return total / max(len(targets), 1)
