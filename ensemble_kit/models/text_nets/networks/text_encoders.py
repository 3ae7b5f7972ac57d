"""Encoders: from the vectors of a text's tokens to one vector of the text.

Each has ``n_outputs`` and is called with token vectors, lengths and token hashes; no
output depends on padding.
"""

import math

import torch
from torch import Tensor, nn

from ensemble_kit.models.text_nets.inputs.pairs import pair_number
from ensemble_kit.models.text_nets.networks.recurrent_layers import RecurrentLayers
from ensemble_kit.models.text_nets.networks.torch_layers import Dropout, Pooling


class RecurrentEncoder(nn.Module):
    """Recurrent layers and a pooling of their states."""

    def __init__(self, layers: RecurrentLayers, pooling: str, bidirectional: bool):
        super().__init__()
        self.layers = layers
        self.pooling = Pooling(pooling, layers.n_outputs, bidirectional)
        self.n_outputs = self.pooling.n_outputs

    def forward(self, x: Tensor, lengths: Tensor, hashes: Tensor) -> Tensor:
        """Return (rows, n_outputs)."""
        return self.pooling(self.layers(x, lengths), lengths)


class ConvolutionEncoder(nn.Module):
    """Convolutions of several widths over the tokens, pooled (Kim 2014).

    Parameters
    ----------
    n_inputs, n_filters : int
        Filters of each width.
    widths : tuple of int
    pooling : str
    """

    def __init__(
        self, n_inputs: int, n_filters: int, widths: tuple[int, ...], pooling: str
    ):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(n_inputs, n_filters, width, padding=width // 2)
            for width in widths
        )
        self.pooling = Pooling(pooling, n_filters * len(widths), bidirectional=False)
        self.n_outputs = self.pooling.n_outputs

    def forward(self, x: Tensor, lengths: Tensor, hashes: Tensor) -> Tensor:
        """Return (rows, n_outputs)."""
        n_tokens = x.shape[1]
        states = [c(x.transpose(1, 2))[:, :, :n_tokens] for c in self.convolutions]
        return self.pooling(torch.relu(torch.cat(states, 1)).transpose(1, 2), lengths)


class DelayEncoder(nn.Module):
    """Delays, one layer above the other, each twice as far apart (a TDNN).

    A layer sees its neighbours in the layer below: those beside it in the first, two
    places away in the second, four in the third (Waibel et al. 1989; dilated as by
    Peddinti, Povey and Khudanpur 2015). So a few layers see many tokens.

    Parameters
    ----------
    n_inputs, n_filters : int
    widths : tuple of int
        Places that each layer sees, the lowest first.
    residual : bool
        Whether a layer's input is added to its output where sizes agree.
    pooling : str
    """

    def __init__(
        self,
        n_inputs: int,
        n_filters: int,
        widths: tuple[int, ...],
        residual: bool,
        pooling: str,
    ):
        super().__init__()
        sizes = [n_inputs] + [n_filters] * (len(widths) - 1)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(
                size,
                n_filters,
                width,
                padding=width // 2 * 2**layer,
                dilation=2**layer,
            )
            for layer, (size, width) in enumerate(zip(sizes, widths, strict=True))
        )
        self.residual = residual
        self.pooling = Pooling(pooling, n_filters, bidirectional=False)
        self.n_outputs = self.pooling.n_outputs

    def forward(self, x: Tensor, lengths: Tensor, hashes: Tensor) -> Tensor:
        """Return (rows, n_outputs)."""
        n_tokens = x.shape[1]
        places = torch.arange(n_tokens, device=x.device)
        # What a layer makes of padding is nothing that the next one may see.
        there = (places < lengths[:, None])[:, None].to(x.dtype)
        x = x.transpose(1, 2) * there
        for convolution in self.convolutions:
            y = torch.relu(convolution(x)[:, :, :n_tokens]) * there
            x = x + y if self.residual and x.shape == y.shape else y
        return self.pooling(x.transpose(1, 2), lengths)


class AverageEncoder(nn.Module):
    """The mean of token vectors and of vectors of token pairs (Joulin et al. 2016).

    Parameters
    ----------
    n_inputs : int
    n_pairs : int
        Pairs of neighbours that have a vector.
    pooling : str
        Of the tokens; pairs are always averaged.
    dropout : float
        Share of a text's pairs that are not read in training.
    """

    def __init__(self, n_inputs: int, n_pairs: int, pooling: str, dropout: float):
        super().__init__()
        self.pooling = Pooling(pooling, n_inputs, bidirectional=False)
        self.n_pairs = n_pairs
        if n_pairs:
            self.pairs = nn.ModuleDict({"words": nn.Embedding(n_pairs, n_inputs)})
            self.register_buffer("known", torch.empty(n_pairs, dtype=torch.int64))
            self.dropout = Dropout(dropout)
        self.n_outputs = self.pooling.n_outputs + (n_inputs if n_pairs else 0)

    def forward(self, x: Tensor, lengths: Tensor, hashes: Tensor) -> Tensor:
        """Return (rows, n_outputs)."""
        pooled = self.pooling(x, lengths)
        if not self.n_pairs:
            return pooled
        return torch.cat([pooled, self._pairs(lengths, hashes)], dim=-1)

    def _pairs(self, lengths: Tensor, hashes: Tensor) -> Tensor:
        """Return the mean vector of each text's known pairs."""
        pairs = pair_number(hashes[:, :-1], hashes[:, 1:])
        number = torch.searchsorted(self.known, pairs).clamp(max=self.n_pairs - 1)
        places = torch.arange(pairs.shape[1], device=pairs.device)
        mask = (self.known[number] == pairs) & (places < lengths[:, None] - 1)
        counts = mask.sum(1)
        stays = self.dropout(torch.ones(int(counts.sum()), device=pairs.device))
        vectors = nn.functional.embedding_bag(
            number[mask],
            self.pairs["words"].weight,
            counts.cumsum(0) - counts,
            mode="sum",
            per_sample_weights=stays,
        )
        return vectors / counts.clamp(min=1)[:, None]


class AttentionEncoder(nn.Module):
    """A small transformer with the norm first and sinusoid positions.

    Parameters
    ----------
    n_inputs, n_hidden, n_layers, n_heads : int
    dropout : float
    pooling : str
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        n_layers: int,
        n_heads: int,
        dropout: float,
        pooling: str,
    ):
        super().__init__()
        self.project = nn.Linear(n_inputs, n_hidden)
        self.blocks = nn.ModuleList(
            AttentionBlock(n_hidden, n_heads, dropout) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(n_hidden)
        self.pooling = Pooling(pooling, n_hidden, bidirectional=False)
        self.n_outputs = self.pooling.n_outputs

    def forward(self, x: Tensor, lengths: Tensor, hashes: Tensor) -> Tensor:
        """Return (rows, n_outputs)."""
        x = self.project(x)
        x = x + positions(x.shape[1], x.shape[2]).to(x)
        mask = torch.arange(x.shape[1], device=x.device) < lengths.clamp(min=1)[:, None]
        for block in self.blocks:
            x = block(x, mask[:, None, None, :])
        return self.pooling(self.norm(x), lengths)


class AttentionBlock(nn.Module):
    """Self-attention and a feed-forward layer, each added to its input."""

    def __init__(self, n_hidden: int, n_heads: int, dropout: float):
        super().__init__()
        self.n_heads = n_heads
        self.norms = nn.ModuleList(nn.LayerNorm(n_hidden) for _ in range(2))
        self.project = nn.Linear(n_hidden, 3 * n_hidden)
        self.join = nn.Linear(n_hidden, n_hidden)
        self.widen = nn.Linear(n_hidden, 2 * n_hidden)
        self.narrow = nn.Linear(2 * n_hidden, n_hidden)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the block's output; ``mask`` is True where there is a token."""
        x = x + self.dropout(self._attend(self.norms[0](x), mask))
        wide = nn.functional.gelu(self.widen(self.norms[1](x)))
        return x + self.dropout(self.narrow(wide))

    def _attend(self, x: Tensor, mask: Tensor) -> Tensor:
        rows, tokens, size = x.shape
        heads = self.project(x).view(rows, tokens, 3, self.n_heads, -1)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask
        )
        return self.join(mixed.transpose(1, 2).reshape(rows, tokens, size))


def positions(n_tokens: int, size: int) -> Tensor:
    """Return sinusoids of the places, (n_tokens, size) (Vaswani et al. 2017)."""
    rates = torch.exp(torch.arange(0, size, 2) * (-math.log(10000.0) / size))
    angles = torch.arange(n_tokens)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :size]
