"""Splitters by name, as rows, groups and classes allow."""

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
)

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.splitting.splitters import make_splitter, usual_splitter

EVEN, RARE, ALONE = np.repeat([0, 1], 10), np.repeat([0, 1], 3), np.arange(9)
PAIRS = np.repeat(np.arange(10), 2)


@pytest.mark.parametrize(
    ("y", "groups", "kind", "n_splits"),
    [
        (EVEN, PAIRS, StratifiedGroupKFold, 5),
        (RARE, None, RepeatedStratifiedKFold, 9),
        (ALONE, None, KFold, 5),
        (ALONE, np.arange(9) // 3, GroupKFold, 3),
    ],
)
def test_rows_get_the_splitter_that_their_classes_and_groups_allow(
    y, groups, kind, n_splits
):
    name = usual_splitter(True, groups is not None)
    made = make_splitter(name, y, groups, is_classifier=True, n_splits=5, seed=0)
    assert type(made) is kind
    assert made.get_n_splits(y, y, groups) == n_splits


def test_parameters_are_taken_as_they_are_and_unknown_names_are_told():
    asked = {"is_classifier": False, "n_splits": 5, "seed": 0}
    made = make_splitter("KFold", EVEN, None, params={"n_splits": 4}, **asked)
    assert made.get_n_splits() == 4
    with pytest.raises(PipelineError, match="unknown 'KFolds'; did you mean 'KFold'"):
        make_splitter("KFolds", EVEN, None, **asked)
