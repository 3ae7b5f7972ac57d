"""Encoders so small that a test makes them: two layers, random, as safetensors."""

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz")
PIECES = tuple(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
CONFIG = {
    "model_type": "bert",
    "architectures": ["BertModel"],
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 40,
    "type_vocab_size": 2,
    "vocab_size": len(WORDS) + len(PIECES),
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}


def write_encoder(folder: Path, seed: int = 0, config: dict | None = None) -> Path:
    """Write an encoder as transformers would, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {**CONFIG, **(config or {})}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tokens = tokenizer(config["vocab_size"])
    (folder / "tokenizer.json").write_text(json.dumps(tokens), encoding="utf-8")
    write_safetensors(folder / "model.safetensors", weights(config, seed))
    return folder


def write_sentence_encoder(
    folder: Path, pooling: str = "mean", normalized: bool = True, seed: int = 0
) -> Path:
    """Write an encoder as sentence-transformers would, and return its folder."""
    write_encoder(folder, seed)
    (folder / "1_Pooling").mkdir()
    modes = {"cls_token": pooling == "cls", "mean_tokens": pooling == "mean"}
    facts = {f"pooling_mode_{name}": value for name, value in modes.items()}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(facts))
    kinds = ["Transformer", "Pooling", "Normalize"][: 3 if normalized else 2]
    modules = [
        {
            "idx": at,
            "name": str(at),
            "path": f"{at}_{kind}" if at else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for at, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    return folder


def write_static_table(
    folder: Path, seed: int = 0, normalized: bool = True, **more: np.ndarray
) -> Path:
    """Write a table of vectors as model2vec would, and return its folder.

    ``more`` are ``weights`` of tokens, or a ``mapping`` from tokens to vectors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "model2vec", "architectures": ["StaticModel"]}
    config |= {"max_length": 512, "normalize": normalized}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    n_words = len(WORDS) + len(PIECES)
    tokens = json.dumps(tokenizer(n_words))
    (folder / "tokenizer.json").write_text(tokens, encoding="utf-8")
    n_vectors = int(more["mapping"].max()) + 1 if "mapping" in more else n_words
    rng = np.random.default_rng(seed)
    tensors = {"embeddings": rng.normal(size=(n_vectors, 8)), **more}
    floats = {name: array.astype(np.float32) for name, array in tensors.items()}
    write_safetensors(folder / "model.safetensors", floats)
    kind = "sentence_transformers.models.StaticEmbedding"
    modules = [{"idx": 0, "name": "0", "path": ".", "type": kind}]
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    return folder


@cache
def tiny_encoder() -> str:
    """Return the folder of an encoder that is there while the tests run."""
    parent = Path(tempfile.mkdtemp(prefix="tiny-encoder-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    return str(write_sentence_encoder(parent / "encoder"))


def weights(config: dict, seed: int) -> dict[str, np.ndarray]:
    """Return the random weights of a BERT."""
    rng, wide = np.random.default_rng(seed), config["hidden_size"]
    found: dict[str, np.ndarray] = {}

    def add(name: str, *shape: int, scale: float = 0.3) -> None:
        found[name] = (rng.normal(size=shape) * scale).astype(np.float32)

    def add_norm(name: str) -> None:
        add(f"{name}.weight", wide)
        found[f"{name}.weight"] += 1
        add(f"{name}.bias", wide)

    def add_dense(name: str, n_out: int, n_in: int) -> None:
        add(f"{name}.weight", n_out, n_in)
        add(f"{name}.bias", n_out)

    add("embeddings.word_embeddings.weight", config["vocab_size"], wide)
    n_places = config["max_position_embeddings"]
    add("embeddings.position_embeddings.weight", n_places, wide)
    add("embeddings.token_type_embeddings.weight", config["type_vocab_size"], wide)
    add_norm("embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            add_dense(f"{layer}.attention.self.{part}", wide, wide)
        add_dense(f"{layer}.attention.output.dense", wide, wide)
        add_norm(f"{layer}.attention.output.LayerNorm")
        add_dense(f"{layer}.intermediate.dense", config["intermediate_size"], wide)
        add_dense(f"{layer}.output.dense", wide, config["intermediate_size"])
        add_norm(f"{layer}.output.LayerNorm")
    return found


def tokenizer(n_words: int) -> dict:
    """Return a tokenizer of single letters, as tokenizers writes it."""
    words = [*WORDS, *PIECES][:n_words]
    ends = {"[CLS]": 2, "[SEP]": 3}
    special = [
        {"id": at, "content": word, "single_word": False, "lstrip": False}
        | {"rstrip": False, "normalized": False, "special": True}
        for at, word in enumerate(WORDS[:4])
    ]
    frame = [
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": frame,
            "pair": [*frame, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {
                word: {"id": word, "ids": [at], "tokens": [word]}
                for word, at in ends.items()
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {word: at for at, word in enumerate(words)},
        },
    }


def write_safetensors(path: Path, tensors: dict[str, np.ndarray]) -> None:
    """Write float32 arrays in the format of safetensors."""
    header, at = {}, 0
    for name, array in tensors.items():
        end = at + array.nbytes
        header[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [at, end],
        }
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(a).tobytes() for a in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
