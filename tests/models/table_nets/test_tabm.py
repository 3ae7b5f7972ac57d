"""TabM: members that share their matrices and differ all the same."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.models.table_nets.number_bins import learn_bins
from ensemble_kit.models.table_nets.table_mlp import TableMLPRegressor
from ensemble_kit.models.table_nets.tabm import TabMClassifier, TabMRegressor

torch = pytest.importorskip("torch")

SMALL = {"hidden": (16, 8), "n_members": 3, "n_cycles": 1, "first_cycle": 2}


def table(n_rows=90):
    """Return numbers and categories, some of them missing, and a target."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["a", "b", "c"])
    X.loc[::9, "b"] = np.nan
    X["few"] = pd.Categorical(rng.choice(list("xyz"), n_rows))
    X["many"] = pd.Categorical(rng.choice([f"l{k}" for k in range(12)], n_rows))
    return X, X["a"].to_numpy() + (X["few"] == "x").to_numpy()


def test_members_share_every_matrix_but_the_last():
    X, y = table()
    few, many = (
        TabMRegressor(**{**SMALL, "n_members": n}, random_state=0).fit(X, y).weights_
        for n in (2, 20)
    )
    shared = [name for name in few if few[name].shape == many[name].shape]
    assert {"weight_0", "weight_1", "pieces", "line", "level_0"} <= set(shared)
    assert few["weight_0"].shape == (few["r_0"].shape[-1], 16)
    assert {"r_0", "s_0", "bias_0", "weight_out"}.isdisjoint(shared)


def test_members_have_adapters_of_batch_ensemble():
    X, y = table()
    model = TabMRegressor(**SMALL, n_bins=0, random_state=0).fit(X, y)
    weights, parts = model.weights_, model._read(X)
    tables = [weights["level_0"][parts[2][:, 0]]]
    values = np.hstack([parts[0], parts[1], *tables])
    for depth in (0, 1):
        r, s = weights[f"r_{depth}"][2, 0], weights[f"s_{depth}"][2, 0]
        rows = (values * r) @ weights[f"weight_{depth}"] * s
        values = np.maximum(rows + weights[f"bias_{depth}"][2, 0], 0)
    expected = values @ weights["weight_out"][2] + weights["bias_out"][2]
    assert model._outputs(X)[2] == pytest.approx(expected, abs=1e-5)


def test_members_differ_before_any_step_by_what_multiplies_the_columns():
    X, y = table()
    model = TabMRegressor(**SMALL, learning_rate=1e-12, random_state=0).fit(X, y)
    first, second = model.weights_["r_0"][:2, 0]
    assert np.abs(first - second).max() > 0.1
    assert model.weights_["r_1"] == pytest.approx(1.0)
    assert model.weights_["s_0"] == pytest.approx(1.0)
    widths = model.embedding_size or 8
    assert len(np.unique(first[:widths])) == 1


@pytest.mark.parametrize("shared_rows", [True, False])
def test_fits_are_the_same_to_the_bit(shared_rows):
    X, y = table()
    one, other = (
        TabMClassifier(**SMALL, shared_rows=shared_rows, random_state=4)
        .fit(X, y > 0)
        .predict_proba(X)
        for _ in range(2)
    )
    assert np.array_equal(one, other)


def test_every_member_learns_from_rows_of_its_own_where_asked():
    X, y = table()
    ours, theirs = (
        TabMRegressor(**SMALL, shared_rows=shared, random_state=0).fit(X, y).predict(X)
        for shared in (True, False)
    )
    assert not np.allclose(ours, theirs)


def test_probabilities_are_the_mean_over_the_members():
    X, y = table()
    model = TabMClassifier(**SMALL, random_state=0).fit(X, y > 0)
    outputs = np.exp(model._outputs(X))
    members = outputs / outputs.sum(axis=2, keepdims=True)
    assert model.predict_proba(X) == pytest.approx(members.mean(axis=0))


def test_a_number_is_embedded_along_pieces_between_quantiles():
    from ensemble_kit.models.table_nets.tabm_network import encode

    column = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8], dtype=np.float32)
    bins = learn_bins(column[:, None], 4)
    below = encode(bins, torch.tensor([[-3.0], [3.0], [8.0], [99.0]]))
    assert below[:, 0].tolist() == [
        [0.0, 0.0, 0.0, 0.0],
        [1.0, 0.5, 0.0, 0.0],
        [1.0, 1.0, 1.0, 1.0],
        [1.0, 1.0, 1.0, 1.0],
    ]


def test_a_constant_and_a_number_of_two_values_have_few_pieces():
    columns = np.array([[5, 0], [5, 1], [5, 1], [5, 1]], dtype=np.float32)
    bins = learn_bins(columns, 3)
    assert (bins.steepness > 0).sum(axis=1).tolist() == [0, 1]


def test_pieces_let_the_network_bend_where_a_line_does_not():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(600, 1))
    y = np.sin(12 * X[:, 0])
    sizes = {"hidden": (32,), "n_members": 4, "n_cycles": 2, "random_state": 0}
    errors = [
        np.mean((TabMRegressor(**sizes, n_bins=n).fit(X, y).predict(X) - y) ** 2)
        for n in (0, 32)
    ]
    assert errors[1] < 0.5 * errors[0]


def test_one_training_passes_through_all_shorter_ones():
    X, y = table()
    seen = []
    long = TabMRegressor(**{**SMALL, "n_cycles": 3}, random_state=0)
    valid = X[:10], y[:10], None
    long.fit_watched(X, y, None, valid, lambda n, loss: seen.append(loss) or n == 2)
    short = TabMRegressor(**{**SMALL, "n_cycles": 2}, random_state=0).fit(X, y)
    assert len(seen) == 2
    assert np.array_equal(long.predict(X), short.predict(X))


def test_tabm_has_fewer_numbers_than_as_many_perceptrons_by_themselves():
    X, y = table()
    sizes = {"hidden": (64, 64), "n_members": 8, "n_cycles": 1, "first_cycle": 1}
    ours, theirs = (
        sum(array.size for array in model(**sizes).fit(X, y).weights_.values())
        for model in (TabMRegressor, TableMLPRegressor)
    )
    assert ours < 0.4 * theirs
