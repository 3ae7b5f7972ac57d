"""The graph of work, its schedule, and what the workers leave in the store."""

import re
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ensemble_kit.catalog import MODELS
from ensemble_kit.custom_files import load_custom_file
from ensemble_kit.locks import LOCK
from ensemble_kit.models.probes import probing_grid
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.store.store import Store
from ensemble_kit.work.execute import middle, read_member
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.workers import InProcess, Workers
from ensemble_kit.work.workspace import Workspace

FAULTY = Path(__file__).with_name("faulty_models.py")
RECIPES = {
    "trees": Recipe("trees", (Block("number", "passthrough"),)),
    "linear": Recipe(
        "linear", (Block("number", "standard"), Block("text", "tfidf", {}))
    ),
}
TREES = Member("trees", "extra_trees", params={"n_estimators": 10}, features="trees")
LINEAR = Member("linear", "logistic_regression", features="linear", probe=False)
BLEND = Member("blend", "mean", level=2)


def run(source, folder, members=(TREES, LINEAR), upper=(BLEND,), jobs=0, seed=0):
    """Fit members and return their fits, the store and the events."""
    store, graph = Store(folder / "store"), Graph(source, RECIPES, seed)
    workspace = Workspace.create(folder / "work", source)
    pool = (
        Workers(jobs, workspace, store, [FAULTY])
        if jobs
        else InProcess(workspace, store)
    )
    events, fits = [], {m.name: graph.fits(m) for m in members}
    try:
        for level in (members, upper):
            if level is upper:
                lower = list(fits.values())
                fits |= {m.name: graph.fits(m, lower) for m in upper}
            keys = [key for m in level for key in fits[m.name].keys]
            schedule = Schedule(graph, keys, store, workspace)
            schedule.run(pool, lambda *event: events.append(event))
            for name in schedule.failures:
                fits.pop(name)
    finally:
        pool.close()
        workspace.close()
    return fits, store, events


def predictions(fits, store, source):
    return {
        name: read_member(store, member.grid, source.folds)
        for name, member in fits.items()
    }


def fitted(events):
    return [node.member for event, node, _ in events if event == "done" and node.member]


def test_every_row_is_predicted_by_every_member(source, tmp_path):
    fits, store, _ = run(source, tmp_path)
    for oof, test in predictions(fits, store, source).values():
        assert oof.shape == (150, 2) and test.shape == (50, 2)
        assert np.allclose(oof.sum(axis=1), 1)


def test_a_second_run_fits_nothing(source, tmp_path):
    run(source, tmp_path)
    _, _, events = run(source, tmp_path)
    assert fitted(events) == []


def test_features_are_fitted_once_per_fold_and_feature_set(source, tmp_path):
    twin = replace(LINEAR, name="twin", params={"C": 0.1})
    _, _, events = run(source, tmp_path, (LINEAR, twin), ())
    kinds = [node.kind for event, node, _ in events if event == "done"]
    assert kinds.count("features") == 3 and kinds.count("count") == 1


def test_a_changed_parameter_refits_its_member_and_what_stands_on_it(source, tmp_path):
    run(source, tmp_path)
    changed = replace(LINEAR, params={"C": 0.5})
    _, _, events = run(source, tmp_path, (TREES, changed))
    assert sorted(set(fitted(events))) == ["blend", "linear"]


@pytest.mark.slow
def test_processes_give_the_bytes_of_one(source, tmp_path):
    alone = predictions(*run(source, tmp_path / "a")[:2], source)
    pooled = predictions(*run(source, tmp_path / "b", jobs=2)[:2], source)
    for name, (oof, test) in alone.items():
        assert oof.tobytes() == pooled[name][0].tobytes()
        assert test.tobytes() == pooled[name][1].tobytes()


def test_another_seed_gives_other_predictions(source, tmp_path):
    first = predictions(*run(source, tmp_path)[:2], source)["trees"][0]
    second = predictions(*run(source, tmp_path, seed=1)[:2], source)["trees"][0]
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("probe", [False, True])
def test_an_out_of_fold_row_does_not_change_with_its_own_label(source, tmp_path, probe):
    # Rows of the first fold: its training part is where the probe looks.
    row = source.folds.pairs[0][1][3]
    y = source.y.copy()
    y[row] = 1 - y[row]
    flipped = replace(source, y=y, fingerprint="flipped")
    members = (TREES, replace(LINEAR, probe=probe))
    before = predictions(*run(source, tmp_path, members)[:2], source)
    after = predictions(*run(flipped, tmp_path, members)[:2], flipped)
    for name in ("trees", "linear"):
        assert np.array_equal(before[name][0][row], after[name][0][row])


def test_without_a_probe_that_holds_in_every_fold(source, tmp_path):
    rows = [valid[0] for _, valid in source.folds]
    before = predictions(*run(source, tmp_path)[:2], source)
    for row in rows:
        y = source.y.copy()
        y[row] = 1 - y[row]
        flipped = replace(source, y=y, fingerprint=f"flipped {row}")
        after = predictions(*run(flipped, tmp_path)[:2], flipped)
        assert np.array_equal(before["linear"][0][row], after["linear"][0][row])


def test_a_probe_is_told_the_weights_of_the_rows_it_judges_by(
    source, tmp_path, monkeypatch
):
    told = {}

    def probe(model, X_fit, y_fit, X_valid, y_valid, **more):
        told.update(more, rows=np.asarray(X_valid)[:, 0])
        return {"n_neighbors": 5}

    monkeypatch.setattr(probing_grid, "neighbors", probe)
    near = Member("near", "knn", features="trees")
    numbers = source.X["number"].to_numpy()
    run(replace(source, weights=np.exp(numbers)), tmp_path, (near,), ())
    assert told["sample_weight_fit"] is None
    assert told["sample_weight_valid"] == pytest.approx(np.exp(told["rows"]))


@pytest.mark.slow
def test_nothing_is_left_in_the_workspace(source, tmp_path):
    run(source, tmp_path, jobs=2)
    assert not (tmp_path / "work").exists()


def test_the_folder_of_a_dead_process_is_taken_away(source, tmp_path):
    old = tmp_path / "work" / "999999999-0000"
    old.mkdir(parents=True)
    old.with_name(old.name + LOCK).touch()  # nobody holds it
    Workspace.create(tmp_path / "work", source).close()
    assert not old.exists()


@pytest.fixture
def faulty():
    """Return a function that makes a member which goes wrong in a chosen way."""
    load_custom_file(FAULTY)
    yield lambda fault, **more: Member(
        "faulty", "faulty", params={"fault": fault, **more}
    )
    MODELS._entries.pop("faulty")
    sys.modules.pop("faulty_models")


@pytest.mark.slow
def test_workers_take_a_custom_file_of_the_folder_they_are_started_in(
    source, tmp_path, faulty, monkeypatch
):
    monkeypatch.chdir(FAULTY.parent)
    monkeypatch.setitem(globals(), "FAULTY", Path(FAULTY.name))
    fits, _, _ = run(source, tmp_path, (faulty("none"),), (), jobs=1)
    assert list(fits) == ["faulty"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raise", "ValueError: on purpose"),
        ("nan", "not finite"),
        ("shape", "have shape"),
        ("range", r"not in \[0, 1\]"),
        ("memory", "out of memory"),
    ],
)
def test_a_faulty_member_is_left_out_by_name(source, tmp_path, faulty, fault, message):
    fits, _, events = run(source, tmp_path, (TREES, faulty(fault)))
    reasons = [facts["failure"] for event, _, facts in events if event == "failed"]
    assert "faulty" not in fits and "trees" in fits
    assert any(re.search(message, reason) for reason in reasons)


@pytest.mark.slow
def test_a_member_whose_worker_is_killed_each_time_costs_only_itself(
    source, tmp_path, faulty
):
    member = faulty("signal", number=int(signal.SIGKILL))
    fits, _, events = run(source, tmp_path, (TREES, member), jobs=2)
    reasons = [facts["failure"] for event, _, facts in events if event == "failed"]
    assert list(fits) == ["trees", "blend"]
    assert any("SIGKILL" in reason for reason in reasons)


@pytest.mark.slow
def test_a_worker_killed_once_is_replaced_and_the_bytes_are_the_same(
    source, tmp_path, faulty
):
    member = faulty("once", marker=str(tmp_path / "marker"))
    fits, store, events = run(source, tmp_path, (TREES, member), jobs=2)
    assert [event for event, *_ in events].count("retried") == 1
    assert "faulty" in fits and (tmp_path / "marker").exists()


@pytest.mark.slow
def test_a_hanging_member_is_stopped_at_its_deadline(source, tmp_path, faulty):
    store, graph = Store(tmp_path / "store"), Graph(source, RECIPES)
    workspace = Workspace.create(tmp_path / "work", source)
    fits = graph.fits(faulty("hang"))
    pool, events = Workers(1, workspace, store, [FAULTY]), []
    schedule = Schedule(graph, fits.keys, store, workspace)
    deadline = time.monotonic() + 3
    schedule.run(
        pool,
        lambda *event: events.append(event[0]),
        lambda: time.monotonic() >= deadline,
        deadline,
    )
    pool.close()
    workspace.close()
    assert "stopped" in events and fits.keys[0] not in store


def test_the_fewer_rows_the_more_splits_a_probe_takes():
    boosted, slow = Member("boosted", "lightgbm"), Member("slow", "kernel_svm")
    rows = [SimpleNamespace(y=range(n), times=None) for n in (150, 3_000, 20_000)]
    assert [boosted.probe_splits(source) for source in rows] == [5, 3, 1]
    assert slow.probe_splits(rows[0]) == 1
    assert boosted.probe_splits(SimpleNamespace(y=range(150), times=range(150))) == 1


def test_probes_agree_on_their_geometric_mean():
    found = [{"rounds": 50, "C": 0.1}, {"rounds": 200, "C": 10.0}]
    assert middle(found) == {"rounds": 100, "C": pytest.approx(1.0)}
    assert middle(found[:1]) == found[0]
