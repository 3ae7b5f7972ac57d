"""The picture of a corpus: its most frequent words where their vectors put them."""

import re
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import require
from ensemble_kit.features.embeddings.word_vectors import WordVectors, map_words
from ensemble_kit.pipeline.member import TEXT_ROLES, Member
from ensemble_kit.running.run import Run
from ensemble_kit.store.frames import is_text
from ensemble_kit.voting.voting_plot import save_figure

# Texts that a report's map learns from: a picture of the frequent words needs no more.
MOST_TEXTS = 50_000


def draw_word_map(
    vectors: WordVectors, path: str | PathLike[str], n: int = 150
) -> None:
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


def train_vectors(
    competition: Competition,
    column: str,
    by: str = "word2vec",
    seed: int = 0,
    most: int | None = None,
) -> WordVectors:
    """Return vectors of the words of a text column of both files, targets unseen.

    Parameters
    ----------
    competition : Competition
    column : str
    by : str
        A featurizer that has word vectors.
    seed : int
    most : int, optional
        Texts to learn from, taken at even distances; all without it.
    """
    frames = (competition.X, competition.X_test)
    texts = [t for X in frames for t in X[column].fillna("").astype(str)]
    if most is not None and len(texts) > most:
        at = np.linspace(0, len(texts) - 1, most).astype(int)
        texts = [texts[row] for row in at]
    transformer = FEATURIZERS[by].build({})
    if "random_state" in transformer.get_params():
        transformer.set_params(random_state=seed)
    return transformer.fit(texts).word_vectors()


def require_word_maps() -> None:
    """Raise before any work is done where a library for word maps is missing."""
    require("gensim", extra="text")
    require("matplotlib", extra="plot")


def draw_word_maps(run: Run, folder: Path) -> dict[str, Any]:
    """Draw a map for each text column a run used; return the pictures' names.

    A column whose words are all too rare to have vectors has no picture.
    """
    pictures: dict[str, str] = {}
    for column in texts_used(run):
        seed = run.pipeline.seed
        vectors = train_vectors(run.competition, column, seed=seed, most=MOST_TEXTS)
        if len(vectors):
            name = _file_name(column, pictures.values())
            draw_word_map(vectors, folder / name)
            pictures[column] = name
    return pictures


def texts_used(run: Run) -> list[str]:
    """Return the text columns that a fitted member reads."""
    texts = [name for name, X in run.competition.X.items() if is_text(X.dtype)]
    fitted = {result.name for result in run.results}
    used: set[str] = set()
    for member in run.pipeline.members:
        if member.name in fitted and _reads_texts(member, run):
            used.update(texts if member.texts is None else member.texts)
    return [name for name in texts if name in used]


def _reads_texts(member: Member, run: Run) -> bool:
    features = member.feature_set if member.level == 1 else member.original
    if features is None:
        return False
    recipe = run.pipeline.recipes[features]
    if recipe.is_raw:
        return "text" in member.spec.accepts
    return any(block.role in TEXT_ROLES for block in recipe.blocks)


def _file_name(column: str, taken: Iterable[str]) -> str:
    """Return a name that any disk and any link can hold."""
    plain = re.sub(r"[^\w-]+", "_", str(column))[:80]
    names = [f"words-{plain}.png", *(f"words-{plain}-{n}.png" for n in range(2, 1000))]
    folded = {name.casefold() for name in taken}
    return next(name for name in names if name.casefold() not in folded)
