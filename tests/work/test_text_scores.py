"""What cross-fitted models make of texts: once for all feature sets of a fold."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.store import Store
from ensemble_kit.work.building import counts_of, feature_set_of
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.memory_workspace import MemoryWorkspace
from ensemble_kit.work.node import FeaturesFacts
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.workers import InProcess
from ensemble_kit.work.workspace import Workspace

SCORES = (Block("text", "text_encoder"), Block("text", "word_language_model"))
RECIPES = {
    "trees": Recipe("trees", (Block("number", "passthrough"), *SCORES)),
    "scaled": Recipe("scaled", (*SCORES, Block("number", "standard"))),
    "words": Recipe("words", (Block("text", "tfidf"),)),
}
TREES = Member("trees", "extra_trees", params={"n_estimators": 5}, features="trees")
LINEAR = Member("linear", "logistic_regression", features="scaled", probe=False)
N_FOLDS = 3


@pytest.fixture(params=["memory", "folder"])
def worked(request, source, tmp_path):
    """Return a graph of two members, its workspace, and what was done for them."""
    weighted = replace(source, weights=np.linspace(0.5, 2.0, len(source.y)))
    graph, store = Graph(weighted, RECIPES), Store(tmp_path / "store")
    if request.param == "memory":
        workspace = MemoryWorkspace(tmp_path / "none", weighted)
    else:
        workspace = Workspace.create(tmp_path / "work", weighted)
    workspace.keeper = Keeper("memory", tmp_path)
    workspace.holds = True
    keys = [key for member in (TREES, LINEAR) for key in graph.fits(member).keys]
    done = []
    Schedule(graph, keys, store, workspace).run(
        InProcess(workspace, store),
        lambda event, node, _: done.append(node) if event == "done" else None,
    )
    yield graph, workspace, done
    workspace.close()


def test_scores_are_made_once_per_fold_for_all_feature_sets(worked):
    _, _, done = worked
    kinds = [node.kind for node in done]
    assert kinds.count("features") == 2 * N_FOLDS
    assert kinds.count("scores") == len(SCORES) * N_FOLDS


def test_features_are_what_the_whole_set_would_make_of_all_columns(worked):
    graph, workspace, _ = worked
    for node in graph.nodes.values():
        if not isinstance(node.facts, FeaturesFacts):
            continue
        rows = workspace.part_rows(node.fold)
        frames = workspace.frame_rows(node.fold)
        whole, source = feature_set_of(node.facts, workspace), workspace.source
        counted = {part: counts_of(node.facts, workspace, rows[part]) for part in rows}
        train = whole.fit_transform(
            frames["train"],
            source.y[rows["train"]],
            counted=counted["train"],
            sample_weight=source.weights[rows["train"]],
        )
        assert workspace.read(node.key, "train").tobytes() == train.tobytes()
        kept = workspace.keeper.load(node.key)
        for part in ("valid", "test"):
            made = whole.transform(frames[part], counted=counted[part])
            assert workspace.read(node.key, part).tobytes() == made.tobytes()
            assert kept.transform(frames[part]).tobytes() == made.tobytes()


def test_a_feature_set_without_such_blocks_has_no_scores(source):
    graph = Graph(source, RECIPES)
    graph.fits(Member("words", "ridge", features="words", probe=False))
    assert not [node for node in graph.nodes.values() if node.kind == "scores"]
