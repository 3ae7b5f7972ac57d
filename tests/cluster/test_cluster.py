"""The same work on real clusters: a scheduler or head and two machines as processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ensemble_kit.cli import app
from ensemble_kit.cluster.cluster import Cluster
from ensemble_kit.cluster.dask_link import DaskLink
from ensemble_kit.cluster.link import connect
from ensemble_kit.exceptions import RunError
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.store import Store
from ensemble_kit.work.execute import read_member
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.workers import InProcess
from ensemble_kit.work.workspace import Workspace

RAY = {"num_cpus": 1, "object_store_memory": 10**8, "include_dashboard": False}
RECIPES = {
    "trees": Recipe("trees", (Block("number", "passthrough"),)),
    "linear": Recipe("linear", (Block("text", "tfidf", {}),)),
}
TINY = """
name = "tiny"
[folds]
n_splits = 2
[level1.trees]
model = "extra_trees"
params = { n_estimators = 10 }
[level1.linear]
model = "ridge"
features = "linear"
[level2.blend]
model = "mean"
"""
LEVELS = (
    (
        Member("trees", "extra_trees", params={"n_estimators": 20}, features="trees"),
        Member("words", "ridge", features="linear", probe=False),
        Member("more", "extra_trees", params={"n_estimators": 30}, features="trees"),
    ),
    (Member("blend", "mean", level=2),),
)


@pytest.fixture(scope="module")
def dask_address(tmp_path_factory):
    """Yield the address of a scheduler with two workers."""
    tmp_path = tmp_path_factory.mktemp("dask")
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
    yield json.loads(file.read_text())["address"]
    for process in processes[::-1]:
        process.kill()
        process.wait()
    log.close()


@pytest.fixture(scope="module")
def ray_cluster():
    """Yield a Ray cluster of a head that does no work and two machines."""
    from ray.cluster_utils import Cluster as RayCluster

    folder = Path(tempfile.mkdtemp(prefix="ray"))  # its sockets want a short name
    head = {**RAY, "num_cpus": 0, "include_log_monitor": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", str(folder))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_health_check_period_ms", "1000")
        patch.setenv("RAY_worker_niceness", "0")
        patch.setenv("RAY_worker_register_timeout_seconds", "300")
        patch.setattr("ensemble_kit.cluster.ray_hosts.START_SECONDS", 300)
        cluster = RayCluster(initialize_head=True, head_node_args=head)
        for _ in range(2):
            cluster.add_node(wait=False, **RAY)
        cluster.wait_for_nodes(timeout=300)
        yield cluster
        cluster.shutdown()
    shutil.rmtree(folder)


@pytest.fixture
def ray_address(ray_cluster):
    return ray_cluster.address


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


def open_on(backend, address):
    """Return what opens a cluster as a pool, the pools opened so far in ``pools``."""

    def open_pool(workspace, store):
        open_pool.pools.append(Cluster(connect(backend, address), workspace, store))
        return open_pool.pools[-1]

    open_pool.pools = []
    return open_pool


def in_the_middle(act):
    """Return a listener that acts just before the fifth fit is handed over."""
    started = []

    def listen(event, node, facts):
        listen.retried |= event == "retried"
        if event == "started" and node.kind == "fit":
            started.append(node)
            if len(started) == 5:
                act()

    listen.retried = False
    return listen


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_submit_writes_the_same_bytes_from_a_cluster(
    competition_folder, tmp_path, backend, request
):
    address = request.getfixturevalue(f"{backend}_address")
    folder, pipeline = competition_folder(), tmp_path / "tiny.toml"
    pipeline.write_text(TINY)

    def submit(name, *options):
        where = ["submit", str(folder), "-p", str(pipeline), "-o", str(tmp_path / name)]
        result = CliRunner().invoke(app, [*where, *options], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return next((tmp_path / name).glob("runs/*/submission.csv")).read_bytes()

    there = submit("there", "--backend", backend, "--scheduler", address)
    request.getfixturevalue("in_this_process")
    assert there == submit("here")


def kill_stations(pool, n_killed):
    """Kill some processes that hold stations, the first by number."""
    for process in sorted(pool.link.run(os.getpid).values())[:n_killed]:
        os.kill(process, signal.SIGKILL)


def test_a_line_to_dask_knows_whether_the_data_is_still_there(dask_address):
    link = DaskLink(dask_address)
    link.scatter({"one.npy": b"1", "two.npy": b"2"})
    assert link.has_data()
    link.cancel([link._source["two.npy"]])
    assert not link.has_data()
    link.close()


# Dask needs one that lives; Ray opens all of them anew.
@pytest.mark.parametrize(("backend", "n_killed"), [("dask", 1), ("ray", 2)])
def test_a_cluster_gives_the_bytes_of_one_process_even_when_a_worker_is_killed(
    source, tmp_path, backend, n_killed, request
):
    open_pool = open_on(backend, request.getfixturevalue(f"{backend}_address"))
    alone = run(source, tmp_path / "alone", InProcess)
    disturb = in_the_middle(lambda: kill_stations(open_pool.pools[-1], n_killed))
    assert run(source, tmp_path / "killed", open_pool, disturb) == alone
    assert disturb.retried or backend == "dask"


def test_a_ray_machine_that_is_lost_costs_no_byte(source, tmp_path, ray_cluster):
    open_pool = open_on("ray", ray_cluster.address)
    alone = run(source, tmp_path / "alone", InProcess)
    machine = ray_cluster.add_node(**RAY)
    lose = in_the_middle(lambda: ray_cluster.remove_node(machine, allow_graceful=False))
    assert run(source, tmp_path / "lost", open_pool, lose) == alone
    assert machine not in ray_cluster.worker_nodes


def test_a_ray_machine_with_another_library_is_refused_by_name(
    source, tmp_path, ray_cluster
):
    other = tmp_path / "pandas-0.1.dist-info" / "METADATA"
    other.parent.mkdir()
    other.write_text("Metadata-Version: 2.1\nName: pandas\nVersion: 0.1\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    machine = ray_cluster.add_node(env_vars={"PYTHONPATH": path}, **RAY)
    workspace = Workspace.create(tmp_path / "work", source)
    with pytest.raises(RunError, match=r"1 problem:\n.*: pandas 0\.1, here"):
        open_on("ray", ray_cluster.address)(workspace, Store(tmp_path / "store"))
    workspace.close()
    ray_cluster.remove_node(machine)


@pytest.mark.parametrize(
    ("backend", "address", "hint"),
    [
        ("dask", "tcp://127.0.0.1:9", "dask scheduler"),
        ("ray", "127.0.0.1:9", "ray start --head"),
    ],
)
def test_a_scheduler_that_nobody_runs_is_told_with_what_starts_one(
    backend, address, hint, monkeypatch
):
    module = f"ensemble_kit.oof.{backend}_link"
    monkeypatch.setattr(f"{module}.CONNECT_SECONDS", 0.2)
    with pytest.raises(RunError, match=f"start one with: {hint}"):
        connect(backend, address)
