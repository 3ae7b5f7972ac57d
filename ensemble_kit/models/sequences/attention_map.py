"""Where a decoder looked while it wrote one text, as a matrix and as a picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import require

CELL = 0.25  # inches of a token in the picture


@dataclass(frozen=True)
class AttentionMap:
    """The weight of every place of a source for every token written.

    Parameters
    ----------
    weights : ndarray of shape (n_written + 1 or n_written, n_places)
        Rows sum to 1; the last row is the end of the text, which one that was cut at
        its greatest length has not.
    written : list of str
        The tokens of the text.
    places : list of str
        What stands at the places of the source.
    shape : tuple of int, optional
        Height and width of the image that the places are cells of.
    """

    weights: NDArray[np.float64]
    written: list[str]
    places: list[str]
    shape: tuple[int, ...] | None = None

    def draw(self, path: Path | str) -> Path:
        """Write a picture of the weights and return its path.

        The places of a text stand below each other's tokens; of an image there is one
        small picture for each token.
        """
        require("matplotlib", extra="plot")
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        names = [*(shown_token(token) for token in self.written), "end"]
        names = names[: len(self.weights)]
        if self.shape is None:
            figure.set_size_inches(2 + CELL * len(self.places), 1.5 + CELL * len(names))
            axes = figure.add_subplot()
            axes.imshow(self.weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            places = [shown_token(token) for token in self.places]
            axes.set_xticks(range(len(places)), places)
            axes.set_yticks(range(len(names)), names)
            axes.xaxis.tick_top()
        else:
            figure.set_size_inches(1.2 * len(names), 1.6)
            for at, name in enumerate(names):
                axes = figure.add_subplot(1, len(names), at + 1)
                axes.imshow(self.weights[at].reshape(self.shape), cmap="Blues")
                axes.set_title(name)
                axes.set_axis_off()
        figure.savefig(path)
        return Path(path)


def shown_token(token: str) -> str:
    """Return a token as it is shown, a blank as a mark.

    Examples
    --------
    >>> shown_token(" two")
    '␣two'
    """
    return token.replace(" ", "␣").replace("$", r"\$")
