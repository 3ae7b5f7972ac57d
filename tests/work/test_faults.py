"""What goes wrong in real workers, and what becomes of the rest of the work."""

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ensemble_kit.catalog import MODELS
from ensemble_kit.custom_files import load_custom_file
from ensemble_kit.exceptions import RunError
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import CostModel
from ensemble_kit.work.execute import read_member
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.memory import own_megabytes
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.worker import WaitingWorkers
from ensemble_kit.work.workers import InProcess, Workers
from ensemble_kit.work.workspace import Workspace

FAULTY = Path(__file__).with_name("faulty_models.py")
RECIPES = {
    "trees": Recipe("trees", (Block("number", "passthrough"),)),
    "raw": Recipe("raw"),
}
GOOD = Member("good", "extra_trees", params={"n_estimators": 5}, features="trees")


@pytest.fixture
def faulty():
    """Return a function that makes a member which goes wrong in a chosen way."""
    load_custom_file(FAULTY)
    yield lambda fault, **more: Member(
        "faulty", "faulty", params={"fault": fault, **more}
    )
    MODELS._entries.pop("faulty")
    sys.modules.pop("faulty_models")


def run(source, folder, members, jobs=0, megabytes=None, kind=Limits, waiting=None):
    """Fit members; return the schedule, their fits, the store and the pool."""
    store, graph = Store(folder / "store", durable=False), Graph(source, RECIPES)
    workspace = Workspace.create(folder / "work", source)
    pool = InProcess(workspace, store)
    if jobs:
        pool = Workers(jobs, workspace, store, [FAULTY], megabytes, waiting)
    fits = {m.name: graph.fits(m) for m in members}
    keys = [key for one in fits.values() for key in one.keys]
    told = kind(CostModel(graph), megabytes=megabytes)
    schedule = Schedule(graph, keys, store, workspace, limits=told)
    try:
        schedule.run(pool)
    finally:
        pool.close()
        workspace.close()
    return schedule, fits, store, pool


class Short(Limits):
    """Little patience with the member that hangs; a slow machine may start slowly."""

    def patience(self, node):
        return 3.0 if node.member == "hang" else 300.0


def test_crashes_and_hangs_in_c_cost_only_their_own_members(source, tmp_path, faulty):
    bad = [replace(faulty(name), name=name) for name in ("segfault", "abort", "hang")]
    schedule, _, _, pool = run(source, tmp_path, (*bad, GOOD), jobs=2, kind=Short)
    signs = {"segfault": "SIGSEGV", "abort": "SIGABRT", "hang": "by its deadline"}
    assert schedule.failures.keys() == signs.keys()
    assert all(sign in schedule.failures[name] for name, sign in signs.items())
    assert pool.peak_megabytes > 0


def test_workers_that_were_started_before_do_the_work_and_dead_ones_are_left(
    source, tmp_path
):
    waiting = WaitingWorkers(2)
    alive, dead = waiting._started  # the last one is taken first
    dead.process.kill()
    dead.process.wait()
    schedule, fits, store, _ = run(source, tmp_path, (GOOD,), 1, waiting=waiting)
    assert not schedule.failures and all(key in store for key in fits["good"].keys)
    assert alive.process.poll() is not None and waiting.take() is None


def test_workers_that_nobody_needs_are_ended():
    waiting = WaitingWorkers(1)
    process = waiting._started[0].process
    waiting.close()
    assert process.poll() is not None


def test_a_fit_that_allocates_without_end_is_out_of_memory(source, tmp_path, faulty):
    # The limit counts this process too, which holds what earlier tests have left.
    limit = own_megabytes() + 1200
    schedule, _, _, pool = run(
        source, tmp_path, (GOOD, faulty("endless")), jobs=1, megabytes=limit
    )
    assert "out of memory" in schedule.failures["faulty"]
    assert "good" not in schedule.failures and pool.peak_megabytes <= limit


def test_a_network_out_of_time_ends_with_what_it_has_and_a_mad_one_is_named(
    source, tmp_path, faulty
):
    small = {"hidden": 4, "embedding_dim": 8}
    late = {**small, "epochs": 100_000, "max_seconds": 0.1}
    mad = {**small, "optimizer": "sgd", "learning_rate": 1e38, "clip": 0.0}
    members = [
        Member(name, "text_gru", params=params, features="raw", probe=False)
        for name, params in {"late": late, "mad": mad}.items()
    ]
    members += [faulty("signal", number=9), GOOD]
    schedule, fits, store, _ = run(source, tmp_path, members, jobs=2)
    assert schedule.failures.keys() == {"mad", "faulty"}
    assert "the loss became nan" in schedule.failures["mad"]
    assert "SIGKILL" in schedule.failures["faulty"]
    assert all(key in store for name in ("late", "good") for key in fits[name].keys)


def test_patience_is_an_hour_or_twenty_times_what_is_predicted(source):
    graph = Graph(source, RECIPES)
    node = graph.nodes[graph.fits(GOOD).keys[0]]
    assert Limits(CostModel(graph)).patience(node) == 3600
    assert Limits(CostModel(graph), fit_seconds=5.0).patience(node) == 5
    slow = CostModel(graph)
    slow.seconds = lambda node: 1000.0
    assert Limits(slow).patience(node) == 20_000


def test_a_member_that_fails_in_one_fold_is_left_out_as_a_whole(
    source, tmp_path, faulty
):
    starts = [train[0] for train, _ in source.folds]
    odd = next(row for row in starts if starts.count(row) == 1)
    number = float(source.X["number"][odd])
    schedule, *_ = run(source, tmp_path, (GOOD, faulty("one_fold", number=number)))
    assert schedule.failures == {"faulty": "ValueError: in this fold alone"}


def test_a_disk_that_fills_at_any_write_ends_the_run_and_loses_nothing(
    source, tmp_path, monkeypatch
):
    _, fits, store, _ = run(source, tmp_path / "whole", (GOOD,))
    expected = read_member(store, fits["good"].grid, source.folds)
    n_writes = len(list((tmp_path / "whole" / "store").glob("??/*/*")))
    for number in range(n_writes):
        folder = tmp_path / str(number)
        with monkeypatch.context() as patch:
            patch.setattr("ensemble_kit.store.store.write_synced", filling(number))
            with pytest.raises(RunError, match=r"cannot write .* bytes .* --store"):
                run(source, folder, (GOOD,))
        assert not list((folder / "store" / "tmp").iterdir())
        _, fits, store, _ = run(source, folder, (GOOD,))
        again = read_member(store, fits["good"].grid, source.folds)
        assert np.array_equal(again[0], expected[0])


def filling(number):
    """Return a writer to a disk that is full after a number of files."""
    left = [number]

    def write(path, data, durable=True):
        if left[0] == 0:
            path.write_bytes(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        left[0] -= 1
        path.write_bytes(data)

    return write


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_disk_that_fails_ends_the_run_and_costs_no_member(
    source, tmp_path, monkeypatch, number
):
    n_ended = 0
    for place in range(0, 20, 2):
        folder = tmp_path / str(place)
        with monkeypatch.context() as patch:
            patch.setattr(os, "mkdir", failing(os.mkdir, place, number))
            try:
                schedule, *_ = run(source, folder, (GOOD,))
                assert not schedule.failures
            except (RunError, OSError):
                n_ended += 1
        schedule, *_ = run(source, folder, (GOOD,))
        assert not schedule.failures
    assert n_ended


def failing(true, number, error):
    """Return a call of the system that fails once, and says where."""
    left = [number]

    def call(path, *arguments, **more):
        left[0] -= 1
        if left[0] == -1:
            raise OSError(error, os.strerror(error), str(path))
        return true(path, *arguments, **more)

    return call


@pytest.mark.parametrize("jobs", [1, 4])
def test_the_bytes_do_not_depend_on_the_number_of_workers(source, tmp_path, jobs):
    alone = run(source, tmp_path / "alone", (GOOD,))
    pooled = run(source, tmp_path / "pooled", (GOOD,), jobs=jobs)
    first, second = (
        read_member(store, fits["good"].grid, source.folds)
        for _, fits, store, _ in (alone, pooled)
    )
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


def test_the_bytes_do_not_depend_on_the_order_of_completion(source, tmp_path):
    twin = Member("twin", "extra_trees", params={"n_estimators": 6}, features="trees")
    one = run(source, tmp_path / "one", (GOOD, twin))
    other = run(source, tmp_path / "other", (twin, GOOD), jobs=2)
    for name in ("good", "twin"):
        first, second = (
            read_member(store, fits[name].grid, source.folds)
            for _, fits, store, _ in (one, other)
        )
        assert first[0].tobytes() == second[0].tobytes()
