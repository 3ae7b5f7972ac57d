"""The same work on a real cluster: a scheduler and two workers as processes."""

import json
import subprocess
import sys
import time

import pytest

from ensemble_kit.exceptions import RunError
from ensemble_kit.oof.cluster import Cluster
from ensemble_kit.oof.execute import read_member
from ensemble_kit.oof.graph import Graph
from ensemble_kit.oof.keeping import Keeper
from ensemble_kit.oof.member import Block, Member, Recipe
from ensemble_kit.oof.schedule import Schedule
from ensemble_kit.oof.store import Store
from ensemble_kit.oof.workers import InProcess
from ensemble_kit.oof.workspace import Workspace

RECIPES = {
    "trees": Recipe("trees", (Block("number", "passthrough"),)),
    "linear": Recipe("linear", (Block("text", "tfidf", {}),)),
}
LEVELS = (
    (
        Member("trees", "extra_trees", params={"n_estimators": 20}, features="trees"),
        Member("words", "ridge", features="linear", probe=False),
        Member("more", "extra_trees", params={"n_estimators": 30}, features="trees"),
    ),
    (Member("blend", "mean", level=2),),
)


@pytest.fixture
def cluster(tmp_path):
    """Yield the address of a scheduler and the processes of its two workers."""
    file, log = tmp_path / "scheduler.json", (tmp_path / "dask.log").open("wb")
    dask = [sys.executable, "-m", "dask"]
    where = ["--scheduler-file", str(file), "--no-dashboard"]
    worker = [*dask, "worker", *where, "--nthreads", "1", "--no-nanny"]
    worker += ["--local-directory", str(tmp_path), "--death-timeout", "60"]
    commands = [[*dask, "scheduler", "--port", "0", *where], worker, worker]
    processes = [
        subprocess.Popen(command, stdout=log, stderr=log) for command in commands
    ]
    while not file.is_file() or not file.read_text().endswith("}"):
        time.sleep(0.05)
    yield file, processes[1:]
    for process in processes[::-1]:
        process.kill()
        process.wait()
    log.close()


def run(source, folder, open_pool, on_event=lambda *_: None):
    """Fit both levels on a pool and return every member's predictions."""
    store, graph = Store(folder / "store", durable=False), Graph(source, RECIPES)
    workspace = Workspace.create(folder / "work", source)
    workspace.keeper = Keeper("store", workspace.folder, store)
    pool, fits = open_pool(workspace, store), {}
    try:
        for members in LEVELS:
            lower = list(fits.values())
            new = {m.name: graph.fits(m, lower) for m in members}
            keys = [key for one in new.values() for key in one.keys]
            schedule = Schedule(graph, keys, store, workspace)
            schedule.run(pool, on_event)
            assert schedule.failures == {}
            fits |= new
    finally:
        pool.close()
        workspace.close()
    kept = sorted(Store(store.folder / "kept"))
    read = {n: read_member(store, f.grid, source.folds) for n, f in fits.items()}
    return {name: (o.tobytes(), t.tobytes()) for name, (o, t) in read.items()}, kept


def address_of(file):
    return json.loads(file.read_text())["address"]


def test_a_cluster_gives_the_bytes_of_one_process_even_when_a_worker_is_killed(
    source, tmp_path, cluster
):
    file, workers = cluster
    alone = run(source, tmp_path / "alone", InProcess)
    address, done = address_of(file), []

    def kill_in_the_middle(event, node, facts):
        if event == "done" and node.kind == "fit":
            done.append(node)
            if len(done) == 2:
                workers[0].kill()

    def open_pool(workspace, store):
        return Cluster(address, workspace, store)

    assert run(source, tmp_path / "whole", open_pool) == alone
    assert run(source, tmp_path / "killed", open_pool, kill_in_the_middle) == alone
    assert workers[0].wait() != 0 and workers[1].poll() is None


def test_a_scheduler_that_nobody_runs_is_told_with_what_starts_one(
    source, tmp_path, monkeypatch
):
    monkeypatch.setattr("ensemble_kit.oof.cluster.CONNECT_SECONDS", 0.2)
    workspace = Workspace.create(tmp_path / "work", source)
    with pytest.raises(RunError, match="start one with: dask scheduler"):
        Cluster("tcp://127.0.0.1:9", workspace, Store(tmp_path / "store"))
    workspace.close()
