"""Training rows split once more."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.splitting.inner_rows import (
    balanced_folds,
    folds_in_turn,
    inner_split,
    inner_splits,
    shuffle_split,
)


@given(
    labels=st.lists(st.integers(0, 3), min_size=10, max_size=80),
    seed=st.integers(0, 9),
)
def test_an_inner_split_loses_no_row_and_no_class(labels, seed):
    y = np.array(labels)
    fit, judged = inner_split(y, True, seed=seed)
    assert np.array_equal(np.sort(np.concatenate([fit, judged])), np.arange(len(y)))
    assert len(judged) and (len(set(y[fit])) == len(set(y)) or len(judged) == 1)


@given(groups=st.lists(st.integers(0, 5), min_size=8, max_size=60))
def test_an_inner_split_keeps_groups_whole(groups):
    groups = np.array([*groups, 6, 7])
    fit, judged = inner_split(np.zeros(len(groups)), False, seed=0, groups=groups)
    assert len(fit) and len(judged)
    assert not np.intersect1d(groups[fit], groups[judged]).size


def test_an_inner_split_in_time_judges_by_the_last_rows():
    times = np.array([3, 1, 2, 5, 4])
    _, judged = inner_split(np.zeros(5), False, seed=0, times=times)
    assert judged.tolist() == [3]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(2, 6))
def test_folds_deal_out_every_class_evenly(y, n_splits):
    y = np.array(y)
    folds = balanced_folds(y, n_splits, 0)
    for label in np.unique(y):
        sizes = np.bincount(folds[y == label], minlength=n_splits)
        assert sizes.max() - sizes.min() <= 2


def test_folds_in_turn_hold_as_many_rows_of_every_class():
    codes = np.repeat([0, 1], [30, 9])
    fold = folds_in_turn(codes, 3, 0)
    assert np.bincount(fold).tolist() == [13, 13, 13]
    assert np.bincount(fold[codes == 1]).tolist() == [3, 3, 3]


def test_inner_rows_are_held_by_class():
    y = np.array([0] * 80 + [1] * 20)
    fit, held = shuffle_split(y, 0.2, True, seed=0)
    assert np.bincount(y[held]).tolist() == [16, 4]
    assert sorted([*fit, *held]) == list(range(100))


def test_inner_splits_are_by_class_while_every_class_fills_the_folds():
    codes = np.repeat([0, 1], [30, 9])
    held = [np.bincount(codes[valid]).tolist() for _, valid in pairs_of(codes, 3)]
    assert held == [[10, 3]] * 3
    sizes = [len(valid) for _, valid in pairs_of(codes, 13)]
    assert sizes == [3] * 13


def test_a_single_row_is_on_both_sides():
    assert [[part.tolist() for part in pair] for pair in pairs_of([0], 5)] == [
        [[0]] * 2
    ]


def pairs_of(codes, n_splits):
    """Return the inner pairs of some class numbers."""
    return inner_splits(np.asarray(codes), n_splits, True, 0)
