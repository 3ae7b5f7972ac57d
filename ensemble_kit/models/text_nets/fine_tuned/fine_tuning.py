"""From an estimator and its rows to trained last layers, and back to outputs."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ensemble_kit.features.encoders.encoders import batches, encoder_of
from ensemble_kit.models.text_nets.fine_tuned.fine_tuned_network import (
    FineTunedNetwork,
    Head,
    last_layers,
)
from ensemble_kit.models.text_nets.fine_tuned.states import State, TextRows
from ensemble_kit.models.text_nets.inputs.batches import (
    prediction_batches,
    training_batches,
)
from ensemble_kit.models.text_nets.networks.torch_layers import (
    attach_generator,
    initialise,
)
from ensemble_kit.models.text_nets.networks.torch_training import (
    choose_device,
    describe,
    precision,
    seeded,
    threads,
    torch_generator,
    train,
    training_of,
)
from ensemble_kit.models.text_nets.text_fitting import row_losses

if TYPE_CHECKING:
    from ensemble_kit.models.text_nets.fine_tuned.text_bert import TextBert
    from ensemble_kit.models.text_nets.text_estimator import Watch

Losses = Callable[[Tensor, NDArray[np.int64]], Tensor]
START_STEPS = 100  # of the linear model that the head starts as
LEAST_SCALE = 1e-6
CUT = 2**30  # tokens: batches are cut by rows alone


def fit_weights(
    estimator: "TextBert",
    rows: TextRows,
    target: NDArray[Any],
    weight: NDArray[np.float64],
    watch: "Watch | None" = None,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the weights that were trained for an estimator, and their history."""
    device = choose_device(estimator.device)
    losses = _losses(estimator, target, weight, device)
    with threads(estimator.n_jobs):
        network = empty_network(estimator)
        generator = torch_generator(torch.device("cpu"), estimator.seed_, 0)
        initialise(network.head, generator)
        network.to(device)
        attach_generator(network, torch_generator(device, estimator.seed_, 1))
        _start_head(estimator, network, rows, losses)
        training = replace(
            training_of(
                estimator,
                epochs=estimator.epochs_,
                schedule_epochs=estimator.schedule_epochs_,
            ),
            rates=network.rates(estimator.layer_decay, estimator.head_rate),
        )
        look = watch and _watcher(estimator, network, *watch)
        if look:
            look(0)
        history = train(
            network,
            _epoch_batches(estimator, rows.lengths),
            _loss(estimator, network, rows, losses),
            training,
            look,
        )
    return _trained_arrays(network), describe(history)


def load_network(estimator: "TextBert") -> FineTunedNetwork:
    """Return the network with the estimator's fitted weights."""
    network = empty_network(estimator)
    weights = {
        name: torch.from_numpy(value.copy())
        for name, value in estimator.weights_.items()
    }
    network.load_state_dict(weights, strict=False)
    return network.to(choose_device(estimator.device))


def network_outputs(
    estimator: "TextBert", network: FineTunedNetwork, rows: TextRows
) -> NDArray[np.float64]:
    """Return a network's outputs, in the rows' order and in float64.

    The head sums row by row: a product of matrices gives equal rows other last bits by
    their place in the table.
    """
    head = network.head
    device = next(head.parameters()).device
    network.eval()
    with threads(estimator.n_jobs), torch.no_grad():
        vectors = _vectors(network, rows, device)
        read = head.rows(vectors, *_table(rows, np.arange(len(rows)), device)).double()
        sums = [(read * weights).sum(dim=1) for weights in head.linear.weight.double()]
        outputs = torch.stack(sums, dim=1) + head.linear.bias.double()
    return outputs.cpu().numpy()


def empty_network(estimator: "TextBert") -> FineTunedNetwork:
    """Return a network with the encoder's layers and a head without values.

    Building the head on torch's meta device leaves the global generator alone.
    """
    state = estimator.preparation_
    encoder = encoder_of(estimator.encoder_, estimator.max_length, estimator.pooling)
    numbers = state["numbers"]
    with torch.device("meta"):
        head = Head(
            n_vectors=state["roles"].count("text") * encoder.folder.n_dimensions,
            n_numbers=len(numbers["knots"]) + int(numbers["missing"].sum()),
            levels=[len(levels) + 1 for levels in state["levels"]],
            n_outputs=estimator.n_outputs_,
            dropout=estimator.dropout,
        )
    top = last_layers(encoder, estimator.layers_, estimator.dropout)
    return FineTunedNetwork(top, head.to_empty(device="cpu"), encoder.pooling)


def _start_head(
    estimator: "TextBert", network: FineTunedNetwork, rows: TextRows, losses: Losses
) -> None:
    """Fit the head alone, on the vectors that the encoder gives untrained."""
    head, every = network.head, np.arange(len(rows))
    device = next(head.parameters()).device
    network.eval()
    with torch.no_grad():
        vectors = _vectors(network, rows, device)
        center = vectors.mean(dim=0)
        spread = (vectors - center).square().mean(dim=0).sqrt()
        head.center.copy_(center)
        head.scale.copy_(torch.where(spread > LEAST_SCALE, spread, 1.0))
        head.linear.weight.zero_()
    table = _table(rows, every, device)
    penalty = 0.5 * estimator.start_penalty / len(rows)
    solver = torch.optim.LBFGS(
        head.parameters(), max_iter=START_STEPS, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        solver.zero_grad()
        loss = losses(head(vectors, *table), every).mean()
        # Levels too: else they would grow where the weights on them must not.
        for matrix in (head.linear.weight, *head.levels.parameters()):
            loss = loss + penalty * matrix.square().sum()
        loss.backward()
        return loss

    solver.step(closure)


def _vectors(network: FineTunedNetwork, rows: TextRows, device: torch.device) -> Tensor:
    """Return the vectors of each row's texts side by side.

    A text that several rows have is read once, and on a CPU by itself, so that its
    vector is the same bits whatever the other rows are.
    """
    width = network.head.center.shape[0] // max(len(rows.texts), 1)
    parts = [torch.empty((len(rows), 0), device=device)]
    for column in rows.texts:
        texts, places = _distinct(column)
        vectors = torch.empty((len(texts), width), device=device)
        together = batches([len(state) for state in texts])
        alone = ([number] for number in range(len(texts)))
        for numbers in together if device.type == "cuda" else alone:
            with precision(device):
                found = network.vectors(*_padded([texts[n] for n in numbers], device))
            vectors[numbers] = found.float()
        parts.append(vectors[places])
    return torch.cat(parts, dim=1)


def _distinct(states: Sequence[State]) -> tuple[list[State], list[int]]:
    """Return the different states, and which of them each one is."""
    found: dict[bytes, int] = {}
    different: list[State] = []
    places: list[int] = []
    for state in states:
        key = hashlib.blake2b(state.tobytes(), digest_size=16).digest()
        if key not in found:
            found[key] = len(different)
            different.append(state)
        places.append(found[key])
    return different, places


def _table(
    rows: TextRows, numbers: NDArray[np.int64], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the numbers and the categories of some rows."""
    return (
        torch.from_numpy(rows.numbers[numbers]).to(device),
        torch.from_numpy(rows.categories[numbers]).to(device),
    )


def _padded(states: Sequence[State], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return states as one tensor, zeros behind the short ones, and their lengths."""
    lengths = np.array([len(state) for state in states])
    shape = (len(states), lengths.max(), *states[0].shape[1:])
    values = np.zeros(shape, states[0].dtype)
    for at, state in enumerate(states):
        values[at, : len(state)] = state
    return torch.from_numpy(values).to(device), torch.from_numpy(lengths).to(device)


def _losses(
    estimator: "TextBert",
    target: NDArray[Any],
    weight: NDArray[np.float64],
    device: torch.device,
) -> Losses:
    """Return what gives the weighted loss of each of some rows."""
    regression = target.dtype.kind == "f"
    wanted = target.astype(np.float32 if regression else np.int64)
    y = torch.from_numpy(wanted).to(device)
    w = torch.from_numpy((weight / weight.mean()).astype(np.float32)).to(device)
    smoothing = 0.0 if regression else estimator.label_smoothing

    def losses(outputs: Tensor, part: NDArray[np.int64]) -> Tensor:
        at = torch.from_numpy(part).to(device)
        return row_losses(outputs.float(), y[at], smoothing, regression) * w[at]

    return losses


def _epoch_batches(
    estimator: "TextBert", lengths: NDArray[np.int64]
) -> Callable[[int], Sequence[NDArray[np.int64]]]:
    """Return what gives the row numbers of an epoch's batches."""

    def of_epoch(epoch: int) -> Sequence[NDArray[np.int64]]:
        generator = seeded(estimator.seed_, 2, epoch)
        return training_batches(lengths, estimator.batch_size, CUT, generator)

    return of_epoch


def _loss(
    estimator: "TextBert", network: FineTunedNetwork, rows: TextRows, losses: Losses
) -> Callable[[NDArray[np.int64]], Iterator[Tensor]]:
    """Return what gives the mean loss of a batch, in parts that add up to it."""
    device = next(network.head.parameters()).device
    limits = (estimator.batch_size, estimator.tokens_at_once)

    def parts(batch: NDArray[np.int64]) -> Iterator[Tensor]:
        for at in prediction_batches(rows.lengths[batch], *limits):
            part = batch[at]
            texts = [_padded([c[n] for n in part], device) for c in rows.texts]
            with precision(device):
                outputs = network(texts, *_table(rows, part, device))
            yield losses(outputs, part).sum() / len(batch)

    return parts


def _watcher(
    estimator: "TextBert",
    network: FineTunedNetwork,
    X: Any,
    score: Callable[..., None],
) -> Callable[[int], None]:
    """Return what scores the rows of X after an epoch."""
    rows = estimator.encode(X)
    return lambda epoch: score(epoch, network_outputs(estimator, network, rows))


def _trained_arrays(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Return the weights that are not the encoder's own."""
    trained = {n: w for n, w in network.named_parameters() if w.requires_grad}
    kept = {**trained, **{f"head.{n}": b for n, b in network.head.named_buffers()}}
    return {name: w.detach().cpu().numpy().copy() for name, w in kept.items()}
