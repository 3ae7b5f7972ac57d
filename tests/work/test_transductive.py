"""Text statistics learnt from all rows, where a pipeline asks for it."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.store.store import Store
from ensemble_kit.work.execute import execute
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.workers import InProcess
from ensemble_kit.work.workspace import Workspace

BLOCKS = {
    "idf": Block("text", "tfidf", {"words": [1, 1], "min_df": 1}),
    "joined": Block("texts", "joined_tfidf"),
    "scores": Block("text", "text_encoder"),
    "plain": Block("number", "standard"),
}


def matrices(source, block, folder, transductive=True):
    """Return the first fold's features of one block, and their key."""
    recipes = {"one": Recipe("one", (BLOCKS[block],))}
    graph = Graph(source, recipes, transductive=transductive)
    fits = graph.fits(Member("m", "ridge", features="one", params={"alpha": 1.0}))
    workspace = Workspace.create(folder, source)
    store = Store(folder / "store")
    key = graph.nodes[fits.keys[0]].facts.inputs.features
    for count in graph.nodes[key].needs:
        execute(graph.nodes[count], workspace, store)
    execute(graph.nodes[key], workspace, store)
    return {part: _dense(workspace.read(key, part)) for part in ("valid", "test")}, key


def _dense(matrix):
    return matrix.toarray() if hasattr(matrix, "toarray") else np.asarray(matrix)


def with_new_word(source):
    """Return the source with a word that only test rows have."""
    note = source.X_test["note"] + " unheard"
    return replace(source, X_test=source.X_test.assign(note=note))


@pytest.mark.parametrize("block", ["idf", "joined"])
def test_words_of_test_rows_are_known(source, tmp_path, block):
    source = with_new_word(source)
    alone, _ = matrices(source, block, tmp_path / "a", transductive=False)
    together, _ = matrices(source, block, tmp_path / "b")
    assert together["test"].shape[1] > alone["test"].shape[1]


def test_no_target_is_seen_by_what_is_fitted_on_all_rows(source, tmp_path):
    flipped = replace(source, y=1 - source.y)
    first, _ = matrices(source, "idf", tmp_path / "a")
    second, _ = matrices(flipped, "idf", tmp_path / "b")
    assert all((first[part] == second[part]).all() for part in first)


def test_what_sees_the_target_is_fitted_on_training_rows_alone(source, tmp_path):
    alone, key = matrices(source, "scores", tmp_path / "a", transductive=False)
    _, same_key = matrices(with_new_word(source), "scores", tmp_path / "b")
    assert key == same_key


@pytest.mark.parametrize(("block", "named"), [("idf", True), ("plain", False)])
def test_the_key_names_it_where_it_matters(source, tmp_path, block, named):
    _, off = matrices(source, block, tmp_path / "a", transductive=False)
    _, on = matrices(source, block, tmp_path / "b")
    assert (on != off) is named


@pytest.mark.slow
def test_a_run_goes_through(source, tmp_path):
    graph = Graph(
        source, {"one": Recipe("one", tuple(BLOCKS.values()))}, transductive=1
    )
    fits = graph.fits(Member("m", "ridge", features="one", params={"alpha": 1.0}))
    workspace, store = Workspace.create(tmp_path, source), Store(tmp_path / "store")
    Schedule(graph, fits.keys, store, workspace).run(InProcess(workspace, store))
    assert all(key in store for key in fits.keys)
