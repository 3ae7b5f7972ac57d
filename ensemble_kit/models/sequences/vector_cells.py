"""Rows of numbers and images as places that a decoder can look at."""

import torch
from torch import Tensor, nn

from ensemble_kit.models.text_nets.networks.torch_layers import Dropout

GRID = 8  # cells in each direction that an image is read by as a whole
THIN = 16  # features of each


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

    What the image is as a whole is read from few features of each cell, on a coarser
    grid where the image is large.

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
        self.n_memory = self.n_summary = hidden
        height, width = shape
        self.grid = (min(height, GRID), min(width, GRID))
        sizes = [1] + [hidden] * (layers + 1)
        self.filters = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 3, padding=1)
            for n_in, n_out in zip(sizes, sizes[1:], strict=False)
        )
        self.rows = nn.Embedding(height, hidden)
        self.columns = nn.Embedding(width, hidden)
        self.mixed = nn.Linear(hidden, hidden)
        self.thin = nn.Linear(hidden, THIN)
        self.whole = nn.Linear(THIN * self.grid[0] * self.grid[1], hidden)
        self.dropout = Dropout(dropout)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return memory, mask and summary of images, (rows, height, width)."""
        x = images[:, None]
        for filters in self.filters:
            x = torch.relu(filters(x))
        cells = x.movedim(1, -1)
        place = self.rows.weight[:, None] + self.columns.weight
        memory = torch.relu(self.mixed(self.dropout(cells + place))).flatten(1, 2)
        mask = torch.ones(memory.shape[:2], dtype=torch.bool, device=images.device)
        thin = torch.relu(self.thin(cells)).movedim(-1, 1)
        coarse = nn.functional.adaptive_avg_pool2d(thin, self.grid).flatten(1)
        summary = torch.relu(self.whole(self.dropout(coarse)))
        return memory, mask, summary
