import numpy as np
import pytest

from ensemble_kit.exceptions import RunError
from ensemble_kit.oof.canonical_fit import align, predict, span


class Says:
    """Predicts what it is told."""

    def __init__(self, predictions, classes=(0, 1)):
        self.predictions = np.asarray(predictions, dtype=float)
        self.classes_ = np.array(classes)

    def predict_proba(self, X):
        return self.predictions

    predict = predict_proba


X = np.zeros((2, 1))
ON = (10, 0.0, 1.0)


def test_a_class_the_fold_lacked_gets_laplaces_share():
    aligned = align(np.array([[0.5, 0.5]]), np.array([0, 2]), 3, 7)
    assert aligned.sum() == pytest.approx(1)
    assert aligned[0, 1] == pytest.approx(0.1 / 1.1)


def test_values_are_cut_a_tenth_beyond_the_targets_range():
    values = predict(Says([[9.0], [-9.0]]), X, "regression", 1, ON)
    assert values.ravel().tolist() == [1.1, -0.1]


def test_values_of_what_extrapolates_are_cut_a_whole_range_beyond():
    class Line(Says):
        extrapolates = True

    values = predict(Line([[9.0], [1.5]]), X, "regression", 1, ON)
    assert values.ravel().tolist() == [2.0, 1.5]


def test_one_dimensional_values_become_a_column():
    assert predict(Says([0.2, 0.4]), X, "regression", 1, ON).shape == (2, 1)


def test_rounding_is_forgiven_and_rows_sum_to_one():
    raw = predict(Says([[0.5, 0.50005], [1e-9, 1.0]]), X, "binary", 2, ON)
    assert np.allclose(raw.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ([[0.5, 0.5]], "shape"),
        ([[np.nan, 1.0], [0.5, 0.5]], "not finite in 1 of 2 rows"),
        ([[-0.5, 1.5], [0.5, 0.5]], r"not in \[0, 1\]"),
        ([[0.2, 0.2], [0.5, 0.5]], "sum to 0.4, not 1"),
    ],
)
def test_what_is_no_distribution_is_refused(predictions, message):
    with pytest.raises(RunError, match=message):
        predict(Says(predictions), X, "binary", 2, ON)


def test_no_rows_give_no_predictions():
    assert predict(Says([]), np.zeros((0, 1)), "binary", 2, ON).shape == (0, 2)


def test_the_span_of_a_target_is_its_rows_and_range():
    assert span(np.array([3.0, 1.0, 2.0])) == (3, 1.0, 3.0)
