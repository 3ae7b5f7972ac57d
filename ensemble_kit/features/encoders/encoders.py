"""Texts to vectors: tokens, batches of like lengths, and what was encoded before."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import PipelineError, require
from ensemble_kit.features.encoders.encoder_folders import (
    EncoderFolder,
    find_encoder,
    read_encoder,
)
from ensemble_kit.features.encoders.encoder_networks import (
    Network,
    load_network,
    pooled,
)
from ensemble_kit.features.encoders.kept_vectors import KeptVectors, text_key
from ensemble_kit.features.encoders.static_tables import is_static
from ensemble_kit.hashing import fingerprint

VERSION = 1  # raised when the same text gets another vector
BATCH_TOKENS = 2048  # padding counted; more is no faster on a CPU
TEXTS_AT_ONCE = 2048  # that are kept as they come
CHARACTERS = 64  # of a text that are looked at, for each token that is read


@dataclass(frozen=True)
class Encoder:
    """A pretrained encoder, read when it is first needed.

    Parameters
    ----------
    folder : EncoderFolder
    max_length : int
        Tokens of a text that are read.
    pooling : {"mean", "cls"}
    """

    folder: EncoderFolder
    max_length: int
    pooling: str

    @cached_property
    def key(self) -> str:
        """Return what decides a vector besides the text, as a fingerprint."""
        facts = [self.folder.fingerprint, self.max_length, self.pooling, VERSION]
        return fingerprint(facts)

    def vectors(
        self, texts: Sequence[str], memory: Path | None = None
    ) -> NDArray[np.float16]:
        """Return a vector for each text; what was encoded before is looked up.

        Parameters
        ----------
        texts : sequence of str
        memory : Path, optional
            A folder with vectors of any number of encoders; without one, vectors are
            kept in this process alone.
        """
        cached = _cache(memory, self.key, self.folder.n_dimensions)
        keys = np.frombuffer(b"".join(map(text_key, texts)), "<u8").reshape(-1, 2)
        places = cached.places(keys)
        is_known = places[:, 0] >= 0
        vectors_of_texts = np.empty((len(texts), self.folder.n_dimensions), np.float16)
        vectors_of_texts[is_known] = cached.vectors(places[is_known])
        for rows, copies in _distinct(texts, keys, np.flatnonzero(~is_known)):
            vectors = self.encode([texts[row] for row in rows])
            cached.add(keys[rows], vectors)
            for vector, same in zip(vectors, copies, strict=True):
                vectors_of_texts[same] = vector
        return vectors_of_texts

    def encode(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """Return a vector for each text, whatever was encoded before."""
        import torch

        tokens = self.tokens(texts)
        vectors = np.empty((len(texts), self.folder.n_dimensions), np.float16)
        with torch.inference_mode():
            for rows in batches([len(t) for t in tokens]):
                ids = torch.from_numpy(np.array([tokens[row] for row in rows]))
                hidden = self.network(ids)
                vectors[rows] = pooled(hidden, self.pooling, self.folder.is_normalized)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Return how many tokens of some texts are read."""
        return sum(map(len, self.tokens(texts)))

    @cached_property
    def network(self) -> Network:
        """Return the network, read when it is first needed."""
        import torch

        # What is loaded in inference could never be trained.
        with torch.inference_mode(mode=False):
            return load_network(self.folder)

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizers = require("tokenizers", "encoders")
        path = self.folder.path / "tokenizer.json"
        try:
            tokenizer = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:
            raise PipelineError(f"{path} is no tokenizer: {error}") from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.max_length)
        return tokenizer

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the numbers of each text's tokens."""
        longest = CHARACTERS * self.max_length
        plain = [text[:longest].encode(errors="replace").decode() for text in texts]
        n_words = int(self.folder.config.get("vocab_size", 2**31))
        static = is_static(self.folder.config)
        encoded = self._tokenizer.encode_batch(plain, add_special_tokens=not static)
        ids = [list(each.ids) or [0] * (not static) for each in encoded]
        if any(max(each, default=0) >= n_words for each in ids):
            raise PipelineError(
                f"the encoder {self.folder.path}: its tokenizer has more words than "
                f"its network ({n_words:,}); are they of one model?"
            )
        return self._known(ids, n_words) if static else ids

    def _known(self, ids: list[list[int]], n_words: int) -> list[list[int]]:
        """Return tokens without those that are not known; where none is left, the
        number after the last word, whose vector is zero."""
        return [[n for n in each if n != self._unknown] or [n_words] for each in ids]

    @cached_property
    def _unknown(self) -> int | None:
        """Return the number of the token that stands for what is not known."""
        model = json.loads(self._tokenizer.to_str())["model"]
        name = model.get("unk_token")
        return model.get("unk_id") if name is None else model["vocab"].get(name)


def _distinct(
    texts: Sequence[str], keys: NDArray[np.uint64], rows: NDArray[np.intp]
) -> Iterator[tuple[list[int], list[list[int]]]]:
    """Yield rows with different texts, some at a time, and all rows of each text.

    Texts of like lengths come together.
    """
    groups: dict[bytes, list[int]] = {}
    for row in rows.tolist():
        groups.setdefault(keys[row].tobytes(), []).append(row)
    ordered = sorted(groups.values(), key=lambda same: len(texts[same[0]]))
    for begin in range(0, len(ordered), TEXTS_AT_ONCE):
        copies = ordered[begin : begin + TEXTS_AT_ONCE]
        yield [same[0] for same in copies], copies


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield rows of one length each, so many as a batch holds.

    Nothing is padded: that saves work, and a text's vector then depends on the texts
    beside it in its last bit at most.

    Examples
    --------
    >>> list(batches([8, 1024, 8, 1024, 1024]))
    [[0, 2], [1, 3], [4]]
    """
    rows: dict[int, list[int]] = {}
    for row, length in enumerate(lengths):
        rows.setdefault(length, []).append(row)
    for length, same in sorted(rows.items()):
        size = max(1, BATCH_TOKENS // length)
        for begin in range(0, len(same), size):
            yield same[begin : begin + size]


def encoder_of(
    encoder: str | Path, max_length: int | None = None, pooling: str | None = None
) -> Encoder:
    """Return an encoder by name or folder; the same object for the same files.

    Raises
    ------
    PipelineError
        When the folder is not to be used, see `read_encoder`.
    MissingDependencyError
        When a package that brings an encoder is not installed.
    """
    path = find_encoder(encoder)
    changed = tuple(sorted(_changes(path)))
    return _encoder(str(path), changed, max_length, pooling)


def _changes(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield the files of a folder with their times and sizes."""
    for file in path.iterdir():
        if file.is_file():
            facts = file.stat()
            yield file.name, facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=4)
def _encoder(
    path: str,
    changed: tuple[tuple[str, int, int], ...],
    max_length: int | None,
    pooling: str | None,
) -> Encoder:
    folder = read_encoder(Path(path))
    length = folder.max_length if max_length is None else max_length
    return Encoder(folder, min(length, folder.max_length), pooling or folder.pooling)


@lru_cache(maxsize=8)
def _cache(memory: Path | None, key: str, n_dimensions: int) -> KeptVectors:
    return KeptVectors(None if memory is None else memory / key, n_dimensions)
