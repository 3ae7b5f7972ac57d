"""What the layers that stay as they are make of texts: computed once, and kept."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.features.encoders.encoder_networks import Bert
from ensemble_kit.features.encoders.encoders import Encoder
from ensemble_kit.features.encoders.kept_vectors import text_key

MOST_KEPT = 2**29  # bytes, in this process; what a fit needs it holds besides
State = NDArray[np.generic]


@dataclass(frozen=True)
class TextRows:
    """Rows as the trained layers and the head take them.

    Parameters
    ----------
    texts : list over text columns of lists over rows of State
        Vectors of tokens in half precision, (n_tokens, n_dimensions), or the numbers
        of tokens, (n_tokens,), where the network is none of the kit.
    numbers : ndarray of float32 of shape (n_rows, n_numbers)
    categories : ndarray of int64 of shape (n_rows, n_categories)
    """

    texts: list[list[State]]
    numbers: NDArray[np.float32]
    categories: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return each row's number of tokens, all text columns together."""
        total = np.zeros(len(self), dtype=np.int64)
        for column in self.texts:
            total += np.array([len(state) for state in column], dtype=np.int64)
        return total


@dataclass
class Kept:
    """States by what they follow from; the oldest go where there are too many."""

    states: OrderedDict[tuple[str, int, bytes], State] = field(
        default_factory=OrderedDict
    )
    n_bytes: int = 0

    def add(self, key: tuple[str, int, bytes], state: State) -> None:
        """Keep a state."""
        self.states[key] = state
        self.n_bytes += state.nbytes
        while self.n_bytes > MOST_KEPT:
            self.n_bytes -= self.states.popitem(last=False)[1].nbytes


_kept = Kept()


def read_states(encoder: Encoder, texts: Sequence[str], n_layers: int) -> list[State]:
    """Return what the first layers of an encoder make of each text.

    A network of transformers is trained as a whole, and only the numbers of tokens are
    returned.
    """
    if not isinstance(encoder.network, Bert):
        return [np.array(ids, dtype=np.int64) for ids in encoder.tokens(texts)]
    keys = [(encoder.key, n_layers, text_key(text)) for text in texts]
    states = {key: _kept.states[key] for key in keys if key in _kept.states}
    missing = {key: t for key, t in zip(keys, texts, strict=True) if key not in states}
    read = _read(encoder, encoder.network, list(missing.values()), n_layers)
    for key, state in zip(missing, read, strict=True):
        states[key] = state
        _kept.add(key, state)
    return [states[key] for key in keys]


def _read(
    encoder: Encoder, network: Bert, texts: list[str], n_layers: int
) -> list[State]:
    """Return the states of texts, each read by itself.

    In company the last bits of a text would depend on the others, and what is fitted
    on them on what this process has read before.
    """
    import torch

    largest = float(np.finfo(np.float16).max)
    states: list[State] = []
    with torch.inference_mode():
        for ids in encoder.tokens(texts):
            hidden = network.read(torch.tensor([ids]), n_layers)
            states.append(hidden[0].clamp(-largest, largest).half().numpy())
    return states
