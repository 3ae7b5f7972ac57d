"""The networks of encoders: token numbers to vectors of tokens.

What BERT and RoBERTa are made of is written out here, since it needs nothing but
torch and starts at once; other architectures are left to transformers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from ensemble_kit.exceptions import PipelineError, require
from ensemble_kit.features.encoders.encoder_folders import EncoderFolder
from ensemble_kit.features.encoders.static_tables import StaticTable, is_static

# What is written out here, with the place of the first token.
OWN = {"bert": 0, "roberta": 1, "xlm-roberta": 1, "camembert": 1}
ACTIVATIONS = ("gelu", "relu", "silu")
PREFIXES = ("", "bert.", "roberta.", "model.")
FIRST = "embeddings.word_embeddings.weight"


Layer: TypeAlias = Mapping[str, tuple[Any, Any]]  # weights and biases by part


class Network(Protocol):
    """What is asked of a network."""

    def __call__(self, ids: Any) -> Any:
        """Return vectors of shape (n_texts, n_tokens, n_dimensions).

        Parameters
        ----------
        ids : tensor of int64 of shape (n_texts, n_tokens)
            Texts of one length, with no padding.
        """


def load_network(folder: EncoderFolder) -> Network:
    """Return the network of a folder, on the CPU, in single precision.

    Raises
    ------
    PipelineError
        When its weights do not fit its configuration, or nobody knows its kind.
    """
    require("torch", "encoders")
    if is_static(folder.config):
        return StaticTable(_tensors(folder))
    if _is_own(folder.config):
        tensors = _tensors(folder)
        try:
            return Bert(tensors, folder.config)
        except (LookupError, ValueError, RuntimeError) as error:
            raise PipelineError(
                f"the encoder {folder.path}: its weights are not those of "
                f"{folder.architecture!r} as its config.json has it ({error})"
            ) from error
    return _of_transformers(folder)


def _is_own(config: Mapping[str, Any]) -> bool:
    return (
        config.get("model_type") in OWN
        and config.get("hidden_act", "gelu") in ACTIVATIONS
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
    )


def _tensors(folder: EncoderFolder) -> dict[str, Any]:
    """Return the weights by name, without the name of a model around them."""
    read = require("safetensors.torch", "encoders").load_file
    tensors: dict[str, Any] = {}
    for path in folder.weights:
        try:
            tensors |= read(str(path))
        except Exception as error:
            raise PipelineError(
                f"the encoder {path} cannot be read: {error}"
            ) from error
    prefix = next((p for p in PREFIXES if p + FIRST in tensors), "")
    return {name.removeprefix(prefix): t.float() for name, t in tensors.items()}


class Bert:
    """The encoder of BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019).

    Parameters
    ----------
    tensors : dict of tensor
        Weights by the names that transformers gives them.
    config : mapping
    """

    def __init__(self, tensors: Mapping[str, Any], config: Mapping[str, Any]):
        import torch

        self.kind = LayerKind(
            n_heads=int(config["num_attention_heads"]),
            activation=getattr(torch.nn.functional, config.get("hidden_act", "gelu")),
            epsilon=float(config.get("layer_norm_eps", 1e-12)),
        )
        is_roberta = OWN[config["model_type"]]
        self.first = (int(config.get("pad_token_id") or 0) + 1) * is_roberta
        self.words = tensors[FIRST]
        kinds = tensors["embeddings.token_type_embeddings.weight"][0]
        self.places = tensors["embeddings.position_embeddings.weight"] + kinds
        self.norm = _pair(tensors, "embeddings.LayerNorm")
        self.layers = [
            _layer(tensors, f"encoder.layer.{number}.")
            for number in range(int(config["num_hidden_layers"]))
        ]
        if self.words.shape[1] != config["hidden_size"]:
            raise ValueError(f"{FIRST} has {self.words.shape[1]} columns")

    def __call__(self, ids: Any) -> Any:
        """Return the vectors of tokens."""
        return self.read(ids, len(self.layers))

    def read(self, ids: Any, n_layers: int) -> Any:
        """Return the vectors of tokens after the first layers."""
        places = self.places[self.first : self.first + ids.shape[1]]
        hidden = self.kind.normed(self.words[ids] + places, self.norm)
        for layer in self.layers[:n_layers]:
            hidden = self.kind.through(hidden, layer)
        return hidden


@dataclass(frozen=True)
class LayerKind:
    """What all layers of a BERT have in common.

    Parameters
    ----------
    n_heads : int
    activation : callable
    epsilon : float
        Of the norms.
    """

    n_heads: int
    activation: Callable[[Any], Any]
    epsilon: float

    def through(
        self,
        hidden: Any,
        layer: Layer,
        is_read: Any = None,
        drop: Callable[[Any], Any] = lambda hidden: hidden,
    ) -> Any:
        """Return the vectors of tokens after one layer more.

        Parameters
        ----------
        hidden : tensor of shape (n_texts, n_tokens, n_dimensions)
        layer : mapping of str to (weight, bias)
        is_read : tensor of bool of shape (n_texts, 1, 1, n_tokens), optional
            Which tokens are no padding.
        drop : callable
            What is done with what a part adds, before it is added.
        """
        from torch.nn import functional as F

        heads = (*hidden.shape[:2], 3, self.n_heads, -1)
        three = F.linear(hidden, *layer["three"]).view(heads)
        query, key, value = three.permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(query, key, value, attn_mask=is_read)
        read = read.transpose(1, 2).reshape(hidden.shape)
        read = F.linear(read, *layer["read"])
        hidden = self.normed(hidden + drop(read), layer["read_norm"])
        wide = self.activation(F.linear(hidden, *layer["wide"]))
        thought = F.linear(wide, *layer["narrow"])
        return self.normed(hidden + drop(thought), layer["thought_norm"])

    def normed(self, hidden: Any, pair: tuple[Any, Any]) -> Any:
        """Return vectors of mean 0 and deviation 1, scaled and moved by a pair."""
        from torch.nn.functional import layer_norm

        return layer_norm(hidden, hidden.shape[-1:], *pair, eps=self.epsilon)


def _layer(tensors: Mapping[str, Any], name: str) -> dict[str, tuple[Any, Any]]:
    """Return the weights of a layer, those of the three projections as one."""
    import torch

    parts = [
        _pair(tensors, f"{name}attention.self.{part}")
        for part in ("query", "key", "value")
    ]
    three = [torch.cat(part) for part in zip(*parts, strict=True)]
    return {
        "three": (three[0], three[1]),
        "read": _pair(tensors, f"{name}attention.output.dense"),
        "read_norm": _pair(tensors, f"{name}attention.output.LayerNorm"),
        "wide": _pair(tensors, f"{name}intermediate.dense"),
        "narrow": _pair(tensors, f"{name}output.dense"),
        "thought_norm": _pair(tensors, f"{name}output.LayerNorm"),
    }


def _pair(tensors: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _of_transformers(folder: EncoderFolder) -> Network:
    """Return a network that transformers builds, from safetensors, with no code."""
    transformers = require("transformers", "encoders")
    try:
        model = transformers.AutoModel.from_pretrained(
            folder.path,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise PipelineError(
            f"the encoder {folder.path}: transformers cannot load the architecture "
            f"{folder.architecture!r}: {reason}"
        ) from error
    model.eval()
    return Foreign(model)


@dataclass(frozen=True)
class Foreign:
    """A network of transformers.

    Parameters
    ----------
    model : Module
    """

    model: Any

    def __call__(self, ids: Any) -> Any:
        """Return the vectors of tokens."""
        mask = ids.new_ones(ids.shape)
        return self.model(input_ids=ids, attention_mask=mask).last_hidden_state


def pooled(hidden: Any, pooling: str, is_normalized: bool) -> np.ndarray:
    """Return vectors of texts in half precision, from those of their tokens."""
    import torch

    vectors = hidden[:, 0] if pooling == "cls" else hidden.mean(1)
    if is_normalized:
        vectors = torch.nn.functional.normalize(vectors, dim=1)
    largest = float(np.finfo(np.float16).max)
    return vectors.nan_to_num().clamp(-largest, largest).numpy().astype(np.float16)
