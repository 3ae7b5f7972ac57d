"""Predicted costs, and what follows from them."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import TABLE_SHARE, CostModel
from ensemble_kit.work.execute import execute
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.memory import machine_megabytes, peak_megabytes, reset_peak
from ensemble_kit.work.node import EncodeFacts, EncoderFacts, Node
from ensemble_kit.work.rates import Size, fit_megabytes, fit_seconds
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.simulating import NoWorkspace, SimulatedPool
from ensemble_kit.work.workers import InProcess
from ensemble_kit.work.workspace import Workspace
from tiny_encoders import write_encoder, write_static_table

RECIPES = {"trees": Recipe("trees", (Block("number", "passthrough"),))}
TREES = Member("trees", "extra_trees", params={"n_estimators": 5}, features="trees")


def node_of(graph, member=TREES, **more):
    return graph.nodes[graph.fits(member, **more).keys[0]]


@pytest.mark.parametrize("cost", [fit_seconds, fit_megabytes])
@pytest.mark.parametrize("more", [{"n_rows": 20_000}, {"cells": 60}])
def test_more_rows_and_columns_cost_more(cost, more):
    size = Size(10_000, 30, 3)
    assert cost("lightgbm", replace(size, **more)) > cost("lightgbm", size)


def test_predictions_follow_what_fits_have_taken(source):
    graph = Graph(source, RECIPES)
    costs, node = CostModel(graph), node_of(graph)
    told = {"n_rows": 100, "n_features": 2, "cells": 2.0, "n_outputs": 2}
    told |= {"fit_seconds": 0.5, "predict_seconds": 0.5, "peak_megabytes": 900.0}
    costs.learn("extra_trees", told)
    assert costs.seconds(node) == pytest.approx(1.0, rel=0.01)
    assert costs.megabytes(node) == pytest.approx(900.0, rel=0.01)


def test_models_not_seen_yet_are_as_fast_as_those_that_were(source):
    graph = Graph(source, RECIPES)
    costs, node = CostModel(graph), node_of(graph)
    before = costs.seconds(node)
    size = {"n_rows": 10_000, "n_features": 30, "cells": 30.0, "n_outputs": 2}
    taken = 2 * fit_seconds("ridge", Size(10_000, 30, 2))
    costs.learn("ridge", {**size, "fit_seconds": taken, "predict_seconds": 0.0})
    assert costs.seconds(node) == pytest.approx(2 * before)


def test_a_table_of_vectors_is_read_in_a_part_of_the_time(source, tmp_path):
    costs, seconds = CostModel(Graph(source, RECIPES)), []
    for encoder in (write_encoder(tmp_path / "a"), write_static_table(tmp_path / "b")):
        facts: EncoderFacts = {
            "file": encoder.name,
            "params": {"encoder": str(encoder)},
        }
        node = Node("key", EncodeFacts("data", "note", facts, 0, 10_000))
        seconds.append(costs.seconds(node))
    assert seconds[1] == pytest.approx(TABLE_SHARE * seconds[0])


def test_a_store_corrects_the_predictions_of_the_next_run(source, tmp_path):
    graph, store = Graph(source, RECIPES), Store(tmp_path / "store")
    workspace = Workspace.create(tmp_path / "work", source)
    keys = graph.fits(TREES).keys
    Schedule(graph, keys, store, workspace).run(InProcess(workspace, store))
    workspace.close()
    taken = [store.facts(key)["cost"]["fit_seconds"] for key in keys]
    predicted = CostModel(graph, store).seconds(graph.nodes[keys[0]])
    assert min(taken) * 0.5 < predicted < max(taken) * 2 + 0.1


def test_single_precision_is_another_key_and_half_the_matrix(source, tmp_path):
    graph = Graph(source, RECIPES)
    double, single = node_of(graph), node_of(graph, single=True)
    costs = CostModel(graph)
    assert double.key != single.key
    assert costs.least_megabytes(single) < costs.least_megabytes(double)
    store, workspace = Store(tmp_path), Workspace.create(tmp_path / "work", source)
    need = single.facts.inputs.features
    execute(graph.nodes[need], workspace, store)
    assert workspace.read(need, "train").dtype == np.float32
    workspace.close()


def test_work_begins_only_where_it_has_room(source):
    graph = Graph(source, RECIPES)
    costs = CostModel(graph)
    room = 2.5 * costs.megabytes(node_of(graph))
    pool = SimulatedPool(3, lambda node: 1.0)
    limits = Limits(costs, megabytes=room)
    keys = graph.fits(TREES).keys
    Schedule(graph, keys, Store("none"), NoWorkspace(), limits=limits).run(pool)
    fits = [done for done in pool.done if done.node.kind == "fit"]
    begins = [done.begin for done in fits]
    assert len(fits) == 3 and max(begins.count(begin) for begin in begins) <= 2


def test_the_peak_is_that_of_the_last_piece_of_work():
    held = np.ones(2**24)
    before = peak_megabytes()
    del held
    reset_peak()
    assert sys.platform != "linux" or peak_megabytes() < before - 100
    assert machine_megabytes() > 500
