"""The mean of the folds' predictions of rows that no fold was fitted on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ensemble_kit.oof.matrix import mean_over_folds

SHARES = arrays.arrays(
    np.float64, (4, 3, 3), elements=st.floats(0.0, 1.0, allow_subnormal=False)
)


def probabilities(shares):
    """Return the shares as probabilities; rows of nothing become uniform."""
    shares = np.where(shares.sum(axis=-1, keepdims=True) > 0, shares, 1.0)
    return shares / shares.sum(axis=-1, keepdims=True)


@given(SHARES)
def test_means_are_probabilities_whatever_the_folds_say(shares):
    mean = mean_over_folds(list(probabilities(shares)))
    assert np.isfinite(mean).all()
    assert (mean >= 0).all()
    np.testing.assert_allclose(mean.sum(axis=1), 1.0)


@given(SHARES)
def test_folds_that_agree_are_their_own_mean(shares):
    part = probabilities(shares)[0]
    np.testing.assert_allclose(mean_over_folds([part] * 5), part, atol=1e-12)


@given(SHARES, st.permutations(range(4)))
def test_the_order_of_folds_does_not_matter_beyond_rounding(shares, order):
    parts = probabilities(shares)
    mean = mean_over_folds(list(parts))
    np.testing.assert_allclose(mean_over_folds(list(parts[order])), mean, atol=1e-12)


def test_a_lone_refit_keeps_its_bits():
    part = probabilities(np.random.default_rng(0).random((50, 3)))
    assert mean_over_folds([part]).tobytes() == part.tobytes()


def test_values_have_the_plain_mean():
    parts = [np.array([[1.0], [2.0]]), np.array([[3.0], [8.0]])]
    assert mean_over_folds(parts).tolist() == [[2.0], [5.0]]


def test_a_fold_without_a_class_does_not_rule_it_out():
    knows, ignorant = np.array([[0.4, 0.6]]), np.array([[1.0, 0.0]])
    mean = mean_over_folds([knows] * 4 + [ignorant])
    assert mean[0, 1] > 0.3


def test_a_class_that_no_fold_expects_stays_out():
    mean = mean_over_folds([np.array([[0.7, 0.3, 0.0]])] * 3)
    assert mean[0, 2] == pytest.approx(0.0, abs=1e-12)


def test_noisy_folds_are_as_sure_together_as_level_2_expects():
    """The plain mean of noisy models loses more, as it is less sure than they are."""
    rng = np.random.default_rng(0)
    truth = rng.normal(scale=3.0, size=4000)
    y = (rng.random(4000) < 1 / (1 + np.exp(-truth))).astype(int)
    folds = []
    for _ in range(5):
        chance = 1 / (1 + np.exp(-(truth + rng.normal(scale=1.5, size=4000))))
        folds.append(np.column_stack([1 - chance, chance]))

    def loss(proba):
        return -np.log(proba[np.arange(4000), y]).mean()

    assert loss(mean_over_folds(folds)) < loss(np.mean(folds, axis=0)) - 0.001
