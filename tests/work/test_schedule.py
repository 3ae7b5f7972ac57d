"""What one schedule leaves going on in the pool for the next."""

import pytest

from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.simulating import NoWorkspace, SimulatedPool, SimulatedStore

RECIPES = {"plain": Recipe("plain", (Block("number", "passthrough"),))}


@pytest.fixture
def left(source, tmp_path):
    """Return a graph, a pool in which a fit was left going on, and its events."""
    graph, events = Graph(source, RECIPES), []
    fits = graph.fits(Member("trees", "extra_trees", features="plain"))
    others = graph.fits(Member("wood", "random_forest", features="plain"))
    seconds = {"trees": 100.0, "wood": 10.0}
    pool = SimulatedPool(2, lambda node: seconds.get(node.member, 1.0))
    store = SimulatedStore(Store(tmp_path), pool)

    def run(keys, going=frozenset(), until=lambda: False):
        schedule = Schedule(graph, keys, store, NoWorkspace(), going=going)
        schedule.run(pool, listen, is_interrupted=until)
        return frozenset(schedule.running)

    def listen(event, node, facts):
        events.append((event, node.key))

    going = run(fits.keys[:1], until=lambda: ("started", fits.keys[0]) in events)
    return run, fits.keys, others.keys, going, events


def test_what_was_left_going_on_is_not_begun_again(left):
    run, keys, _, going, events = left
    assert run(keys, going) == frozenset()
    for key in keys:
        assert events.count(("started", key)) == 1
        assert events.count(("done", key)) == 1


def test_what_was_left_going_on_is_not_waited_for_where_nobody_wants_it(left):
    run, keys, others, going, events = left
    assert keys[0] in going
    assert keys[0] in run(others[:1], going)
    assert ("done", others[0]) in events


def test_one_fit_at_a_time_has_the_gpu_and_others_pass_it(source, tmp_path):
    graph, going, most, beside = Graph(source, RECIPES), set(), [0], [False]
    fits = [
        graph.fits(Member(name, "xgboost", features="plain", params=params))
        for name, params in (
            ("a", {"device": "cuda", "n_estimators": 5}),
            ("b", {"device": "cuda", "n_estimators": 6}),
            ("c", {"n_estimators": 7}),
        )
    ]
    pool = SimulatedPool(3, lambda node: 10.0 if node.is_on_gpu else 1.0)
    store = SimulatedStore(Store(tmp_path), pool)

    def listen(event, node, facts):
        (going.add if event == "started" else going.discard)(node.key)
        on_gpu = [key for key in going if graph.nodes[key].is_on_gpu]
        most[0] = max(most[0], len(on_gpu))
        others = {graph.nodes[key].member for key in going if key not in on_gpu}
        beside[0] |= bool(on_gpu) and "c" in others

    keys = [key for each in fits for key in each.keys]
    Schedule(graph, keys, store, NoWorkspace()).run(pool, listen)
    assert most == [1] and beside == [True]
    assert all(store.read(key) is not None for key in keys)
