"""The network that is fine-tuned: the last layers of an encoder, and a head."""

import copy
import re
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.encoders.encoder_networks import Bert, Foreign
from ensemble_kit.features.encoders.encoders import Encoder
from ensemble_kit.models.text_nets.networks.text_networks import level_size
from ensemble_kit.models.text_nets.networks.torch_layers import Dropout

PARTS = ("three", "read", "read_norm", "wide", "narrow", "thought_norm")
NUMBERED = re.compile(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)\.")


class LastLayers(nn.Module):
    """Copies of the last layers of a network of the kit.

    Parameters
    ----------
    network : Bert
    n_layers : int
    dropout : float
        Of what each half of a layer adds.
    """

    def __init__(self, network: Bert, n_layers: int, dropout: float):
        super().__init__()
        self.kind = network.kind
        n_below = len(network.layers) - n_layers
        self.layers = nn.ModuleList(map(_as_parameters, network.layers[n_below:]))
        self.drop = Dropout(dropout)

    def forward(self, states: Tensor, is_read: Tensor) -> Tensor:
        """Return the vectors of tokens from those below."""
        hidden = states.float()
        mask = None if bool(is_read.all()) else is_read[:, None, None, :]
        for layer in self.layers:
            pairs = {name: (layer[f"{name}_0"], layer[f"{name}_1"]) for name in PARTS}
            hidden = self.kind.through(hidden, pairs, mask, self.drop)
        return hidden

    def depths(self) -> dict[str, int]:
        """Return how far below the last each layer is, by how its weights' names
        begin."""
        n_layers = len(self.layers)
        return {f"layers.{n}.": n_layers - 1 - n for n in range(n_layers)}


class ForeignLayers(nn.Module):
    """A copy of a network of transformers, of which the last layers are trained.

    It stays as it is when it predicts: its dropout would draw from the generator that
    all of torch shares.

    Parameters
    ----------
    network : Foreign
    n_layers : int
    """

    def __init__(self, network: Foreign, n_layers: int):
        super().__init__()
        self.model = copy.deepcopy(network.model)
        self.numbers = _numbers(name for name, _ in self.model.named_parameters())
        self.n_below = len(set(self.numbers.values())) - n_layers
        for name, weight in self.model.named_parameters():
            weight.requires_grad_(self.numbers.get(name, -1) >= self.n_below)

    def train(self, mode: bool = True) -> "ForeignLayers":
        """Leave everything in the mode of prediction."""
        return super().train(False)

    def forward(self, ids: Tensor, is_read: Tensor) -> Tensor:
        """Return the vectors of tokens from their numbers."""
        mask = is_read.long()
        return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

    def depths(self) -> dict[str, int]:
        """Return how far below the last the layer of each trained weight is."""
        last = max(self.numbers.values(), default=0)
        trained = {n: at for n, at in self.numbers.items() if at >= self.n_below}
        return {f"model.{name}": last - at for name, at in trained.items()}


class Head(nn.Module):
    """A linear layer on the vectors of a row's texts, its numbers and categories.

    Parameters
    ----------
    n_vectors : int
        Numbers of all texts' vectors together; they are brought to mean 0 and
        deviation 1.
    n_numbers : int
    levels : sequence of int
        Levels of each category column, the unseen one included.
    n_outputs : int
    dropout : float
    """

    def __init__(
        self,
        n_vectors: int,
        n_numbers: int,
        levels: Sequence[int],
        n_outputs: int,
        dropout: float,
    ):
        super().__init__()
        self.register_buffer("center", torch.empty(n_vectors))
        self.register_buffer("scale", torch.empty(n_vectors))
        self.levels = nn.ModuleList(nn.Embedding(n, level_size(n)) for n in levels)
        n_row = n_vectors + n_numbers + sum(map(level_size, levels))
        self.drop = Dropout(dropout)
        self.linear = nn.Linear(n_row, n_outputs)

    def forward(self, vectors: Tensor, numbers: Tensor, categories: Tensor) -> Tensor:
        """Return (rows, n_outputs), before any softmax."""
        return self.linear(self.drop(self.rows(vectors, numbers, categories)))

    def rows(self, vectors: Tensor, numbers: Tensor, categories: Tensor) -> Tensor:
        """Return what the linear layer reads, (rows, n_row)."""
        codes = categories.unbind(1)
        parts = [e(code) for e, code in zip(self.levels, codes, strict=True)]
        scaled = (vectors - self.center) / self.scale
        return torch.cat([scaled, numbers, *parts], dim=1)


class FineTunedNetwork(nn.Module):
    """The last layers of an encoder, the pooling of tokens, and a head.

    Parameters
    ----------
    top : LastLayers or ForeignLayers
    head : Head
    pooling : {"mean", "cls"}
    """

    def __init__(self, top: LastLayers | ForeignLayers, head: Head, pooling: str):
        super().__init__()
        self.top = top
        self.head = head
        self.pooling = pooling

    def vectors(self, states: Tensor, lengths: Tensor) -> Tensor:
        """Return a vector for each text, (rows, n_dimensions); padding is not read."""
        places = torch.arange(states.shape[1], device=states.device)
        is_read = places < lengths[:, None]
        hidden = self.top(states, is_read)
        if self.pooling == "cls":
            return hidden[:, 0]
        return (hidden * is_read[:, :, None]).sum(1) / lengths[:, None]

    def forward(
        self,
        texts: Sequence[tuple[Tensor, Tensor]],
        numbers: Tensor,
        categories: Tensor,
    ) -> Tensor:
        """Return (rows, n_outputs), before any softmax."""
        parts = [self.vectors(states, lengths) for states, lengths in texts]
        vectors = torch.cat(parts, dim=1) if parts else numbers[:, :0]
        return self.head(vectors.float(), numbers, categories)

    def rates(self, decay: float, head_rate: float) -> Mapping[str, float]:
        """Return the factors on the learning rate, by how weights' names begin."""
        depths = self.top.depths().items()
        return {"head.": head_rate} | {f"top.{n}": decay**depth for n, depth in depths}


def last_layers(
    encoder: Encoder, n_layers: int, dropout: float
) -> LastLayers | ForeignLayers:
    """Return the layers of an encoder that are trained.

    Raises
    ------
    PipelineError
        When the layers of a network of transformers have no numbers.
    """
    network = encoder.network
    if isinstance(network, Bert):
        return LastLayers(network, n_layers, dropout)
    layers = ForeignLayers(network, n_layers) if isinstance(network, Foreign) else None
    if layers is None or not layers.numbers:
        raise PipelineError(
            f"the encoder {encoder.folder.path}: the weights of "
            f"{encoder.folder.architecture!r} are not numbered by layers, so that the "
            "last ones cannot be trained; take it as a sentence_encoder"
        )
    return layers


def _as_parameters(layer: Mapping[str, tuple[Tensor, Tensor]]) -> nn.ParameterDict:
    """Return copies of a layer's weights."""
    return nn.ParameterDict(
        {
            f"{name}_{at}": nn.Parameter(value.clone())
            for name in PARTS
            for at, value in enumerate(layer[name])
        }
    )


def _numbers(names: Iterable[str]) -> dict[str, int]:
    """Return the layer of each weight that is in one, counted from the first."""
    found = {name: NUMBERED.search(name) for name in names}
    return {name: int(match[1]) for name, match in found.items() if match}
