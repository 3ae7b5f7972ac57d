"""What members begin from is out of fold all along, and is added once."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

from ensemble_kit.catalog import MODELS
from ensemble_kit.oof.canonical_fit import fit, predict, span
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.inner_rows import spirited_splits
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.workspace import Source, Workspace
from graph_work import do_work


def make_source(kind, n_rows=150):
    """Return a small source of a kind."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(n_rows, 3)), columns=list("abc"))
    y = (table["a"] + 0.5 * random.normal(size=n_rows)).to_numpy()
    if kind != "regression":
        y = np.searchsorted([0.0] if kind == "binary" else [-0.5, 0.5], y)
    folds = Folds.from_splitter(KFold(3, shuffle=True, random_state=0), table)
    n_outputs = {"binary": 2, "multiclass": 3, "regression": 1}[kind]
    return Source(table, table[:20], y, folds, kind, n_outputs, kind)


NUMBERS = Recipe("numbers", (Block("number", "standard"),))
BASE = Member("first", "ridge", features="numbers", params={"alpha": 1.0})
AFTER = Member("second", "ridge", features="numbers", params={"alpha": 5.0})


def done(source, folder, member):
    """Return the graph, the first fit's facts and result, and the workspace."""
    graph = Graph(source, {**standard_recipes(), "numbers": NUMBERS})
    fits = graph.fits(member)
    workspace, store = Workspace.create(folder, source), Store(folder / "store")
    do_work(fits.keys[:1], graph, workspace, store)
    entry = store.read(fits.keys[0])
    return graph, graph.nodes[fits.keys[0]].facts, entry, workspace


def after(base, member=AFTER):
    return replace(member, offset=base.name, base=base)


def offsets(source, folder, base=BASE):
    _, facts, _, workspace = done(source, folder, after(base))
    key = facts.inputs.offset
    return {part: np.asarray(workspace.read(key, part)) for part in ("train", "valid")}


def test_a_training_row_begins_from_models_that_have_not_seen_it(tmp_path):
    source = make_source("regression")
    train, _ = source.rows(0)
    before = offsets(source, tmp_path / "a")
    for place in (0, 17):
        y = source.y.copy()
        y[train[place]] += 50.0
        changed = offsets(replace(source, y=y), tmp_path / f"b{place}")
        assert changed["train"][place] == before["train"][place]
        assert (changed["train"] != before["train"]).sum() > 10
        assert (changed["valid"] != before["valid"]).all()


def test_what_is_learnt_by_heart_leaves_nothing_to_begin_from(tmp_path):
    source = make_source("regression")
    near = Member("first", "knn", features="numbers", params={"n_neighbors": 1})
    train, _ = source.rows(0)
    found = offsets(source, tmp_path, near)["train"]
    # In the sample the nearest row is the row itself.
    assert (np.abs(found[:, 0] - source.y[train]) > 1e-9).all()


def test_values_are_what_the_first_says_and_what_the_second_makes_of_the_rest(tmp_path):
    source = make_source("regression")
    graph, facts, entry, workspace = done(source, tmp_path, after(BASE))
    train, valid = source.rows(0)
    begins = offsets(source, tmp_path / "again")
    features = facts.inputs.features
    X = [np.asarray(workspace.read(features, part)) for part in ("train", "valid")]
    rest = source.y[train] - begins["train"][:, 0]
    ridge = MODELS["ridge"].build("regression", {"alpha": 5.0}, 0)
    alone = fit(ridge, X[0], rest)
    more = predict(alone, X[1], "regression", 1, span(rest))
    assert np.allclose(entry.arrays["valid"], begins["valid"] + more)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("model", ["lightgbm", "xgboost", "catboost"])
def test_boosting_of_no_steps_says_what_the_first_has_said(tmp_path, kind, model):
    source = make_source(kind)
    base = Member("first", "logistic_strong", features="numbers")
    rounds = "iterations" if model == "catboost" else "n_estimators"
    still = {"learning_rate": 1e-5, rounds: 2}
    member = Member("second", model, features="numbers", params=still)
    _, facts, entry, workspace = done(source, tmp_path, after(base, member))
    said = np.asarray(workspace.read(facts.inputs.offset, "valid"))
    assert np.allclose(entry.arrays["valid"], said, atol=1e-4)


def test_rounds_are_probed_from_where_the_first_ends(tmp_path):
    source = make_source("binary", 300)
    base = Member("first", "logistic_strong", features="numbers")
    member = Member("second", "lightgbm", features="numbers")
    graph, facts, entry, _ = done(source, tmp_path, after(base, member))
    probe = graph.nodes[facts.probe].facts
    assert probe.inputs.offset == facts.inputs.offset
    assert entry.facts["probed"]["n_estimators"] >= 10


def test_the_first_rows_in_time_begin_from_nothing_and_are_left_out(tmp_path):
    source = make_source("regression")
    source = replace(source, times=np.arange(len(source.y)) * 1.0)
    _, facts, entry, workspace = done(source, tmp_path, after(BASE))
    train, _ = source.rows(0)
    begins = np.asarray(workspace.read(facts.inputs.offset, "train"))[:, 0]
    n_first = int(np.isnan(begins).sum())
    assert 0.2 < n_first / len(train) < 0.4
    assert np.isnan(begins[:n_first]).all()
    assert entry.facts["cost"]["n_rows"] == np.isfinite(begins).sum()


def test_inner_splits_keep_groups_whole_and_look_back_in_time():
    groups = np.repeat(np.arange(7), 3)
    y = np.zeros(21)
    for train, held in spirited_splits(y, 5, False, seed=0, groups=groups):
        assert not set(groups[train]) & set(groups[held])
    pairs = spirited_splits(y, 3, False, seed=0, times=groups)
    assert all(groups[train].max() < groups[held].min() for train, held in pairs)
    held = np.concatenate([held for _, held in pairs])
    assert len(held) == len(set(held))
