"""The members that a network of texts has to beat."""

import pytest

from ensemble_kit.models.sequences.plain_texts import CopiedText, NearestText

X = ["one apple", "two pears", "three plums", ""]
Y = ["1 apple", "2 pears", "3 plums", ""]


@pytest.mark.parametrize("model", [CopiedText(), NearestText()])
def test_rows_that_nothing_can_be_learnt_from_are_refused(model):
    with pytest.raises(ValueError, match="X is one text, 'one'; expected a list"):
        model.fit("one", Y)
    with pytest.raises(ValueError, match="y is one text"):
        model.fit(["a", "b", "c"], "one")
    with pytest.raises(ValueError, match="X has 4 rows and y has 3"):
        model.fit(X, Y[:3])
    with pytest.raises(ValueError, match="X has no rows"):
        model.fit([], [])
    with pytest.raises(ValueError, match="X is one text"):
        model.fit(X, Y).predict("one")


def test_the_targets_of_the_nearest_sources_are_written():
    model = NearestText(n_neighbors=2).fit(X, Y)
    assert model.predict(["one appel", "three plum", ""]).tolist() == [
        "1 apple",
        "3 plums",
        "",
    ]
    (best, chance), (_, less) = model.predict_candidates(["two pear"])[0]
    assert best == "2 pears"
    assert 1 >= chance > less >= 0


def test_a_known_source_has_nearly_the_whole_chance_and_a_strange_one_little():
    model = NearestText(n_neighbors=1).fit(X, Y)
    known, strange = model.predict_candidates(["one apple", "жж"])
    assert known[0] == ("1 apple", pytest.approx(1.0, abs=1e-5))
    assert strange[0][1] < 0.5


def test_rows_of_weight_0_are_no_neighbours():
    model = NearestText(n_neighbors=1).fit(X, Y, sample_weight=[0, 1, 1, 1])
    assert model.predict(["one apple"]).tolist() != ["1 apple"]


def test_the_source_is_written_with_the_chance_that_it_was_right():
    model = CopiedText().fit(["a", "b", "c", "d"], ["a", "b", "c", "x"])
    assert model.predict_candidates(["e"]) == [[("e", 0.75)]]
    assert model.score(["a", "b"], ["a", "c"]) == 0.5
