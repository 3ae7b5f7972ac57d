"""Tables of texts that members would write."""

import numpy as np

from ensemble_kit.oof.text_candidates import NONE, TextCandidates

ONE = [[("x", 0.5), ("y", 0.7)], [], [("", 0.1)]]
TWO = [[("y", 0.2)], [("ж", 0.9), ("x", 0.05), ("z", 0.01)], [("x", 1.0)]]


def both():
    return TextCandidates.join(
        [TextCandidates.of("a", ONE), TextCandidates.of("b", TWO)]
    )


def test_members_of_several_ranks_are_joined_and_the_likeliest_stands_first():
    assert both().rows("a") == [[("y", 0.7), ("x", 0.5)], [], [("", 0.1)]]
    assert both().rows("b") == TWO
    assert both().best("a").tolist() == ["y", "", ""]


def test_arrays_keep_everything():
    found = TextCandidates.from_arrays(("a", "b"), both().to_arrays())
    assert found.texts == both().texts
    assert found.rows("a") == both().rows("a")
    assert found.rows("b") == both().rows("b")


def test_a_text_that_two_members_write_is_one_option():
    options, shares = both().options()
    texts = [[both().texts[n] for n in row if n != NONE] for row in options]
    assert texts == [["y", "x"], ["ж", "x", "z"], ["", "x"]]
    first = shares[0][options[0] != NONE]
    np.testing.assert_allclose(first, [[0.7, 0.2], [0.5, 0.0]])
    assert shares[options == NONE].sum() == 0


def test_stacked_rows_come_back_in_their_places():
    found = TextCandidates.stack(
        [both().take(np.array([2, 0])), both().take(np.array([1]))],
        [np.array([2, 0]), np.array([1])],
    )
    assert found.rows("a") == both().rows("a")
    assert found.rows("b") == both().rows("b")


def test_the_mean_of_models_has_the_texts_of_all():
    parts = [TextCandidates.of("a", [row]) for row in ([("x", 0.6)], [("y", 0.9)])]
    assert TextCandidates.average(parts).rows("a") == [[("y", 0.45), ("x", 0.3)]]


def test_no_rows_are_candidates_too():
    none = TextCandidates.join([TextCandidates.of("a", []), TextCandidates.of("b", [])])
    assert len(none) == 0
    assert TextCandidates.average([none.take(np.array([], dtype=int))]).texts == ()
