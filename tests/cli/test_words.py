"""The words command: a look into the vectors of a competition's texts."""

import pytest

from calls import call
from ensemble_kit.cli.terminal.tables import CallError
from ensemble_kit.exceptions import CompetitionError

BY = ("--by", "cooccurrence")


@pytest.fixture
def words(competition_folder):
    folder = competition_folder()
    return lambda *arguments: call("words", folder, *arguments).stdout


def rows_of(out):
    """Return the words and cosines of a printed table."""
    cells = [line.split() for line in out.splitlines()]
    return [row for row in cells if len(row) == 2 and row[1][-1].isdigit()]


def test_the_nearest_words_are_shown_with_their_cosines(words):
    out = words("--column", "note", "--like", "Red", "--top", "3", *BY)
    assert out.startswith("like Red")
    rows = rows_of(out)
    assert len(rows) == 3 and all(-1 <= float(cosine) <= 1 for _, cosine in rows)


def test_an_analogy_leaves_its_own_words_out(words):
    out = words("--analogy", "red", "green", "blue", *BY)
    shown = {word for word, _ in rows_of(out)}
    assert out.startswith("red - green + blue")
    assert shown == {"round", "square", "heavy", "light", "old", "new"}


def test_the_map_is_a_picture_and_the_same_bytes_twice(words, tmp_path):
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    for path in (first, second):
        assert words("--map", path, *BY).strip() == str(path)
    assert first.read_bytes().startswith(b"\x89PNG")
    assert first.read_bytes() == second.read_bytes()


def test_without_a_question_the_frequent_words_are_told(words):
    assert words(*BY).startswith("9 words have vectors; the most frequent: ")


def test_word2vec_answers_too(words):
    assert "cosine" in words("--like", "red")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--column", "nite"], "'nite' is no text column; did you mean 'note'"),
        (["--by", "glovee"], "found 'glovee'; did you mean 'glove'"),
        (["--map", "words.gif"], "expected a name ending in .png"),
    ],
)
def test_a_wrong_call_is_told(words, arguments, said):
    with pytest.raises(CallError, match=said):
        words(*arguments)


def test_an_unknown_word_is_told_with_a_suggestion(words):
    with pytest.raises(CompetitionError, match="no vector for 'gren'; did you mean"):
        words("--like", "gren", *BY)
