import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.splitting.folds import Folds, class_folds

ROWS = np.zeros((30, 1))


@given(n_rows=st.integers(4, 60), n_splits=st.integers(2, 4), seed=st.integers(0, 99))
def test_every_row_is_validated_once_and_never_trained_on_then(n_rows, n_splits, seed):
    splitter = KFold(n_splits, shuffle=True, random_state=seed)
    folds = Folds.from_splitter(splitter, np.zeros((n_rows, 1)))
    assert (folds.times_validated == 1).all()
    assert all(not np.intersect1d(train, valid).size for train, valid in folds)


@given(groups=st.lists(st.integers(0, 6), min_size=12, max_size=40))
def test_a_group_is_never_on_both_sides(groups):
    groups = np.array([*groups, 7, 8])
    folds = Folds.from_splitter(GroupKFold(2), groups[:, None], groups=groups)
    for train, valid in folds:
        assert not np.intersect1d(groups[train], groups[valid]).size


def test_time_folds_train_on_the_past_only():
    folds = Folds.from_splitter(TimeSeriesSplit(4), ROWS)
    assert all(train.max() < valid.min() for train, valid in folds)
    assert (folds.times_validated[:6] == 0).all()


def test_a_class_rarer_than_the_folds_is_split_without_a_warning():
    y = np.array([0] * 14 + [1] * 15 + [2])
    folds = Folds.from_splitter(StratifiedKFold(3), ROWS, y)
    assert len(folds) == 3


def test_repeats_are_averaged_per_row():
    y = np.tile([0, 1], 15)
    splitter = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    folds = Folds.from_splitter(splitter, ROWS, y)
    parts = [
        np.full((len(valid), 1), float(k >= 3)) for k, (_, valid) in enumerate(folds)
    ]
    assert np.allclose(folds.collect(parts), 0.5)


def test_rows_no_fold_validates_are_nan():
    folds = Folds.from_splitter(TimeSeriesSplit(2), ROWS)
    collected = folds.collect([np.ones((len(valid), 2)) for _, valid in folds])
    assert np.isnan(collected[:10]).all() and (collected[10:] == 1).all()


def test_a_column_of_fold_numbers_decides_the_folds():
    folds = Folds.from_column(["b", "a", "b", "c"])
    assert [valid.tolist() for _, valid in folds] == [[1], [0, 2], [3]]


def test_a_column_with_one_value_is_refused():
    with pytest.raises(PipelineError, match="at least two distinct values"):
        Folds.from_column([1, 1, 1])


def test_folds_serve_as_cv():
    from sklearn.dummy import DummyClassifier
    from sklearn.model_selection import cross_val_score

    folds = Folds.from_splitter(KFold(3), ROWS)
    scores = cross_val_score(DummyClassifier(), ROWS, np.tile([0, 1], 15), cv=folds)
    assert len(scores) == 3


def test_folds_of_another_length_are_refused():
    folds = Folds.from_splitter(KFold(3), ROWS)
    with pytest.raises(PipelineError, match="30 rows; X has 4"):
        next(folds.split(np.zeros((4, 1))))


@pytest.mark.parametrize(
    ("y", "n_splits"), [(np.repeat(np.arange(30), 4), 4), (np.repeat([0, 1], 4), 4)]
)
def test_small_classes_get_as_many_folds_as_rows_repeated(y, n_splits):
    """Eight rows of two classes, or thirty classes of four, where five are wanted."""
    possible, repeats = class_folds(y, 5)
    assert possible == n_splits and repeats > 1


def test_single_rows_of_a_class_beside_larger_ones_leave_the_folds_as_they_are():
    assert class_folds(np.array([0] * 20 + [1]), 5) == (5, 1)
