import numpy as np
import pytest

from ensemble_kit.splitting.drawings import (
    Blocks,
    LastRows,
    Later,
    NewGroups,
    Stretches,
)
from ensemble_kit.splitting.inner_rows import inner_split

PLACES = np.arange(600.0)
OF_TEST = PLACES % 60 >= 40


@pytest.fixture
def blocks():
    return Blocks.of(PLACES[~OF_TEST], PLACES[OF_TEST])


def test_blocks_are_as_long_as_those_of_the_test(blocks):
    assert blocks.length == 20 and blocks.is_alike
    folds = blocks.folds(5, seed=0)
    assert len(folds) == 5
    for train, valid in folds:
        found = Stretches.of(blocks.order[train], blocks.order[valid])
        assert set(found.spans[found.are_test]) == {20.0}
        # As much as can be of its stretch comes before it.
        assert set(blocks.order[valid] % 60) == set(range(20, 40))


def test_every_block_is_validated_once(blocks):
    assert set(blocks.folds(5, seed=0).times_validated) <= {0, 1}
    assert blocks.folds(5, seed=0).times_validated.sum() == 200


def test_blocks_fill_long_stretches_and_neighbours_are_apart():
    is_test = np.isin(PLACES // 20, [10, 20])
    folds = Blocks.of(PLACES[~is_test], PLACES[is_test]).folds(5, seed=1)
    assert folds.times_validated.mean() > 0.85
    for train, valid in folds:
        order = PLACES[~is_test]
        found = Stretches.of(order[train], order[valid])
        assert found.spans[found.are_test].max() == pytest.approx(20, abs=6)


def test_an_empty_gap_before_the_test_is_kept_before_validation():
    is_test = (PLACES % 60 >= 46) & (PLACES % 60 < 56)
    is_gap = (PLACES % 60 >= 40) & (PLACES % 60 < 46)
    drawing = Blocks.of(PLACES[~is_test & ~is_gap], PLACES[is_test])
    assert drawing.gaps == (6.0, 0.0)
    for train, valid in drawing.folds(5, seed=0):
        fitted, checked = drawing.order[train], drawing.order[valid]
        starts = Stretches.of(fitted, checked)
        for begin in starts.begins[starts.are_test]:
            before = fitted[fitted < begin]
            assert begin - before.max() >= 6


def test_no_group_is_fitted_and_validated_where_the_test_has_new_ones():
    groups = (np.arange(600) // 5)[~OF_TEST]
    drawing = Blocks.of(PLACES[~OF_TEST], PLACES[OF_TEST], groups)
    for train, valid in drawing.folds(5, seed=0):
        assert set(groups[train]).isdisjoint(groups[valid])


def test_inner_splits_keep_blocks_whole(blocks):
    fit, judged = inner_split(np.zeros(400), False, seed=0, groups=blocks.units)
    found = Stretches.of(blocks.order[fit], blocks.order[judged])
    assert len(found.spans) < 40


def test_a_holdout_hides_blocks_and_folds_go_on(blocks):
    hidden, unused = blocks.hide(0.2, seed=0)
    assert 0.1 < hidden.mean() < 0.3 and not unused.any()
    rest = blocks.take(np.flatnonzero(~hidden), np.flatnonzero(hidden))
    folds = rest.folds(5, seed=0)
    assert rest.length == 20 and len(folds) == 5


def test_rows_without_a_place_are_only_fitted_on():
    order = PLACES[~OF_TEST].copy()
    order[::7] = np.nan
    folds = Blocks.of(order, PLACES[OF_TEST]).folds(5, seed=0)
    assert not folds.times_validated[::7].any() and folds.times_validated.any()


def test_windows_reach_as_far_as_the_test_and_come_after_what_is_fitted():
    drawing = Later.of(PLACES, 600 + np.arange(50.0))
    assert drawing.length == 50 and drawing.gap == 0 and drawing.is_alike
    folds = drawing.folds(5, seed=0)
    assert [len(valid) for _, valid in folds] == [50] * 5
    assert all(train.max() == valid.min() - 1 for train, valid in folds)


def test_a_gap_before_later_rows_is_kept():
    drawing = Later.of(PLACES, 700 + np.arange(50.0))
    assert drawing.gap == 100
    assert all(v.min() - t.max() == 101 for t, v in drawing.folds(5, seed=0))


def test_a_test_longer_than_training_still_has_folds():
    drawing = Later.of(PLACES, 600 + np.arange(900.0))
    assert not drawing.is_alike and len(drawing.folds(5, seed=0)) == 2


def test_windows_hold_the_groups_that_begin_in_them_where_the_test_has_new_ones():
    # A group begins every five places and lasts for forty: windows overlap most.
    begins = np.arange(0, 600, 5)
    groups = np.repeat(np.arange(len(begins)), 8)
    order = (begins[:, None] + 5 * np.arange(8)).ravel().astype(float)
    drawing = Later.of(order, order.max() + 1 + np.arange(100.0), groups)
    folds = drawing.folds(5, seed=0)
    assert len(folds) == 5
    for train, valid in folds:
        assert set(groups[train]).isdisjoint(groups[valid])
        assert order[train].max() < order[valid].min()
        # Groups that had begun before are still fitted on.
        assert len(np.unique(groups[train])) * 5 > order[train].max() - 5
    hidden, unused = drawing.hide(0.1, seed=0)
    assert set(groups[hidden]).isdisjoint(groups[~hidden & ~unused])


def test_groups_that_never_begin_anew_are_parted_all_the_same():
    groups = np.arange(600) % 20
    drawing = Later.of(PLACES, 600 + np.arange(50.0), groups)
    # Every group is in every window: nothing is left to be fitted on.
    assert drawing.folds(5, seed=0) is None


def test_a_holdout_hides_the_latest_rows():
    hidden, unused = Later.of(PLACES, 700 + np.arange(50.0)).hide(0.1, seed=0)
    assert hidden.sum() == 60 and hidden[-60:].all() and unused.sum() == 100


@pytest.fixture
def last_rows():
    groups = np.repeat(np.arange(50), 10)
    order = np.random.default_rng(0).permutation(500).astype(float)
    return LastRows(groups, order, np.full(50, 2))


def test_the_last_rows_of_groups_are_validated_by_what_comes_before(last_rows):
    folds = last_rows.folds(5, seed=0)
    assert len(folds) == 5 and folds.times_validated.max() == 1
    for train, valid in folds:
        for group in np.unique(last_rows.groups[valid]):
            before = train[last_rows.groups[train] == group]
            checked = valid[last_rows.groups[valid] == group]
            assert len(checked) == 2
            assert last_rows.order[before].max() < last_rows.order[checked].min()


def test_a_holdout_hides_last_rows_first(last_rows):
    hidden, _ = last_rows.hide(0.1, seed=0)
    assert hidden.sum() == 50 and last_rows.back[hidden].max() < 2


def test_inner_splits_judge_by_last_rows(last_rows):
    _, judged = inner_split(np.zeros(500), False, seed=0, times=last_rows.times)
    assert last_rows.back[judged].max() < 2


def test_so_large_a_share_of_rows_is_in_groups_that_are_not_fitted_on():
    groups = np.random.default_rng(0).integers(0, 60, 600)
    drawing = NewGroups(groups, 0.6)
    folds = drawing.folds(5, seed=0)
    assert set(folds.times_validated) == {1}
    shares = [1 - np.isin(groups[v], groups[t]).mean() for t, v in folds]
    assert np.mean(shares) == pytest.approx(0.6, abs=0.1)
    hidden, _ = drawing.hide(0.2, seed=1)
    new = ~np.isin(groups[hidden], groups[~hidden])
    assert hidden.mean() == pytest.approx(0.2, abs=0.06) and 0.3 < new.mean() < 0.9


@pytest.mark.parametrize("order", [np.zeros(30), np.arange(30.0)])
def test_few_places_make_no_folds_or_some(order):
    for drawing in (Later.of(order, order[-1:] + 1), Blocks.of(order, order[-1:] + 1)):
        folds = drawing.folds(5, seed=0)
        assert folds is None or all(len(t) and len(v) for t, v in folds)
