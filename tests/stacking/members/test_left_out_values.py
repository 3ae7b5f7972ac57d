"""What a ridge regression says of rows left out is what fits without them say."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier
from sklearn.model_selection import LeaveOneOut
from sklearn.svm import LinearSVC

from ensemble_kit.stacking.members.left_out_values import left_out_values
from ensemble_kit.stacking.members.member_kinds import DecisionMember, ValueMember

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)) + 3.0
Y = np.digitize(X[:, 0] + RNG.normal(size=40), [2.5, 3.5])


def one_by_one(model, rows, targets, weights=None):
    """Return what fits on all rows but one say of that one."""
    said = np.empty(targets.shape)
    for fit, held in LeaveOneOut().split(rows):
        part = None if weights is None else weights[fit]
        said[held] = model.fit(rows[fit], targets[fit], part).predict(rows[held])
    return said


@pytest.mark.parametrize("weights", [None, RNG.uniform(0.1, 3.0, size=40)])
@pytest.mark.parametrize("columns", [slice(2), slice(5), [0, 1, 2, 3, 4] * 10])
@pytest.mark.parametrize("intercept", [True, False])
def test_left_out_values_are_those_of_a_fit_per_row(columns, weights, intercept):
    model, rows = Ridge(alpha=0.7, fit_intercept=intercept), X[:, columns]
    targets = np.column_stack([k == Y for k in range(3)]).astype(float)
    wanted = one_by_one(model, rows, targets, weights)
    model.fit(rows, targets, weights)
    found = left_out_values(model, rows, targets, weights)
    np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", [DecisionMember, ValueMember])
def test_decisions_left_out_are_in_the_scale_of_those_of_later_rows(kind, n_classes):
    """Each of many rows counts for little: left out or not, its decision is close."""
    rows = np.repeat(X, 50, axis=0)
    codes = np.repeat(np.minimum(Y, n_classes - 1), 50)
    model = {DecisionMember: RidgeClassifier(), ValueMember: Ridge()}[kind]
    member = kind(model).fit(rows, codes)
    at, left_out = member._unseen(rows, codes, None)
    assert np.array_equal(at, np.arange(2000))
    seen = member._decisions(member.estimator_, rows)
    np.testing.assert_allclose(left_out, seen, atol=0.02)


def test_no_row_moves_its_own_decision_when_its_class_changes():
    for kind, model in ((DecisionMember, RidgeClassifier()), (ValueMember, Ridge())):
        for n_classes in (2, 3):
            codes = np.minimum(Y, n_classes - 1)
            other = codes.copy()
            other[7] = (codes[7] + 1) % n_classes
            one, two = (
                kind(model).fit(X, y)._unseen(X, y, None)[1] for y in (codes, other)
            )
            np.testing.assert_allclose(one[7], two[7], atol=1e-9)
            assert abs(one - two).max() > 1e-3


class _Own(Ridge):
    """May fit anything."""


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        (Ridge(), sparse.csr_matrix(X)),
        (Ridge(solver="lsqr"), X),
        (Ridge(positive=True), X),
        (Ridge(alpha=[1.0]), X),
        (Ridge(alpha=1e-9), X[:, [0, 1, 2, 3, 4] * 10] + RNG.normal(size=(40, 50))),
        (RidgeClassifier(class_weight="balanced"), X),
        (LinearRegression(), X),
        (LinearSVC(), X),
        (_Own(), X),
    ],
)
def test_what_has_no_closed_form_is_left_to_a_further_fit(model, rows):
    targets = np.where(Y > 1, 1.0, -1.0)
    model.fit(rows, targets if isinstance(model, Ridge | LinearRegression) else Y > 1)
    assert left_out_values(model, rows, targets[:, None], None) is None
