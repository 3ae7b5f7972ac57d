"""The network of the text estimators: texts, numbers and categories of a row.

Every text column goes through the same token vectors and encoder and keeps its own
part of the row's vector; numbers and category embeddings stand beside them, and one
head reads all.
"""

import torch
from torch import Tensor, nn

from ensemble_kit.models.text_nets.inputs.tensors import Batch, TextBatch
from ensemble_kit.models.text_nets.networks.torch_layers import Dropout, Norm

SUBWORDS = ("none", "rare", "all")
N_CASES = 4  # small letters, Title, CAPITALS, mixed


class TokenVectors(nn.Module):
    """Vectors of tokens: from the vocabulary, from hashed subwords, or their sum;
    one for how a token is capitalised is added.

    Parameters
    ----------
    n_known : int
        Size of the vocabulary; row 0 of the table is for unknown tokens.
    size : int
    subwords : {"none", "rare", "all"}
        Tokens whose vector comes from the mean of their subwords' vectors: none,
        those outside the vocabulary, or all, in addition to the vocabulary's.
    buckets : int
        Vectors that subwords are hashed to.
    token_dropout, dropout : float
        Share of token types dropped from a batch, and of features from a text.
    """

    def __init__(
        self,
        n_known: int,
        size: int,
        subwords: str,
        buckets: int,
        token_dropout: float,
        dropout: float,
    ):
        super().__init__()
        if subwords not in SUBWORDS:
            raise ValueError(f"subwords is one of {SUBWORDS}; found {subwords!r}")
        self.subwords = subwords
        self.buckets = buckets
        self.table = nn.Embedding(n_known + 1, size)
        self.cases = nn.Embedding(N_CASES, size)
        if subwords != "none":
            self.grams = nn.Embedding(buckets, size)
        self.drop_types = Dropout(token_dropout, shared_axis=1)
        self.drop_features = Dropout(dropout, shared_axis=1)

    def forward(self, text: TextBatch) -> Tensor:
        """Return (rows, tokens, size), zeros for padding."""
        vectors = self.drop_types(self._types(text))
        vectors = nn.functional.pad(vectors, (0, 0, 1, 0))
        return self.drop_features(nn.functional.embedding(text.places, vectors))

    def _types(self, text: TextBatch) -> Tensor:
        """Return the vectors of a batch's types."""
        vectors = self._spellings(text)
        return vectors + self.cases(text.cases) * (text.cases > 0)[:, None]

    def _spellings(self, text: TextBatch) -> Tensor:
        """Return the vectors of types whatever their capitals."""
        vectors = self.table(text.known)
        if self.subwords == "none" or not len(text.grams):
            return vectors
        grams = nn.functional.embedding_bag(
            text.grams % self.buckets, self.grams.weight, text.gram_starts, mode="mean"
        )
        if self.subwords == "all":
            return vectors + grams
        return torch.where((text.known == 0)[:, None], grams, vectors)


class TextNetwork(nn.Module):
    """Token vectors, an encoder, the columns beside the texts, and a head.

    Parameters
    ----------
    words : TokenVectors
    encoder : Module
        One of ``text_encoders``.
    n_texts, n_numbers : int
        Columns.
    levels : list of int
        Levels of each category column, the unseen one included.
    n_outputs, n_head : int
        Outputs, and units of the head's hidden layer; 0 for none.
    dropout : float
        Before each layer of the head.
    norm : {"none", "layer", "batch"}
        Of the head's input.
    """

    def __init__(
        self,
        words: TokenVectors,
        encoder: nn.Module,
        n_texts: int,
        n_numbers: int,
        levels: list[int],
        n_outputs: int,
        n_head: int,
        dropout: float,
        norm: str,
    ):
        super().__init__()
        self.words = words
        self.encoder = encoder
        size = words.table.embedding_dim
        self.columns = nn.Embedding(n_texts, size) if n_texts > 1 else None
        self.levels = nn.ModuleList(nn.Embedding(n, level_size(n)) for n in levels)
        n_row = (
            n_texts * encoder.n_outputs + n_numbers + sum(level_size(n) for n in levels)
        )
        self.n_row = n_row
        self.head = head(n_row, n_head, n_outputs, dropout, norm)

    def forward(self, batch: Batch) -> Tensor:
        """Return (rows, n_outputs), before any softmax."""
        return self.head(self.row_vectors(batch))

    def row_vectors(self, batch: Batch) -> Tensor:
        """Return what the head reads, (rows, n_row)."""
        parts = [self._text(i, text) for i, text in enumerate(batch.texts)]
        parts.append(batch.numbers)
        codes = batch.categories.unbind(1)
        parts.extend(e(code) for e, code in zip(self.levels, codes, strict=True))
        return torch.cat(parts, dim=-1)

    def _text(self, column: int, text: TextBatch) -> Tensor:
        vectors = self.words(text)
        if self.columns is not None:
            vectors = (
                vectors + self.columns.weight[column] * (text.places > 0)[..., None]
            )
        hashes = nn.functional.pad(text.hashes, (1, 0))[text.places]
        return self.encoder(vectors, text.lengths, hashes)


def level_size(n_levels: int) -> int:
    """Return the size of the embedding of a category with so many levels."""
    return min(32, 2 + int(n_levels**0.5))


def head(
    n_inputs: int, n_hidden: int, n_outputs: int, dropout: float, norm: str
) -> nn.Sequential:
    """Return the layers that read a row's vector."""
    layers: list[nn.Module] = [Norm(norm, n_inputs), Dropout(dropout)]
    if n_hidden:
        layers += [nn.Linear(n_inputs, n_hidden), nn.ReLU(), Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(n_hidden or n_inputs, n_outputs))
