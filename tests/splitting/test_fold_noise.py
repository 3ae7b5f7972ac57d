"""How much a difference between two scores owes to chance."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from ensemble_kit.splitting.fold_noise import (
    in_pieces,
    score_to_expect,
    standard_error,
    widening,
)


def test_shared_training_rows_widen_the_error():
    pairs = list(KFold(5).split(np.zeros(50)))
    gains = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    alone = gains.std(ddof=1) / np.sqrt(5)
    assert standard_error(gains, pairs) == pytest.approx(alone * np.sqrt(1 + 5 / 4))


def test_an_interval_over_rows_is_as_much_wider_as_one_over_splits():
    pairs = list(KFold(5).split(np.zeros(50)))
    assert widening(pairs, 50, is_paired=True) == pytest.approx(np.sqrt(1 + 5 / 4))
    alone = widening(pairs, 50, is_paired=False)
    assert 1 < alone < widening(pairs, 50, is_paired=True)
    # Of a few of the rows, their own noise is more than that of the models.
    assert widening(pairs, 5, is_paired=False) < alone


def test_columns_are_measured_on_their_own_and_one_split_has_no_noise():
    pairs = list(ShuffleSplit(4, test_size=0.25, random_state=0).split(np.zeros(40)))
    gains = np.arange(8.0).reshape(4, 2) ** 2
    both = standard_error(gains, pairs)
    assert both == pytest.approx([float(standard_error(g, pairs)) for g in gains.T])
    assert standard_error(gains[:1], pairs[:1]).tolist() == [0, 0]


def test_a_small_test_widens_what_is_to_be_expected_of_it():
    pairs, scores = list(KFold(5).split(np.zeros(50))), [1.0, 2.0, 3.0, 4.0, 5.0]
    low, high = score_to_expect(3.0, scores, pairs, n_test=10)
    # The variance of one score, 2.5, times 1/5 + 10/40 + 10/10; Student's t of 4.
    assert high - 3 == pytest.approx(2.776445 * np.sqrt(2.5 * 1.45), rel=1e-5)
    assert low == pytest.approx(6 - high)
    wide = score_to_expect(3.0, scores, pairs, n_test=1000)
    assert wide[1] - wide[0] < high - low


def test_of_one_split_nothing_is_to_be_expected():
    pairs = list(KFold(5).split(np.zeros(50)))[:1]
    assert score_to_expect(3.0, [3.0], pairs, n_test=10) is None


def test_the_interval_holds_the_score_of_a_fresh_test_in_19_of_20_draws():
    rng, held = np.random.default_rng(0), 0
    pairs = list(KFold(5).split(np.zeros(200)))
    for _ in range(400):
        # A mean that is learnt from the rows, and its squared errors.
        y, test = rng.normal(size=200), rng.normal(size=100)
        scores = [np.mean((y[v] - y[t].mean()) ** 2) for t, v in pairs]
        low, high = score_to_expect(np.mean(scores), scores, pairs, len(test))
        held += low <= np.mean((test - y.mean()) ** 2) <= high
    assert 0.92 < held / 400 < 0.99


def test_few_splits_are_cut_along_the_order_and_many_are_left_alone():
    order = np.random.default_rng(0).permutation(60).astype(float)
    pairs = list(KFold(2).split(np.zeros(60)))
    pieces = in_pieces(pairs, order)
    assert len(pieces) == 6
    for (train, _), (_, valid) in zip(np.repeat(pairs, 3, axis=0), pieces, strict=True):
        assert set(valid).isdisjoint(train)
    first, second, third = (order[rows] for _, rows in pieces[:3])
    assert first.max() < second.min() and second.max() < third.min()
    assert len(in_pieces(list(KFold(5).split(np.zeros(60))))) == 5
    assert in_pieces([]) == []


def test_two_windows_do_not_make_the_interval_endless():
    rng = np.random.default_rng(0)
    pairs, wide = list(KFold(2).split(np.zeros(200))), []
    errors = rng.normal(size=200) ** 2
    for splits in (pairs, in_pieces(pairs)):
        scores = [errors[rows].mean() for _, rows in splits]
        low, high = score_to_expect(errors.mean(), scores, splits, n_test=100)
        wide.append(high - low)
    assert wide[1] < 2
