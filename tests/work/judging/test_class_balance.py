"""Costs and samplers reach fits: inside training parts alone, and are taken back."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from imblearn.under_sampling import RandomUnderSampler
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics import METRICS
from ensemble_kit.models.class_shares import (
    WithDataShares,
    balanced_weights,
    shift_between,
)
from ensemble_kit.models.resampling import resample
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.persistence import pack, unpack
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.judging import class_balance
from ensemble_kit.work.judging.class_balance import FitRows, weighed
from ensemble_kit.work.workspace import Source, Workspace
from graph_work import do_work, out_of_fold

NUMBERS = Recipe("numbers", (Block("number", "standard"),))
PLAIN = Member("plain", "logistic_regression", features="numbers")
DRAWN = replace(PLAIN, sampler={"RandomUnderSampler": {}})
COSTS = [[0.0, 1.0], [20.0, 0.0]]


def rare_rows(n_rows=300, share=0.15, seed=0):
    """Return a source whose second class is rare."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.normal(size=(n_rows, 3)), columns=list("abc"))
    score = table["a"] + random.normal(size=n_rows)
    y = (score > score.quantile(1 - share)).astype(int).to_numpy()
    folds = Folds.from_splitter(KFold(3, shuffle=True, random_state=0), table)
    return Source(table, table[:20], y, folds, "binary", 2, f"rare{seed}")


def fitted(source, folder, member=PLAIN):
    """Return the graph and the entries of a member's fits, by fold."""
    graph = Graph(source, {**standard_recipes(), "numbers": NUMBERS})
    fits = graph.fits(member)
    workspace, store = Workspace.create(folder, source), Store(folder / "store")
    do_work(fits.keys, graph, workspace, store)
    return graph, store, [store.read(key) for key in fits.keys]


def test_nothing_is_keyed_otherwise_where_nothing_is_said_to_cost(tmp_path):
    source = rare_rows()
    graph = Graph(source, {"numbers": NUMBERS})
    keys = graph.fits(PLAIN).keys
    facts = graph.nodes[keys[0]].facts.plain()
    assert "balance" not in facts["inputs"] and "sampler" not in facts["model"]
    assert "balance" not in {node.kind for node in graph.nodes.values()}


def test_costs_and_samplers_are_part_of_the_key():
    source = rare_rows()
    keys = {
        Graph(priced, {"numbers": NUMBERS}).fits(member).keys[0]
        for priced in (source, replace(source, costs=COSTS))
        for member in (PLAIN, DRAWN)
    }
    assert len(keys) == 3  # a sampler has said already which rows count


@pytest.mark.parametrize("name", ["RandomUnderSampler", "RandomOverSampler", "SMOTE"])
def test_a_row_is_not_predicted_otherwise_when_its_own_label_changes(tmp_path, name):
    source, member = rare_rows(), replace(PLAIN, sampler={name: {}})
    before = out_of_fold(source, fitted(source, tmp_path / "a", member)[2])
    row = int(source.folds.pairs[0][1][0])
    y = source.y.copy()
    y[row] = 1 - y[row]
    changed = replace(source, y=y)
    after = out_of_fold(changed, fitted(changed, tmp_path / "b", member)[2])
    assert (after[row] == before[row]).all()
    assert (after != before).any()


def test_a_sampler_sees_nothing_but_training_rows(tmp_path, monkeypatch):
    source, seen = rare_rows(), []

    def spy(name, params, X, y, weights, *, seed):
        seen.append((np.asarray(X).copy(), y.copy()))
        return resample(name, params, X, y, weights, seed=seed)

    monkeypatch.setattr(class_balance, "resample", spy)
    fitted(source, tmp_path, DRAWN)
    first, fits = source.folds.pairs[0][0], seen[-3:]
    assert all(len(X) < len(first) for X, _ in seen[:-3])  # the probe's inner parts
    for (train, _), (X, y) in zip(source.folds, fits, strict=True):
        assert len(X) == len(train)
        assert (y == source.y[train]).all()


@pytest.mark.parametrize("member", [DRAWN, replace(PLAIN, name="weighed")])
def test_permuted_labels_score_at_chance(tmp_path, member):
    source = rare_rows(600)
    y = np.random.default_rng(1).permutation(source.y)
    source = replace(source, y=y, costs=None if member.sampler else COSTS)
    oof = out_of_fold(source, fitted(source, tmp_path, member)[2])
    assert METRICS["auc"](y, oof) == pytest.approx(0.5, abs=0.1)


def test_drawn_rows_give_probabilities_of_the_rows_there_are(tmp_path):
    source = rare_rows(1500, share=0.05)
    oof = out_of_fold(source, fitted(source, tmp_path, DRAWN)[2])
    assert oof[:, 1].mean() == pytest.approx(0.05, abs=0.02)


def test_weights_are_taken_back_where_both_fits_are_right():
    rng = np.random.default_rng(0)
    rows = FitRows(np.zeros((1000, 1)), (rng.uniform(size=1000) < 0.1).astype(int))
    found = weighed(rows, COSTS, 2)
    assert found.weights.sum() == pytest.approx(1000)
    ratio = found.weights[rows.y == 1].mean() / found.weights[rows.y == 0].mean()
    assert ratio == pytest.approx(20)
    share = np.average(rows.y, weights=found.weights)
    told = np.array([[1 - share, share]])
    moved = WithDataShares(_Constant(told), found.shift).predict_proba(np.zeros((1, 1)))
    assert moved[0, 1] == pytest.approx(rows.y.mean())


class _Constant:
    classes_ = np.array([0, 1])

    def __init__(self, told):
        self.told = told

    def predict_proba(self, X):
        return np.repeat(self.told, len(X), axis=0)


def test_what_is_taken_back_is_kept_with_the_model():
    told = WithDataShares(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), np.ones(2))
    kept = unpack(*pack(told))
    assert (kept.predict_proba([[0.3]]) == told.predict_proba([[0.3]])).all()


def test_balanced_costs_follow_from_the_rows_of_the_fit():
    y = np.repeat([0, 1], [90, 10])
    assert balanced_weights(y, 2) == pytest.approx([100 / 180, 5])
    found = weighed(FitRows(np.zeros((100, 1)), y), "balanced", 2)
    sums = np.bincount(y, found.weights)
    assert sums == pytest.approx([50, 50])


def test_weights_are_judged_once_and_followed_by_every_fold(tmp_path, monkeypatch):
    source = replace(rare_rows(400), costs=COSTS)
    graph, store, entries = fitted(source, tmp_path / "a")
    judged = [key for key, node in graph.nodes.items() if node.kind == "balance"]
    assert len(judged) == 1
    told = store.read(judged[0]).facts
    assert told["helps"] == (told["gain"] > told["standard_error"])
    # Whatever was found is what the fits do.
    others = [replace(source, costs=None), source]
    oof = out_of_fold(source, entries)
    plain = out_of_fold(source, fitted(others[0], tmp_path / "b")[2])
    assert (oof == plain).all() == (not told["helps"])


def test_weights_that_help_are_taken(tmp_path, monkeypatch):
    """Trees stopped early do not split for a rare class unless its rows weigh more."""
    source = replace(rare_rows(900, share=0.06), costs=[[0.0, 1.0], [30.0, 0.0]])
    tree = Member(
        "tree",
        "random_forest",
        features="numbers",
        params={"n_estimators": 5, "min_impurity_decrease": 0.02},
    )
    graph, store, _ = fitted(source, tmp_path, tree)
    (key,) = (key for key, node in graph.nodes.items() if node.kind == "balance")
    assert store.read(key).facts["helps"]


def test_rows_that_are_made_have_no_weights():
    X, y = np.random.default_rng(0).normal(size=(60, 2)), np.repeat([0, 1], [40, 20])
    weights = np.linspace(1, 2, 60)
    drawn = resample("RandomUnderSampler", {}, X, y, weights, seed=0)
    assert np.bincount(drawn[1]).tolist() == [20, 20]
    assert np.isin(drawn[2], weights).all()
    with pytest.raises(RunError, match="SMOTE makes rows"):
        resample("SMOTE", {}, X, y, weights, seed=0)
    with pytest.raises(RunError, match="SMOTE cannot draw"):
        resample("SMOTE", {"k_neighbors": 90}, X, y, None, seed=0)


def test_frames_keep_their_categories_when_their_rows_are_picked():
    frame = pd.DataFrame({"c": pd.Categorical(["a", "b", None] * 20)})
    y = np.repeat([0, 1], [45, 15])
    X, labels, _ = resample("RandomUnderSampler", {}, frame, y, None, seed=3)
    expected = RandomUnderSampler(random_state=3).fit(np.zeros((60, 1)), y)
    assert X["c"].dtype == frame["c"].dtype and len(X) == len(labels) == 30
    assert np.bincount(labels).tolist() == [15, 15]
    assert expected is not None


def test_a_class_that_a_fit_has_not_seen_is_left_where_it_is():
    shift = shift_between(np.array([8.0, 2.0, 0.0]), np.array([5.0, 5.0, 0.0]))
    assert shift == pytest.approx([1.6, 0.4, 1.0])
