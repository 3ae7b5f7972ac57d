"""The picture of a corpus: its most frequent words where their vectors put them."""

from os import PathLike

from ensemble_kit.blending.voting_plot import save_figure
from ensemble_kit.exceptions import require
from ensemble_kit.features.word_vectors import WordVectors, map_words


def draw_word_map(vectors: WordVectors, path: str | PathLike, n: int = 150) -> None:
    """Draw the n most frequent words on the plane on which their vectors differ most.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        The ending (.png, .svg, .pdf) is the format.
    n : int

    Raises
    ------
    MissingDependencyError
        Where matplotlib is not installed (extra ``plot``).
    """
    words, places = map_words(vectors, n)
    figure = require("matplotlib.figure", extra="plot").Figure(figsize=(10, 8))
    axes = figure.add_subplot()
    axes.scatter(*places.T, s=6, alpha=0.4)
    for word, place in zip(words, places, strict=True):
        # A dollar sign would begin a formula.
        axes.annotate(word.replace("$", r"\$"), place, fontsize=8)
    axes.set(
        title=f"The {len(words)} most frequent of {len(vectors):,} words",
        xticks=[],
        yticks=[],
    )
    figure.tight_layout()
    save_figure(figure, path)
