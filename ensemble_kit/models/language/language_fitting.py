"""From a language model and symbols to trained weights, losses and samples."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.models.language.language_networks import (
    LanguageNetwork,
    State,
    detach,
)
from ensemble_kit.models.language.language_symbols import (
    END,
    UNKNOWN,
    count_symbols,
    stream_chunks,
)
from ensemble_kit.models.text_nets.inputs.batches import prediction_batches
from ensemble_kit.models.text_nets.networks.torch_training import (
    choose_device,
    describe,
    load_arrays,
    seeded,
    start,
    threads,
    to_arrays,
    train,
    training_of,
)

PADDING = -1


def fit_language(
    model: BaseEstimator, texts: list[NDArray[np.int64]], started: float
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the weights of a network trained on texts, and its history."""
    device = choose_device(model.device)
    with threads(model.n_jobs):
        network = _empty_network(model)
        start(network, model.seed_, device)
        states: list[Any] = []

        def loss(chunk: tuple[int, NDArray[np.int64]]) -> torch.Tensor:
            number, symbols = chunk
            tokens = torch.from_numpy(symbols.copy()).to(device)
            before = states if number else []
            features, after = network(tokens[:, :-1], before)
            states[:] = detach(after)
            wanted = tokens[:, 1:].reshape(-1)
            return network.softmax.losses(features.flatten(0, 1), wanted).mean()

        def chunks(epoch: int) -> list[tuple[int, NDArray[np.int64]]]:
            generator = seeded(model.seed_, 2, epoch)
            return stream_chunks(texts, model.n_streams, model.n_steps, generator)

        training = training_of(
            model, epochs=model.epochs, schedule_epochs=model.epochs, started=started
        )
        history = train(network, chunks, loss, training)
    return to_arrays(network), describe(history)


@torch.no_grad()
def token_losses(
    model: BaseEstimator, texts: list[NDArray[np.int64]]
) -> list[NDArray[np.float64]]:
    """Return minus the log probability of every symbol after the first."""
    device = choose_device(model.device)
    network = _load_network(model).to(device)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    losses_of_texts: list[Any] = [None] * len(texts)
    with threads(model.n_jobs):
        for part in prediction_batches(lengths, 64, 4096):
            padded = np.full((len(part), lengths[part].max()), PADDING, dtype=np.int64)
            for row, text in enumerate(part):
                padded[row, : lengths[text]] = texts[text]
            tokens = torch.from_numpy(padded).to(device)
            features, _ = network(tokens[:, :-1].clamp(min=0), [])
            real = tokens[:, 1:] >= 0
            losses = network.softmax.losses(features[real], tokens[:, 1:][real])
            ends = np.cumsum(lengths[part] - 1)[:-1]
            values = np.split(losses.double().cpu().numpy(), ends)
            for text, value in zip(part, values, strict=True):
                losses_of_texts[text] = value
    return losses_of_texts


@torch.no_grad()
def draw_symbols(
    model: BaseEstimator,
    start: NDArray[np.int64],
    n_tokens: int,
    temperature: float,
    generator: np.random.RandomState,
) -> list[int]:
    """Return symbols drawn one after the other, without the END that ends them."""
    network = _load_network(model)
    drawn: list[int] = []
    tokens = torch.from_numpy(start)[None]
    states: list[State] = []
    for _ in range(n_tokens):
        features, states = network(tokens, states)
        logits = network.softmax.log_probabilities(features[:, -1])[0].double().numpy()
        logits[UNKNOWN] = -np.inf
        chances = np.exp((logits - logits.max()) / temperature)
        symbol = int(generator.choice(len(chances), p=chances / chances.sum()))
        if symbol == END:
            break
        drawn.append(symbol)
        tokens = torch.tensor([[symbol]])
    return drawn


def _empty_network(model: BaseEstimator) -> LanguageNetwork:
    """Return a network whose weights hold no values yet."""
    with torch.device("meta"):
        network = LanguageNetwork(
            n_symbols=count_symbols(model.vocabulary_),
            cell=model.cell,
            embedding_dim=model.embedding_dim,
            hidden=model.hidden,
            layers=model.layers,
            window=model.window,
            dropout=model.dropout,
        )
    return network.to_empty(device="cpu")


def _load_network(model: BaseEstimator) -> LanguageNetwork:
    return load_arrays(_empty_network(model), model.weights_)
