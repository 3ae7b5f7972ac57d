import pandas as pd
import pytest

from ensemble_kit.competition.guessing.labels import respell, unify_labels
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tasks import Task


@pytest.mark.parametrize(
    ("cells", "labels", "classes"),
    [
        (["1", "0", "1.0", "1"], ["1", "0", "1", "1"], ("0", "1")),
        (["10", "9", "2"], ["10", "9", "2"], ("2", "9", "10")),
        (["True", "TRUE", "False", "True"], ["True"] * 2 + ["False", "True"], None),
        (["b", "1", "1.0"], ["b", "1", "1.0"], ("1", "1.0", "b")),
        (["007", "7", "x"], ["007", "7", "x"], ("007", "7", "x")),
    ],
)
def test_labels_get_one_spelling_the_most_frequent(cells, labels, classes):
    unified, found = unify_labels(pd.Series(cells, dtype="str"))
    assert unified.tolist() == labels
    assert found == (classes or ("False", "True"))


@pytest.mark.parametrize(
    ("classes", "cells", "spelled"),
    [
        (("0", "1"), ["0.0"], ("0.0", "1.0")),
        (("0.0", "1.0"), ["1"], ("0", "1")),
        (("0", "1"), ["True"], ("False", "True")),
        (("a", "b"), ["a"], ("a", "b")),
        (("a", "b"), ["c"], None),
        (("0", "1"), ["0.5"], None),
    ],
)
def test_classes_are_spelled_as_other_cells_are(classes, cells, spelled):
    assert respell(classes, cells) == spelled


def test_labels_of_another_type_are_told_apart_from_the_classes():
    with pytest.raises(CompetitionError, match="labels 0, 1 are none of .* '0', '1'"):
        Task("binary", ("0", "1")).encode([1, 0])
