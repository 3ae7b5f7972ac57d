"""Claims on made columns: what pays is kept, what does not is not."""

import pickle

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.features.made import made_columns
from ensemble_kit.features.made.made_columns import MadeColumns
from ensemble_kit.metrics import METRICS

N_ROWS = 1200


def numbers(seed, n_rows=N_ROWS):
    random = np.random.default_rng(seed)
    return pd.DataFrame(random.normal(size=(n_rows, 3)), columns=["a", "b", "c"])


def categories(seed, n_rows=N_ROWS):
    random = np.random.default_rng(seed)
    return pd.DataFrame(random.integers(0, 25, (n_rows, 2)), columns=["u", "v"]).astype(
        "category"
    )


def crossed_target(X, seed):
    """Return labels that follow from pairs of levels, and from no level alone."""
    random = np.random.default_rng(seed)
    of_pairs = random.random((25, 25)) < 0.5
    sure = of_pairs[X.u.cat.codes, X.v.cat.codes]
    return np.where(random.random(len(X)) < 0.9, sure, ~sure).astype(int)


def made(**parameters):
    return MadeColumns(**{"random_state": 0, "max_columns": 5, **parameters})


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_a_difference_that_tells_the_target_is_kept(kind):
    X = numbers(1)
    y = (X.a - X.b + 0.1 * X.c).to_numpy()
    if kind != "regression":
        y = np.digitize(y, [0.0] if kind == "binary" else [-1.0, 1.0])
    assert "a - b" in made().fit(X, y).kept_


def test_pairs_of_levels_that_tell_the_target_are_kept():
    X = categories(2, 3000)
    kept = made().fit(X, crossed_target(X, 3)).kept_
    assert "target of u×v" in kept


def test_later_rows_get_what_the_names_say():
    X = numbers(1)
    featurizer = made(max_columns=1).fit(X, (X.a - X.b).to_numpy())
    later = numbers(4)
    assert featurizer.kept_ == ["a - b"]
    np.testing.assert_allclose(
        featurizer.transform(later)[:, 0], later.a - later.b, rtol=1e-5, atol=1e-6
    )


def test_some_rows_of_transform_are_transform_of_some_rows():
    X = categories(2, 3000)
    featurizer = made().fit(X, crossed_target(X, 3))
    every, rows = featurizer.transform(X), [7, 3, 2000]
    np.testing.assert_array_equal(every[rows], featurizer.transform(X.iloc[rows]))


def test_the_same_seed_gives_the_same_columns_also_after_pickling():
    X = numbers(1)
    y = (X.a * X.b > 0).astype(int).to_numpy()
    first = made().fit(X, y)
    again = pickle.loads(pickle.dumps(made().fit(X, y)))
    assert first.kept_ == again.kept_
    np.testing.assert_array_equal(first.transform(X), again.transform(X))


@pytest.mark.slow
def test_of_noise_nothing_is_kept_in_nineteen_of_twenty_seeds():
    kept = []
    for seed in range(20):
        X = numbers(seed, 500).join(categories(seed, 500))
        y = np.random.default_rng(seed + 100).integers(0, 2, len(X))
        kept.append(bool(made(random_state=seed).fit(X, y).kept_))
    assert sum(kept) <= 1


def test_columns_kept_of_permuted_labels_tell_nothing_of_any_row(monkeypatch):
    monkeypatch.setattr(made_columns, "proved", lambda *_: 5)
    X = categories(2, 3000)
    y = np.random.default_rng(5).permutation(crossed_target(X, 3))
    train, held = slice(0, 2000), slice(2000, None)
    featurizer = made()
    columns = {
        "train": (y[train], featurizer.fit_transform(X[train], y[train])),
        "held": (y[held], featurizer.transform(X[held])),
    }
    for labels, values in columns.values():
        scores = [
            METRICS["auc"](labels, np.column_stack([1 - column, column]))
            for column in np.nan_to_num(values).T
        ]
        # An AUC of 1,000 rows at chance has a standard error of 0.018.
        assert len(scores) == 5 and all(abs(score - 0.5) < 0.07 for score in scores)


@pytest.mark.parametrize(
    "X",
    [
        numbers(0, 20),
        numbers(0).assign(a=np.nan, b=1.0, c=np.inf),
        categories(0, 300)[["u"]],
        pd.DataFrame(index=range(300)),
        pd.DataFrame({"day": pd.Categorical([None] * 300)}),
    ],
    ids=["few", "empty", "one", "none", "gaps"],
)
def test_poor_tables_give_as_many_rows_and_no_column(X):
    y = np.arange(len(X)) % 2
    assert made().fit_transform(X, y).shape == (len(X), 0)
