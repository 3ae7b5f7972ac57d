"""What estimators that write texts share: targets, epochs, beams, attention."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import problems, require
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.models.sequences.attention_map import AttentionMap
from ensemble_kit.models.sequences.symbols import (
    END,
    FIRST,
    UNITS,
    UNKNOWN,
    Symbols,
    copied_token,
    encode_symbols,
    join_tokens,
    learn_symbols,
)
from ensemble_kit.models.text_nets.inputs.arrays import from_arrays, to_arrays
from ensemble_kit.models.text_nets.inputs.tokens import read_texts
from ensemble_kit.models.text_nets.networks.training_settings import TrainingSettings
from ensemble_kit.splitting.inner_rows import shuffle_split

Candidates = list[list[tuple[str, float]]]
NAMED = 5
SIDES = {"X": "sources", "y": "targets"}
MORE, ROOM = 1.5, 8  # how much longer than the longest known target a text may get


class Sources(Protocol):
    """Rows that texts are written from."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of places of each row."""

    @property
    def tokens(self) -> list[list[str]]:
        """Return what stands at the places, where it can be copied."""

    def unknown(self) -> list[dict[str, int]]:
        """Return the unknown tokens of each row, and their places."""

    def batch(self, rows: NDArray[np.int64], device: Any) -> Any:
        """Return some rows as the encoder reads them."""


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEstimator(TrainingSettings):
    """Write a text for each row; what the estimators share."""

    unit: str = "char"
    cell: str = "gru"
    hidden: int = 96
    layers: int = 1
    attention: str = "multiplicative"
    embedding_dim: int = 48
    max_tokens: int = 4000
    min_count: int = 2
    max_target: int = 256
    copy_unknown: bool = True
    dropout: float = 0.1
    scheduled_sampling: float = 0.0
    label_smoothing: float = 0.0
    beams: int = 4
    length_penalty: float = 0.0
    epochs: int = 30
    batch_size: int = 32
    batch_tokens: int = 8192
    learning_rate: float = 0.005
    inner_fraction: float = 0.0

    def predict(self, X: Any) -> NDArray[np.object_]:
        """Return the text that is written for each row."""
        best = [candidates[0][0] for candidates in self.predict_candidates(X)]
        texts = np.empty(len(best), dtype=object)
        texts[:] = best
        return texts

    def predict_candidates(self, X: Any) -> Candidates:
        """Return the texts of all beams of each row, the best first.

        Returns
        -------
        list of list of (str, float)
            Each text with its probability; different beams may spell one text.
        """
        check_is_fitted(self, "weights_")
        require("torch", extra="text")
        from ensemble_kit.models.sequences.fitting import find_texts

        sources = self._read_source(X)
        candidates: Candidates = [[] for _ in range(len(sources.lengths))]
        for rows, beams in find_texts(self, sources):
            for at, row in enumerate(rows):
                written: dict[str, float] = {}
                for codes, places, value in zip(
                    beams.codes[at],
                    beams.places[at],
                    np.exp(beams.log_probability[at]),
                    strict=True,
                ):
                    text = self._spell(codes, places, sources.tokens[row])
                    written[text] = written.get(text, 0.0) + float(value)
                candidates[row] = list(written.items())
        return candidates

    def score(self, X: Any, y: TextsLike) -> float:
        """Return the share of rows whose text is right to the letter."""
        right = [a == b for a, b in zip(self.predict(X), read_texts(y), strict=True)]
        return float(np.mean(right))

    def attention_(self, x: Any) -> AttentionMap:
        """Return where the decoder looks for every token that it writes for one row."""
        check_is_fitted(self, "weights_")
        require("torch", extra="text")
        from ensemble_kit.models.sequences.fitting import (
            attention_weights,
            find_texts,
        )

        sources = self._read_source(self._one_row(x))
        ((_, beams),) = find_texts(self, sources)
        codes = beams.codes[0, 0]
        codes = codes[codes > 0]
        weights = attention_weights(self, sources, codes)
        written = [self._token(int(code)) for code in codes if code != END]
        return self._map(weights, written, sources.tokens[0])

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the fitted model as arrays, as ``numpy.savez`` stores them."""
        check_is_fitted(self, "weights_")
        return to_arrays(self)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return a fitted model from the arrays of ``to_arrays``."""
        return from_arrays(cls, arrays)

    def _learn_source(self, X: Any) -> dict[str, Any]:
        """Return what is learnt of the sources: a vocabulary, or scales."""
        raise NotImplementedError

    def _read_source(self, X: Any) -> Sources:
        """Return rows as the network reads them."""
        raise NotImplementedError

    def _one_row(self, x: Any) -> Any:
        """Return one row as X of that one."""
        raise NotImplementedError

    def _map(
        self, weights: NDArray[np.float64], written: list[str], tokens: list[str]
    ) -> AttentionMap:
        """Return the weights of one text with the names of both sides."""
        raise NotImplementedError

    def _fit(self, X: Any, y: TextsLike, sample_weight: ArrayLike | None) -> Self:
        """Learn from rows and the texts that belong to them."""
        require("torch", extra="text")
        self._check_settings()
        targets = read_targets(y)
        n_rows = len(X)
        if n_rows != len(targets) or not n_rows:
            raise ValueError(f"X has {n_rows} rows and y has {len(targets)}")
        weight = check_weights(sample_weight, n_rows)
        weight = np.ones(n_rows) if weight is None else weight
        used = np.flatnonzero(weight)
        taken = [targets[row] for row in used]
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        epochs = self._find_epochs(_rows_of(X, used), taken, weight[used])
        return self._learn(_rows_of(X, used), taken, weight[used], epochs)

    def _learn(
        self,
        X: Any,
        targets: list[str],
        weight: NDArray[np.float64],
        epochs: int,
        held: Any = None,
    ) -> Self:
        """Learn the vocabularies and the weights from rows of positive weight."""
        from ensemble_kit.models.sequences.fitting import fit_weights

        self.epochs_, self.schedule_epochs_ = epochs, self.epochs
        self.source_ = self._learn_source(X)
        self.target_vocabulary_ = learn_symbols(
            targets, self._target_unit(), False, self.max_tokens, self.min_count
        )
        sources = self._read_source(X)
        wanted = self._encode_targets(targets, sources)
        longest = int(wanted.lengths.max())
        self.limit_ = int(MORE * longest) + ROOM
        if held is not None:
            X_held, y_held, look = held
            held_sources = self._read_source(X_held)
            held = (held_sources, self._encode_targets(y_held, held_sources)), look
        self.weights_, self.history_ = fit_weights(self, sources, wanted, weight, held)
        return self

    def _find_epochs(
        self, X: Any, targets: list[str], weight: NDArray[np.float64]
    ) -> int:
        """Return the epochs that do best on inner held rows, or all of them."""
        if not self.inner_fraction or len(targets) < 2:
            return self.epochs
        rows = np.arange(len(targets))
        fit, held = shuffle_split(rows, self.inner_fraction, False, self.seed_)
        losses: list[tuple[float, int]] = []
        probe = clone(self)
        probe.seed_ = self.seed_
        probe._learn(
            _rows_of(X, fit),
            [targets[row] for row in fit],
            weight[fit],
            self.epochs,
            (
                _rows_of(X, held),
                [targets[row] for row in held],
                lambda epoch, loss: losses.append((loss, epoch)),
            ),
        )
        self.held_losses_ = [loss for loss, _ in losses]
        return min(losses)[1] if losses else 1

    def _encode_targets(self, targets: list[str], sources: Sources) -> Symbols:
        """Return target texts as symbols, long ones cut with a warning."""
        copied = sources.unknown() if self.copy_unknown else None
        symbols = encode_symbols(
            targets, self.target_vocabulary_, self.max_target, copied
        )
        warn_cut("y", symbols, "max_target", self.max_target)
        return symbols

    def _target_unit(self) -> str:
        return self.unit

    def _spell(
        self, codes: NDArray[np.int64], places: NDArray[np.int64], tokens: list[str]
    ) -> str:
        """Return symbols as a text; an unknown one is copied from where it looked."""
        written = []
        for code, place in zip(codes, places, strict=True):
            if code == UNKNOWN and self.copy_unknown:
                token = tokens[place] if place < len(tokens) else ""
                written.append(copied_token(token, self.target_vocabulary_))
            elif code >= UNKNOWN:
                written.append(self._token(int(code)))
            else:
                break
        return join_tokens(written, self.target_vocabulary_)

    def _token(self, code: int) -> str:
        if code == UNKNOWN:
            return "�"
        return str(self.target_vocabulary_["terms"][code - FIRST])

    def _check_settings(self) -> None:
        """Refuse settings that are out of range, all at once."""
        mistakes = [
            f"{name}: at least 1; found {getattr(self, name)!r}"
            for name in ("hidden", "layers", "embedding_dim", "max_tokens", "beams")
            if not getattr(self, name) >= 1
        ]
        mistakes += [
            f"{name}: from 0 to below 1; found {getattr(self, name)!r}"
            for name in ("dropout", "label_smoothing", "inner_fraction")
            if not 0 <= getattr(self, name) < 1
        ]
        if not 0 <= self.scheduled_sampling <= 1:
            share = self.scheduled_sampling
            mistakes.append(f"scheduled_sampling: from 0 to 1; found {share!r}")
        if self._target_unit() not in UNITS:
            mistakes.append(f"unit: one of {', '.join(UNITS)}; found {self.unit!r}")
        if mistakes:
            raise ValueError(problems(type(self).__name__, mistakes))


def read_targets(y: TextsLike) -> list[str]:
    """Return target texts.

    Raises
    ------
    ValueError
        Where a text is missing; an empty one is a text.
    """
    _refuse_one_text("y", y)
    values = list(y)
    missing = [
        row
        for row, (value, text) in enumerate(
            zip(values, read_texts(values), strict=True)
        )
        if not text and not isinstance(value, str)
    ]
    if missing:
        rows = ", ".join(map(str, missing[:NAMED]))
        raise ValueError(
            f"y has no text in {len(missing)} rows: {rows}; leave these rows out, or "
            "write an empty text where that is the answer"
        )
    return read_texts(values)


def read_text_pairs(X: TextsLike, y: TextsLike) -> tuple[list[str], list[str]]:
    """Return texts and the texts that belong to them.

    Raises
    ------
    ValueError
        See `read_source_texts` and `read_targets`; and where there are no rows, or
        not as many of the one as of the other.
    """
    sources, targets = read_source_texts(X), read_targets(y)
    if len(sources) != len(targets):
        raise ValueError(f"X has {len(sources)} rows and y has {len(targets)}")
    if not sources:
        raise ValueError("X has no rows; there is nothing to learn from")
    return sources, targets


def _refuse_one_text(name: str, texts: object) -> None:
    if isinstance(texts, str | bytes):
        raise ValueError(
            f"{name} is one text, {texts!r:.40}; expected a list or a column of texts: "
            f"hand over [{name}]"
        )


class CutTextsWarning(UserWarning):
    """Texts are longer than what is read of them.

    Parameters
    ----------
    message : str
    note : str
        The same without the rows, which are those of one fold: for a whole run.
    """

    def __init__(self, message: str, note: str):
        super().__init__(message)
        self.note = note


def warn_cut(name: str, symbols: Symbols, setting: str, limit: int) -> None:
    """Warn of texts that are longer than what is read of them."""
    n_cut = int(symbols.cut.sum())
    if n_cut:
        first = int(np.flatnonzero(symbols.cut)[0])
        more = f"a higher {setting} reads more of them"
        warnings.warn(
            CutTextsWarning(
                f"{name}: {n_cut} of {len(symbols)} texts are cut at {limit} tokens, "
                f"the first in row {first}; {more}",
                f"{SIDES[name]} of more than {limit} tokens are cut; {more}",
            ),
            stacklevel=2,
        )


def _rows_of(X: Any, rows: NDArray[np.int64]) -> Any:
    """Return some rows of a list of texts or of an array."""
    return X[rows] if isinstance(X, np.ndarray) else [X[row] for row in rows]


def read_source_texts(X: TextsLike) -> list[str]:
    """Return texts of a list, a column, or a frame of one column.

    Raises
    ------
    ValueError
        When X has more than one column, or is one text, of which the rows would be
        letters.
    """
    _refuse_one_text("X", X)
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if len(shape) > 1:
        if len(shape) > 2 or shape[1] != 1:
            raise ValueError(f"X is one column of texts; found the shape {shape}")
        X = np.asarray(X, dtype=object)[:, 0]
    return read_texts(X)
