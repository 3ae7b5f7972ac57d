"""Tables with a vector for each token, whatever stands beside it: model2vec's.

A folder has ``embeddings`` in its safetensors, and may have ``weights`` of the tokens
and a ``mapping`` from tokens to vectors, where many tokens share one. A text's vector
is the mean over its tokens; what frames a text for other encoders, and tokens that are
not known, are left out (van Dongen and Tulkens 2024).
"""

from collections.abc import Mapping
from typing import Any

STATIC = "model2vec"
EMBEDDINGS, WEIGHTS, MAPPING = "embeddings", "weights", "mapping"


def is_static(config: Mapping[str, Any]) -> bool:
    """Return whether a configuration is that of a table of vectors."""
    return config.get("model_type") == STATIC


def facts_of(header: Mapping[str, Any]) -> dict[str, int]:
    """Return the length of a vector and the number of tokens, by a file's header.

    Empty where the file holds no table.

    Examples
    --------
    >>> facts_of({"embeddings": {"shape": [100, 8]}})
    {'hidden_size': 8, 'vocab_size': 100}
    """
    shape = header.get(EMBEDDINGS, {}).get("shape", ())
    if len(shape) != 2:
        return {}
    n_words = header.get(MAPPING, {}).get("shape", shape)[0]
    return {"hidden_size": int(shape[1]), "vocab_size": int(n_words)}


class StaticTable:
    """A network that looks tokens up.

    Parameters
    ----------
    tensors : mapping of str to tensor
    """

    def __init__(self, tensors: Mapping[str, Any]):
        import torch

        vectors = tensors[EMBEDDINGS]
        if MAPPING in tensors:
            vectors = vectors[tensors[MAPPING].long()]
        if WEIGHTS in tensors:
            vectors = vectors * tensors[WEIGHTS][:, None]
        # The last row is what a text without a known token has.
        self.vectors = torch.nn.functional.pad(vectors, (0, 0, 0, 1))

    def __call__(self, ids: Any) -> Any:
        """Return the vectors of tokens."""
        return self.vectors[ids]
