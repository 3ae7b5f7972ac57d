"""The network of the sequence tagger, its training and its outputs."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from ensemble_kit.models.tagging.spans import allowed_steps, are_spans, best_path
from ensemble_kit.models.text_nets.inputs.batches import (
    prediction_batches,
    training_batches,
)
from ensemble_kit.models.text_nets.inputs.rows import Rows
from ensemble_kit.models.text_nets.inputs.tensors import TextBatch, make_batch
from ensemble_kit.models.text_nets.inputs.vocabulary import encode_tokens
from ensemble_kit.models.text_nets.networks.recurrent_layers import RecurrentLayers
from ensemble_kit.models.text_nets.networks.text_networks import TokenVectors
from ensemble_kit.models.text_nets.networks.torch_layers import (
    Dropout,
    attach_generator,
    initialise,
)
from ensemble_kit.models.text_nets.networks.torch_training import (
    choose_device,
    describe,
    load_arrays,
    seeded,
    threads,
    to_arrays,
    torch_generator,
    train,
    training_of,
)

Steps = tuple[NDArray[np.bool_], NDArray[np.bool_]] | None
BARRED = -1e4
CODES = 512  # characters are numbered by their code point, modulo this
LONGEST = 24  # characters of a token that are read


class TaggingNetwork(nn.Module):
    """Token vectors, characters, recurrent layers, and a score per tag.

    Parameters
    ----------
    n_known, n_tags : int
    tagger : SequenceTagger
        Its parameters give the sizes.
    """

    def __init__(self, n_known: int, n_tags: int, tagger: BaseEstimator):
        super().__init__()
        size = tagger.embedding_dim
        self.words = TokenVectors(
            n_known,
            size,
            tagger.subwords,
            tagger.buckets,
            0.0,
            tagger.embedding_dropout,
        )
        if tagger.char_filters:
            self.characters = nn.Embedding(CODES, 16)
            self.filters = nn.Conv1d(16, tagger.char_filters, 3, padding=1)
        self.layers = RecurrentLayers(
            cell="lstm",
            n_inputs=size + tagger.char_filters,
            n_hidden=tagger.hidden,
            n_layers=tagger.layers,
            bidirectional=True,
            residual=True,
            dropout=tagger.dropout,
            norm="none",
        )
        self.dropout = Dropout(tagger.dropout)
        self.scores = nn.Linear(self.layers.n_outputs, n_tags)
        if tagger.crf:
            from torchcrf import CRF

            self.crf = CRF(n_tags, batch_first=True)

    def forward(self, text: TextBatch, characters: Tensor) -> Tensor:
        """Return (rows, tokens, n_tags)."""
        vectors = self.words(text)
        if hasattr(self, "filters"):
            types = nn.functional.pad(self._spelling(characters), (0, 0, 1, 0))
            spelling = nn.functional.embedding(text.places, types)
            vectors = torch.cat([vectors, spelling], dim=-1)
        return self.scores(self.dropout(self.layers(vectors, text.lengths)))

    def _spelling(self, characters: Tensor) -> Tensor:
        """Return the highest output of each filter over a type's characters."""
        if not len(characters):
            return self.filters.weight.new_zeros(0, self.filters.out_channels)
        outputs = self.filters(self.characters(characters).transpose(1, 2))
        return outputs.masked_fill((characters == 0)[:, None], -1e4).amax(2)


class Sequences:
    """Encoded sequences, and the characters of their types."""

    def __init__(self, texts: list[list[str]], vocabulary: Any):
        tokens = encode_tokens(texts, vocabulary)
        nothing = np.zeros((len(texts), 0))
        self.rows = Rows([tokens], nothing.astype(np.float32), nothing.astype(np.int64))
        self.lengths = tokens.lengths
        self.starts = tokens.starts
        self.codes = tokens.codes
        types = dict.fromkeys(token for text in texts for token in text)
        self.characters = np.zeros((len(types), LONGEST), dtype=np.int64)
        for row, token in enumerate(types):
            codes = [1 + ord(c) % (CODES - 1) for c in token[:LONGEST]]
            self.characters[row, : len(codes)] = codes

    def batch(
        self, part: NDArray[np.int64], device: torch.device
    ) -> tuple[TextBatch, Tensor]:
        """Return some sequences as tensors, with their types' characters."""
        text = make_batch(self.rows, part, device).texts[0]
        codes = [self.codes[self.starts[i] : self.starts[i + 1]] for i in part]
        types = np.unique(np.concatenate(codes))
        return text, torch.from_numpy(self.characters[types]).to(device)


def fit_tagger(
    tagger: BaseEstimator,
    texts: list[list[str]],
    tags: NDArray[np.int64],
    started: float,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the weights of a network trained on tagged sequences, and its history."""
    device = choose_device(tagger.device)
    sequences = Sequences(texts, tagger.vocabulary_)
    used = np.flatnonzero(sequences.lengths)
    with threads(tagger.n_jobs):
        network = _start(tagger).to(device)
        attach_generator(network, torch_generator(device, tagger.seed_, 1))

        def batches(epoch: int) -> list[NDArray[np.int64]]:
            limits = (tagger.batch_size, tagger.batch_tokens)
            draw = seeded(tagger.seed_, 2, epoch)
            parts = training_batches(sequences.lengths[used], *limits, draw)
            return [used[part] for part in parts]

        def loss(part: NDArray[np.int64]) -> Tensor:
            text, characters = sequences.batch(part, device)
            real = text.places > 0
            wanted = torch.zeros_like(text.places)
            rows = [tags[sequences.starts[i] : sequences.starts[i + 1]] for i in part]
            wanted[real] = torch.from_numpy(np.concatenate(rows)).to(device)
            scores = network(text, characters)
            if tagger.crf:
                return -network.crf(scores, wanted, mask=real, reduction="token_mean")
            return nn.functional.cross_entropy(scores[real], wanted[real])

        training = training_of(
            tagger, epochs=tagger.epochs, schedule_epochs=tagger.epochs, started=started
        )
        history = train(network, batches, loss, training)
    return to_arrays(network), describe(history)


def tag_scores(
    tagger: BaseEstimator, texts: list[list[str]]
) -> list[NDArray[np.float64]]:
    """Return the scores of each sequence's tokens, (n_tokens, n_tags)."""
    return [scores for scores, _ in _outputs(tagger, texts)]


def best_tags(tagger: BaseEstimator, texts: list[list[str]]) -> list[NDArray[np.int64]]:
    """Return the numbers of each sequence's tags."""
    return [tags for _, tags in _outputs(tagger, texts)]


@torch.no_grad()
def _outputs(tagger: BaseEstimator, texts: list[list[str]]) -> list[tuple[Any, Any]]:
    """Return (scores, tags) of each sequence."""
    device = choose_device(tagger.device)
    network = _load(tagger).to(device)
    sequences = Sequences(texts, tagger.vocabulary_)
    steps = allowed_steps(tagger.classes_) if are_spans(tagger.classes_) else None
    n_tags = len(tagger.classes_)
    outputs: list[Any] = [
        (np.zeros((0, n_tags)), np.zeros(0, dtype=int)) for _ in texts
    ]
    with threads(tagger.n_jobs):
        for part in prediction_batches(sequences.lengths, 64, tagger.batch_tokens):
            part = part[sequences.lengths[part] > 0]
            if not len(part):
                continue
            text, characters = sequences.batch(part, device)
            scores = network(text, characters)
            tags = _decode(network, scores, text.places > 0, steps)
            for row, number in enumerate(part):
                length = sequences.lengths[number]
                values = scores[row, :length].double().cpu().numpy()
                outputs[number] = values, np.asarray(tags[row][:length])
    return outputs


def _decode(
    network: TaggingNetwork, scores: Tensor, real: Tensor, steps: Steps
) -> list[Any]:
    """Return the best tags of each sequence, of spans only what may follow."""
    if hasattr(network, "crf"):
        _bar(network.crf, steps)
        return network.crf.decode(scores, mask=real)
    if steps is None:
        return list(scores.argmax(-1).cpu().numpy())
    logs = scores.double().log_softmax(-1).cpu().numpy()
    lengths = real.sum(dim=1).tolist()
    return [
        best_path(row[:length], *steps)
        for row, length in zip(logs, lengths, strict=True)
    ]


def _bar(crf: Any, steps: Steps) -> None:
    """Keep a loaded field from steps that no spans have."""
    if steps is None:
        return
    first, after = (
        torch.from_numpy(~flags).to(crf.transitions.device) for flags in steps
    )
    crf.start_transitions.masked_fill_(first, BARRED)
    crf.transitions.masked_fill_(after, BARRED)


def _empty(tagger: BaseEstimator) -> TaggingNetwork:
    """Return a network whose weights hold no values yet."""
    with torch.device("meta"):
        n_known = len(tagger.vocabulary_["terms"])
        network = TaggingNetwork(n_known, len(tagger.classes_), tagger)
    return network.to_empty(device="cpu")


def _start(tagger: BaseEstimator) -> TaggingNetwork:
    """Return a network with its start values."""
    network = _empty(tagger)
    generator = torch_generator(torch.device("cpu"), tagger.seed_, 0)
    initialise(network, generator)
    if tagger.crf:
        with torch.no_grad():
            for weight in network.crf.parameters():
                weight.uniform_(-0.1, 0.1, generator=generator)
    return network


def _load(tagger: BaseEstimator) -> TaggingNetwork:
    return load_arrays(_empty(tagger), tagger.weights_)
