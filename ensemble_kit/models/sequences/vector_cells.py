"""Rows of numbers and images as places that a decoder can look at."""

import torch
from torch import Tensor, nn

from ensemble_kit.models.text_nets.networks.torch_layers import Dropout


class RowSource(nn.Module):
    """One place per number: its value and its name, read together with all others.

    Parameters
    ----------
    n_numbers, hidden : int
    dropout : float
    """

    def __init__(self, n_numbers: int, hidden: int, dropout: float):
        super().__init__()
        self.n_memory = self.n_summary = hidden
        self.all = nn.Sequential(
            nn.Linear(n_numbers, hidden), nn.ReLU(), nn.Linear(hidden, hidden)
        )
        self.own = nn.Embedding(n_numbers, hidden)
        self.slope = nn.Embedding(n_numbers, hidden)
        self.mixed = nn.Linear(2 * hidden, hidden)
        self.dropout = Dropout(dropout)

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return memory, mask and summary of rows, (rows, n_numbers)."""
        summary = torch.tanh(self.all(self.dropout(numbers)))
        each = torch.tanh(self.own.weight + numbers[:, :, None] * self.slope.weight)
        whole = summary[:, None].expand_as(each)
        memory = torch.tanh(self.mixed(torch.cat([each, whole], dim=-1)))
        mask = torch.ones(numbers.shape, dtype=torch.bool, device=numbers.device)
        return memory, mask, summary


class ImageSource(nn.Module):
    """One place per cell of an image: filters of 3 x 3 over it, and where it is.

    Parameters
    ----------
    shape : tuple of (height, width)
    hidden, layers : int
        Filters, and layers of them.
    dropout : float
    """

    def __init__(
        self, shape: tuple[int, ...], hidden: int, layers: int, dropout: float
    ):
        super().__init__()
        self.n_memory = hidden
        self.n_summary = 2 * hidden
        height, width = shape
        sizes = [1] + [hidden] * (layers + 1)
        self.filters = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 3, padding=1)
            for n_in, n_out in zip(sizes, sizes[1:], strict=False)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in sizes[1:])
        self.rows = nn.Embedding(height, hidden)
        self.columns = nn.Embedding(width, hidden)
        self.mixed = nn.Linear(hidden, hidden)
        self.dropout = Dropout(dropout)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return memory, mask and summary of images, (rows, height, width)."""
        x = images[:, None]
        for filters, norm in zip(self.filters, self.norms, strict=True):
            x = torch.relu(norm(filters(x).movedim(1, -1))).movedim(-1, 1)
        cells = x.movedim(1, -1)
        place = self.rows.weight[:, None] + self.columns.weight
        memory = torch.relu(self.mixed(self.dropout(cells + place))).flatten(1, 2)
        mask = torch.ones(memory.shape[:2], dtype=torch.bool, device=images.device)
        summary = torch.cat([memory.mean(1), memory.amax(1)], dim=-1)
        return memory, mask, summary
