"""The words command: a look into the vectors of a competition's texts."""

import pytest
from typer.testing import CliRunner

from ensemble_kit.cli import app
from ensemble_kit.cli.tables import CallError
from ensemble_kit.exceptions import CompetitionError

BY = ("--by", "cooccurrence")


@pytest.fixture
def call(competition_folder):
    folder = competition_folder()

    def run(*arguments):
        arguments = ["words", str(folder), *map(str, arguments)]
        result = CliRunner(env={"COLUMNS": "80"}).invoke(app, arguments)
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def rows_of(out):
    """Return the words and cosines of a printed table."""
    cells = [line.split() for line in out.splitlines()]
    return [row for row in cells if len(row) == 2 and row[1][-1].isdigit()]


def test_the_nearest_words_are_shown_with_their_cosines(call):
    out = call("--column", "note", "--like", "Red", "--top", "3", *BY)
    assert out.startswith("like Red")
    rows = rows_of(out)
    assert len(rows) == 3 and all(-1 <= float(cosine) <= 1 for _, cosine in rows)


def test_an_analogy_leaves_its_own_words_out(call):
    out = call("--analogy", "red", "green", "blue", *BY)
    shown = {word for word, _ in rows_of(out)}
    assert out.startswith("red - green + blue")
    assert shown == {"round", "square", "heavy", "light", "old", "new"}


def test_the_map_is_a_picture_and_the_same_bytes_twice(call, tmp_path):
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    for path in (first, second):
        assert call("--map", path, *BY).strip() == str(path)
    assert first.read_bytes().startswith(b"\x89PNG")
    assert first.read_bytes() == second.read_bytes()


def test_without_a_question_the_frequent_words_are_told(call):
    assert call(*BY).startswith("9 words have vectors; the most frequent: ")


def test_word2vec_answers_too(call):
    assert "cosine" in call("--like", "red")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--column", "nite"], "'nite' is no text column; did you mean 'note'"),
        (["--by", "glovee"], "found 'glovee'; did you mean 'glove'"),
        (["--map", "words.gif"], "expected a name ending in .png"),
    ],
)
def test_a_wrong_call_is_told(call, arguments, said):
    with pytest.raises(CallError, match=said):
        call(*arguments)


def test_an_unknown_word_is_told_with_a_suggestion(call):
    with pytest.raises(CompetitionError, match="no vector for 'gren'; did you mean"):
        call("--like", "gren", *BY)
