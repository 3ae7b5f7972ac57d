"""A look into word vectors: what stands near what in a competition's texts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ensemble_kit.cli.options import Folder

if TYPE_CHECKING:
    from ensemble_kit.competition.competition import Competition
    from ensemble_kit.features.embeddings.word_vectors import WordVectors

TRAINED = ("word2vec", "word2vec_cbow", "fasttext", "glove", "cooccurrence")


def words(
    folder: Folder,
    column: Annotated[
        str | None, typer.Option(help="A text column; the only one by default.")
    ] = None,
    like: Annotated[
        list[str] | None, typer.Option(help="Words nearest to this one; repeatable.")
    ] = None,
    analogy: Annotated[
        tuple[str, str, str] | None,
        typer.Option(help="Three words: king man woman asks for king - man + woman."),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option("--map", help="Draw the frequent words (.png, .svg, .pdf)."),
    ] = None,
    by: Annotated[
        str, typer.Option(help=f"How vectors are trained: {', '.join(TRAINED)}.")
    ] = "word2vec",
    top: Annotated[int, typer.Option(min=1, help="Words to show.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the training.")] = 0,
) -> None:
    """Train word vectors on a text column, and show which words are near which.

    A look, nothing more: the vectors learn from the texts of both files, see no
    target, and go into no run.

    Examples: ensemble-kit words FOLDER --column text --like sea --map words.png

    ensemble-kit words FOLDER --analogy king man woman
    """
    from ensemble_kit.cli.terminal.tables import check_output
    from ensemble_kit.reporting.word_map import draw_word_map

    if picture is not None:
        check_output(picture, (".png", ".svg", ".pdf"))
    vectors = _trained(folder, column, by, seed)
    for word in like or ():
        _show_nearest(vectors, word, top)
    if analogy is not None:
        _show_analogy(vectors, analogy, top)
    if picture is not None:
        draw_word_map(vectors, picture)
        typer.echo(str(picture))
    if not (like or analogy or picture):
        most = ", ".join(vectors.words[:top])
        typer.echo(f"{len(vectors):,} words have vectors; the most frequent: {most}")


def _trained(folder: Path, column: str | None, by: str, seed: int) -> "WordVectors":
    """Return the vectors of the words of a column of both files."""
    from ensemble_kit.cli.terminal.tables import CallError
    from ensemble_kit.competition.loading import load_competition
    from ensemble_kit.exceptions import did_you_mean
    from ensemble_kit.reporting.word_map import train_vectors

    if by not in TRAINED:
        hint = did_you_mean(by, TRAINED)
        raise CallError(f"--by: one of {', '.join(TRAINED)}, found {by!r}{hint}")
    competition = load_competition(folder)
    return train_vectors(competition, _column(competition, column), by, seed)


def _column(competition: "Competition", column: str | None) -> str:
    """Return the text column that is meant."""
    from ensemble_kit.cli.terminal.tables import CallError
    from ensemble_kit.exceptions import did_you_mean

    texts = competition.columns("text")
    if column is None and len(texts) == 1:
        return texts[0]
    if column is not None and column in texts:
        return column
    there = f"there are: {', '.join(texts)}" if texts else "there is none"
    if column is None:
        raise CallError(f"--column: name one text column; {there}")
    hint = did_you_mean(column, texts)
    raise CallError(f"--column: {column!r} is no text column{hint}; {there}")


def _show_nearest(vectors: "WordVectors", word: str, top: int) -> None:
    from ensemble_kit.features.embeddings.word_vectors import nearest_words

    nearest = nearest_words(vectors, _known(vectors, word), top)
    _show(f"like {word}", nearest)


def _show_analogy(
    vectors: "WordVectors", three: tuple[str, str, str], top: int
) -> None:
    from ensemble_kit.features.embeddings.word_vectors import analogy

    a, b, c = (_known(vectors, word) for word in three)
    _show(f"{a} - {b} + {c}", analogy(vectors, a, b, c, top))


def _known(vectors: "WordVectors", word: str) -> str:
    """Return a word as texts are read: in small letters, unless it has its own."""
    return word if word in vectors else word.lower()


def _show(title: str, words: list[tuple[str, float]]) -> None:
    import pandas as pd

    from ensemble_kit.cli.terminal.tables import show_table

    show_table(title, pd.DataFrame(words, columns=["word", "cosine"]))
