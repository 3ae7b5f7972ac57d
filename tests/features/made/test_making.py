"""What recipes make, against the same computed by pandas."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from ensemble_kit.features.made.making import Maker, Rows
from ensemble_kit.features.made.recipes import (
    Across,
    Arithmetic,
    Crossed,
    Digit,
    Grouped,
    Nearest,
    candidates,
    name_of,
)

RANDOM = np.random.default_rng(0)
NUMBERS = np.column_stack([RANDOM.normal(size=90), RANDOM.integers(1, 400, 90)])
CODES = np.column_stack([RANDOM.integers(0, 4, 90), RANDOM.integers(0, 3, 90)])
TABLE = pd.DataFrame(np.hstack([NUMBERS, CODES]), columns=["a", "b", "key", "other"])
ROWS = Rows(NUMBERS, CODES, [4, 3])
TARGETS = RANDOM.normal(size=(90, 1))
FOLDS, WEIGHTS = np.arange(90) % 3, np.ones(90)
BY_KEY = TABLE.groupby("key").b


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (Arithmetic("+", 0, 1), TABLE.a + TABLE.b),
        (Arithmetic("-", 0, 1), TABLE.a - TABLE.b),
        (Arithmetic("×", 0, 1), TABLE.a * TABLE.b),
        (Arithmetic("/", 0, 1), TABLE.a / TABLE.b),
        (Grouped("mean", 0, 1), BY_KEY.transform("mean")),
        (Grouped("deviation", 0, 1), BY_KEY.transform(lambda b: b.std(ddof=0))),
        (Grouped("difference", 0, 1), TABLE.b - BY_KEY.transform("mean")),
        (Grouped("ratio", 0, 1), TABLE.b / BY_KEY.transform("mean")),
        (Crossed("count", (0, 1)), TABLE.groupby(["key", "other"]).a.transform("size")),
        (Digit("fraction", 0), TABLE.a % 1),
        (Digit("last_digit", 1), TABLE.b % 10),
        (Digit("roundness", 1), sum((TABLE.b % p == 0) for p in (10, 100, 1000))),
    ],
)
def test_a_recipe_makes_what_pandas_makes(recipe, expected):
    made = Maker([recipe]).fit(ROWS, TARGETS, WEIGHTS).make(ROWS)
    np.testing.assert_allclose(made[:, 0], expected.astype(np.float32), rtol=1e-5)


def test_means_of_the_target_without_smoothing_are_those_of_pandas():
    maker = Maker([Crossed("target", (0, 1))], smooth=0.0).fit(ROWS, TARGETS, WEIGHTS)
    expected = TABLE.assign(y=TARGETS[:, 0]).groupby(["key", "other"]).y
    np.testing.assert_allclose(
        maker.make(ROWS)[:, 0], expected.transform("mean"), rtol=1e-5
    )


@pytest.mark.parametrize("row", [0, 41, 89])
def test_what_a_training_row_gets_does_not_know_its_own_target(row):
    recipes = candidates([0, 1], [0, 1], [], [0, 1])
    changed = TARGETS.copy()
    changed[row] += 100.0
    first = Maker(recipes).fit_make(ROWS, TARGETS, WEIGHTS, FOLDS)
    second = Maker(recipes).fit_make(ROWS, changed, WEIGHTS, FOLDS)
    np.testing.assert_array_equal(first[row], second[row])
    assert not np.array_equal(first, second, equal_nan=True)


def test_levels_never_seen_get_the_overall_mean_and_no_group():
    recipes = [Crossed("target", (0,)), Crossed("count", (0,)), Grouped("mean", 0, 1)]
    new = Rows(NUMBERS[:1], np.array([[-1, 0]]), [4, 3])
    made = Maker(recipes).fit(ROWS, TARGETS, WEIGHTS).make(new)[0]
    np.testing.assert_allclose(made, [TARGETS.mean(), 0.0, np.nan], rtol=1e-5)


def test_division_by_zero_and_overflow_leave_gaps():
    rows = Rows(np.array([[1.0, 0.0], [1e300, 1e-300]]), np.empty((2, 0), int), [])
    made = (
        Maker([Arithmetic("/", 0, 1)])
        .fit(rows, np.zeros((2, 1)), np.ones(2))
        .make(rows)
    )
    assert np.isnan(made[:, 0]).all()


def test_names_say_how_a_column_is_made():
    assert name_of(Crossed("target", (0, 1)), [], ["a", "b"]) == "target of a×b"
    assert name_of(Digit("fraction", 0), ["price"], []) == "fraction of price"


def test_nearest_rows_are_those_of_scikit_learn():
    numbers = RANDOM.normal(size=(200, 3))
    rows, targets = Rows(numbers, np.zeros((200, 0), int), []), numbers[:, :1] ** 2
    recipe = Nearest("distance", (0, 1, 2))
    maker = Maker([recipe]).fit(rows, targets, np.ones(200))
    away = (numbers - np.median(numbers, axis=0)) / numbers.std(axis=0)
    space = np.sign(away) * np.log1p(np.abs(away))
    found = NearestNeighbors(n_neighbors=3).fit(space).kneighbors(space)[0]
    np.testing.assert_allclose(maker.make(rows)[:, 0], found.mean(axis=1), rtol=1e-5)


def test_nearest_rows_of_each_class_and_their_shares_tell_the_class():
    y = np.repeat(np.arange(3), 60)
    numbers = RANDOM.normal(size=(180, 4)) + 3 * np.eye(3, 4)[y]
    rows, targets = Rows(numbers, np.zeros((180, 0), int), []), np.eye(3)[y]
    recipes = [Nearest(what, (0, 1, 2, 3)) for what in ("target", "distance")]
    made = Maker(recipes).fit_make(rows, targets, np.ones(180), np.arange(180) % 4)
    assert (made[:, :3].argmax(axis=1) == y).mean() > 0.8
    assert (made[:, 3:].argmin(axis=1) == y).mean() > 0.8
    assert made[:, :3].sum(axis=1) == pytest.approx(1.0)


def test_a_row_gets_alone_what_it_gets_among_others():
    recipes = candidates([], [], [], [0, 1])
    maker = Maker(recipes).fit(ROWS, TARGETS, WEIGHTS)
    whole, part = maker.make(ROWS), maker.make(ROWS.take(np.array([7, 3])))
    np.testing.assert_array_equal(part, whole[[7, 3]])


def test_all_numbers_of_a_row_are_taken_together():
    numbers = np.array([[1.0, 0.0, np.nan, 5.0]])
    rows = Rows(numbers, np.zeros((1, 0), int), [])
    recipes = [Across(what) for what in ("sum", "spread", "largest", "zeros", "gaps")]
    made = Maker(recipes).make(rows)[0]
    expected = [6.0, np.std([1.0, 0.0, 5.0]), 5.0, 1.0, 1.0]
    np.testing.assert_allclose(made, expected, rtol=1e-6)
