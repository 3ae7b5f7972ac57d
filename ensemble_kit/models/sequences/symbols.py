"""Texts as numbered symbols and back: characters, subwords or words.

Symbols: 0 pads, 1 ends a text, 2 begins one, 3 is an unknown token, then the
vocabulary by falling frequency. Tokens joined give the text again.

A target's token that is an unknown one of its source is known by its place there: what
a network learns of such tokens is where they are copied from (Luong et al. 2015,
"Addressing the rare word problem").
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import did_you_mean, require
from ensemble_kit.models.text_nets.inputs.vocabulary import keep_frequent

PADDING, END, START, UNKNOWN, FIRST = range(5)
NOWHERE = -1
UNITS = ("char", "subword", "word")
# A word or a mark with the blanks before it, so that joined tokens are the text.
WORDS = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
# What is read before it is cut: a token has at most so many characters.
TOKEN_WIDTH = 20


@dataclass(frozen=True)
class Symbols:
    """Texts as symbols, one after the other, END after each.

    Parameters
    ----------
    codes : ndarray of int64
        ``codes[starts[i]:starts[i + 1]]`` are those of text i.
    starts : ndarray of shape (n_texts + 1,)
    tokens : list of list of str
        The tokens as they were written, END left out.
    cut : ndarray of bool of shape (n_texts,)
        Whether a text was longer than what is read of it; it then has no END.
    places : ndarray of int64, laid out as ``codes``
        Where in its source an unknown token stands; -1 for all others.
    """

    codes: NDArray[np.int64]
    starts: NDArray[np.int64]
    tokens: list[list[str]]
    cut: NDArray[np.bool_]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of symbols of each text."""
        return np.diff(self.starts)

    def padded(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return some texts as one matrix, padded at the end."""
        return self._matrix(self.codes, PADDING, rows)

    def padded_places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places of some texts as ``padded`` lays them out."""
        return self._matrix(self.places, NOWHERE, rows)

    def unknown(self) -> list[dict[str, int]]:
        """Return the unknown tokens of each text, without blanks, and their places."""
        unknown: list[dict[str, int]] = [{} for _ in range(len(self))]
        for row in np.unique(np.searchsorted(self.starts, self._unknown_at(), "right")):
            start = self.starts[row - 1]
            for place, token in enumerate(self.tokens[row - 1]):
                if self.codes[start + place] == UNKNOWN and token.strip():
                    unknown[row - 1].setdefault(token.strip(), place)
        return unknown

    def _unknown_at(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.codes == UNKNOWN)

    def _matrix(
        self, values: NDArray[np.int64], filling: int, rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        lengths = self.lengths[rows]
        matrix = np.full((len(rows), int(lengths.max(initial=1))), filling)
        for line, row in zip(matrix, rows, strict=True):
            part = values[self.starts[row] : self.starts[row + 1]]
            line[: len(part)] = part
        return matrix


def learn_symbols(
    texts: Sequence[str], unit: str, lowercase: bool, max_tokens: int, min_count: int
) -> dict[str, Any]:
    """Return the state of a vocabulary: plain values and arrays.

    Subwords are learnt by byte-pair encoding (Sennrich et al. 2016), from the library
    tokenizers.

    Raises
    ------
    ValueError
        When there is no such unit.
    """
    if unit not in UNITS:
        raise ValueError(
            f"unknown unit {unit!r}{did_you_mean(unit, UNITS)}; known: "
            f"{', '.join(UNITS)}"
        )
    texts = [text.lower() for text in texts] if lowercase else list(texts)
    state: dict[str, Any] = {"unit": unit, "lowercase": lowercase, "pieces": ""}
    if unit == "subword":
        state["pieces"] = _learn_pieces(texts, max_tokens, min_count)
    tokens = cut_texts(texts, state)
    return {**state, **keep_frequent(tokens, max_tokens, min_count)}


def count_symbols(vocabulary: Mapping[str, Any]) -> int:
    """Return the number of symbols."""
    return FIRST + len(vocabulary["terms"])


def cut_texts(texts: Sequence[str], vocabulary: Mapping[str, Any]) -> list[list[str]]:
    """Return texts as tokens that give the text again when they are joined.

    Examples
    --------
    >>> cut_texts(["one, two"], {"unit": "word", "pieces": ""})
    [[' one', ',', ' two']]
    """
    if vocabulary["unit"] == "char":
        return [list(text) for text in texts]
    marked = [f" {text}" if text else "" for text in texts]
    if vocabulary["unit"] == "word":
        return [WORDS.findall(text) for text in marked]
    pieces = _tokenizer().from_str(str(vocabulary["pieces"]))
    marked = [text.lower() for text in marked] if vocabulary["lowercase"] else marked
    cut = pieces.encode_batch(marked, add_special_tokens=False)
    return [
        [text[start:end] for start, end in each.offsets]
        for text, each in zip(marked, cut, strict=True)
    ]


def encode_symbols(
    texts: Sequence[str],
    vocabulary: Mapping[str, Any],
    max_length: int,
    copied: Sequence[Mapping[str, int]] | None = None,
) -> Symbols:
    """Return texts as symbols, at most ``max_length`` tokens of each.

    Parameters
    ----------
    texts : sequence of str
    vocabulary : mapping
        From `learn_symbols`.
    max_length : int
    copied : sequence of dict, optional
        For each text, the tokens that are copied from its source, and their places.
    """
    read = [text[: max_length * TOKEN_WIDTH] for text in texts]
    written = cut_texts(read, vocabulary)
    number = {term: FIRST + i for i, term in enumerate(vocabulary["terms"].tolist())}
    lowercase = bool(vocabulary["lowercase"])
    codes: list[int] = []
    places: list[int] = []
    tokens, starts, cut = [], [0], []
    for row, each in enumerate(written):
        at = [NOWHERE] * len(each)
        if copied is not None and copied[row]:
            each, at = _with_places(read[row], copied[row], vocabulary)
        is_cut = len(each) > max_length or len(texts[row]) > len(read[row])
        each, at = each[:max_length], at[:max_length]
        known = [number.get(t.lower() if lowercase else t, UNKNOWN) for t in each]
        codes += [
            code if place == NOWHERE else UNKNOWN
            for code, place in zip(known, at, strict=True)
        ]
        codes += [] if is_cut else [END]
        places += at if is_cut else [*at, NOWHERE]
        tokens.append(each)
        starts.append(len(codes))
        cut.append(is_cut)
    return Symbols(
        np.array(codes, dtype=np.int64),
        np.array(starts, dtype=np.int64),
        tokens,
        np.array(cut, dtype=bool),
        np.array(places, dtype=np.int64),
    )


def copied_token(token: str, vocabulary: Mapping[str, Any]) -> str:
    """Return a token of a source as it is written among a target's tokens."""
    return token.strip() if vocabulary["unit"] == "char" else f" {token.strip()}"


def _with_places(
    text: str, copied: Mapping[str, int], vocabulary: Mapping[str, Any]
) -> tuple[list[str], list[int]]:
    """Return a text's tokens, those that are copied whole, and their places."""
    if all(len(token) == 1 for token in copied) and vocabulary["unit"] == "char":
        return list(text), [copied.get(letter, NOWHERE) for letter in text]
    tokens: list[str] = []
    places: list[int] = []
    for piece in WORDS.findall(f" {text}" if text else ""):
        place = copied.get(piece.strip(), NOWHERE)
        if place == NOWHERE:
            parts = cut_texts([piece.removeprefix(" ")], vocabulary)[0]
            if vocabulary["unit"] == "char":
                parts = list(piece)
            elif not piece.startswith(" "):
                parts = [parts[0].removeprefix(" "), *parts[1:]]
            parts = [part for part in parts if part]
        elif vocabulary["unit"] == "char":
            parts = [*piece[: -len(piece.strip())], piece.strip()]
        else:
            parts = [piece]
        tokens += parts
        places += [NOWHERE] * (len(parts) - 1) + [place]
    if vocabulary["unit"] == "char":
        return tokens[1:], places[1:]  # the blank that marked the beginning
    return tokens, places


def join_tokens(tokens: Sequence[str], vocabulary: Mapping[str, Any]) -> str:
    """Return tokens as a text."""
    text = "".join(tokens)
    return text if vocabulary["unit"] == "char" else text.removeprefix(" ")


def _learn_pieces(texts: Sequence[str], max_tokens: int, min_count: int) -> str:
    """Return a tokenizer of byte pairs, trained on texts, as JSON."""
    tokenizer = _tokenizer()
    from tokenizers import Regex, models, pre_tokenizers, trainers

    pieces = tokenizer(models.BPE(unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS.pattern), "isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=max_tokens,
        min_frequency=max(min_count, 2),
        special_tokens=["[UNK]"],
        show_progress=False,
    )
    pieces.train_from_iterator((f" {text}" for text in texts if text), trainer)
    return str(pieces.to_str())


def _tokenizer() -> Any:
    """Return the class of the library's tokenizers."""
    require("tokenizers", extra="sequences")
    from tokenizers import Tokenizer

    return Tokenizer
