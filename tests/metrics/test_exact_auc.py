"""The AUC from sorted bits, against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ensemble_kit.metrics.exact_auc import auc_upper_bound, exact_auc, weighted_auc

scored_rows = st.lists(
    st.tuples(
        st.floats(0, 1e6) | st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()
    ),
    min_size=2,
    max_size=60,
).filter(lambda rows: len({label for _, label in rows}) == 2)


@given(scored_rows)
@settings(deadline=None)
def test_the_auc_equals_scikit_learns_with_any_ties(rows):
    scores, labels = np.array([s for s, _ in rows]), np.array([b for _, b in rows])
    expected = roc_auc_score(labels, scores)
    positive = labels.astype(np.uint64)
    assert exact_auc(scores, positive) == pytest.approx(expected, abs=1e-12)
    found = weighted_auc(scores, positive, np.ones(len(rows)))
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_weighted_auc_equals_scikit_learns():
    rng = np.random.default_rng(0)
    scores, weight = rng.uniform(size=500).round(2), rng.uniform(size=500)
    labels = rng.uniform(size=500) < scores
    found = weighted_auc(scores, labels.astype(np.uint64), weight)
    expected = roc_auc_score(labels, scores, sample_weight=weight)
    assert found == pytest.approx(expected, abs=1e-12)


@given(scored_rows, st.integers(1, 9))
@settings(deadline=None)
def test_the_histogram_bounds_the_auc_from_above(rows, n_bins):
    scores, labels = np.array([s for s, _ in rows]), np.array([b for _, b in rows])
    scores = scores / max(scores.max(), 1)
    bins = (scores * (n_bins - 1)).astype(int)
    bound = auc_upper_bound(
        np.bincount(bins[labels], minlength=n_bins), np.bincount(bins, minlength=n_bins)
    )
    assert bound >= exact_auc(scores, labels.astype(np.uint64)) - 1e-12


def test_negative_zero_is_zero():
    scores = np.array([-0.0, 0.0, 0.0, -0.0])
    assert exact_auc(scores, np.array([0, 1, 0, 1], dtype=np.uint64)) == 0.5
