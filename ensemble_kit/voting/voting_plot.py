"""The picture of the theory: accuracy of a vote against the number of voters."""

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from ensemble_kit.exceptions import require
from ensemble_kit.voting.exchangeable_voting import exchangeable_accuracy
from ensemble_kit.voting.voters import VoteError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")


def plot_vote(
    accuracy: float,
    correlations: Sequence[float] = (0.0, 0.1, 0.3, 0.6),
    most: int = 51,
    n_classes: int = 2,
    target: float | None = None,
    path: str | PathLike[str] | None = None,
) -> "Figure":
    """Draw the accuracy of a vote against the number of alike voters.

    Parameters
    ----------
    accuracy : float
        Of every voter.
    correlations : sequence of float, default=(0, 0.1, 0.3, 0.6)
        One line each, from the beta-binomial model.
    most : int, default=51
        Largest number of voters; odd numbers are drawn.
    n_classes : int, default=2
    target : float, optional
        Drawn as a dashed line.
    path : path, optional
        Where to write the picture; its ending (.svg, .png, .pdf) is its format. The
        same picture is the same bytes.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    VoteError
        For impossible numbers or another ending.
    MissingDependencyError
        Where matplotlib is not installed (extra ``plot``).
    """
    if path is not None and _ending(path) not in FORMATS:
        raise VoteError(
            f"{path}: expected a picture ending in .{', .'.join(FORMATS)}, "
            f"found {_ending(path)!r}"
        )
    figure = require("matplotlib.figure", extra="plot").Figure(figsize=(7, 4.2))
    axes = figure.add_subplot()
    voters = np.arange(1, most + 1, 2)
    for correlation in correlations:
        line = [
            exchangeable_accuracy(accuracy, int(n), correlation, n_classes=n_classes)
            for n in voters
        ]
        axes.plot(voters, line, marker=".", label=f"correlation {correlation:g}")
    if target is not None:
        axes.axhline(target, linestyle="--", color="0.4", label=f"target {target:g}")
    axes.set(
        xlabel="number of voters",
        ylabel="accuracy of the vote",
        title=f"Voters who are right {accuracy:.0%} of the time",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    if path is not None:
        save_figure(figure, path)
    return figure


def save_figure(figure: "Figure", path: str | PathLike[str]) -> None:
    """Write a figure so that the same picture is the same bytes."""
    ending = _ending(path)
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    matplotlib = require("matplotlib", extra="plot")
    # Without a salt the names inside an SVG are random.
    with matplotlib.rc_context({"svg.hashsalt": "ensemble_kit"}):
        figure.savefig(path, format=ending, metadata=undated.get(ending), dpi=120)


def _ending(path: str | PathLike[str]) -> str:
    return str(path).rpartition(".")[2].lower()
