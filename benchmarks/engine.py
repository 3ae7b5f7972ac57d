"""What the engine itself costs, and how it compares with scikit-learn's stack.

    python benchmarks/engine.py makespan [--rows 40000] [--jobs 2]
    python benchmarks/engine.py simulate [--rows 5000]
    python benchmarks/engine.py beside [--rows 5000]
    python benchmarks/engine.py memory [--rows 1000000]

One made competition (numbers, categories and texts), ten members on five folds.

makespan  the wall time of a run beside the sum of its members' bare fit and predict
          times over the cores, the bound no schedule can beat, and the same members
          through scikit-learn's StackingClassifier
simulate  the task times of a run, recorded, and the same scheduler on 2 to 512
          imagined workers, for ten members and for 320
beside    a run alone and beside two processes that keep two cores busy
memory    the peak of a run on rows of 50 numbers, beside what its largest task and
          the mapped data come to
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from made_tables import make_numbers, make_source
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import CostModel
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.node import Node
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.simulating import NoWorkspace, SimulatedPool
from ensemble_kit.work.workers import Workers
from ensemble_kit.work.workspace import Source, Workspace

MEMBERS = [
    Member("lgb_a", "lightgbm", params={"n_estimators": 150}, features="trees"),
    Member(
        "lgb_b",
        "lightgbm",
        params={"n_estimators": 150, "num_leaves": 15},
        features="trees",
    ),
    Member(
        "lgb_c",
        "lightgbm",
        params={"n_estimators": 150, "num_leaves": 63},
        features="trees",
    ),
    Member(
        "hist",
        "hist_gradient_boosting",
        params={"max_iter": 150},
        features="trees",
    ),
    Member("trees", "extra_trees", params={"n_estimators": 60}, features="trees"),
    Member("forest", "random_forest", params={"n_estimators": 40}, features="trees"),
    Member("ridge_1", "ridge", params={"alpha": 1.0}, probe=False),
    Member("ridge_9", "ridge", params={"alpha": 9.0}, probe=False),
    Member("linear_a", "logistic_regression", params={"C": 0.1}, probe=False),
    Member("linear_b", "logistic_regression", params={"C": 0.3}, probe=False),
]


def run_kit(
    source: Source, jobs: int, folder: Path, members: Sequence[Member] = MEMBERS
) -> dict[str, Any]:
    """Run the members through the engine and return its times."""
    begin = time.perf_counter()
    store, graph = Store(folder / "store"), Graph(source, standard_recipes())
    keys = [key for member in members for key in graph.fits(member).keys]
    workspace = Workspace.create(folder / "work", source)
    mapped = sum(p.stat().st_size for p in workspace.folder.rglob("*.npy")) / 2**20
    pool = Workers(jobs, workspace, store)
    limits = Limits(CostModel(graph))
    times: dict[tuple[str, str], dict[str, float]] = {}

    def note(event: str, node: Node, cost: dict[str, float]) -> None:
        if event == "done":
            times[kind_of(node), node.key] = cost

    Schedule(graph, keys, store, workspace, limits=limits, n_workers=jobs).run(
        pool, note
    )
    pool.close()
    workspace.close()
    wall = time.perf_counter() - begin
    memory = {"mapped": mapped, "peak": pool.peak_megabytes}
    return {"wall": wall, "times": times, **memory, **summed(times, jobs)}


def summed(times: Mapping[Any, dict[str, float]], jobs: int) -> dict[str, float]:
    """Return the seconds of all work, and the least that so many workers need."""
    costs = list(times.values())
    fits = [cost for cost in costs if "fit_seconds" in cost]
    bare = sum(cost["fit_seconds"] + cost["predict_seconds"] for cost in fits)
    featurizing = sum(cost["seconds"] for cost in costs if "fit_seconds" not in cost)
    longest = max(cost["seconds"] for cost in costs)
    return {
        "bare": bare,
        "featurizing": featurizing,
        "bound": max((bare + featurizing) / jobs, longest),
        "largest": max(cost["peak_megabytes"] for cost in costs),
    }


def kind_of(node: Node) -> str:
    """Return what a piece of work has in common with its like in other folds."""
    return f"{node.kind} {node.facts.get('model', {}).get('name', '')} {node.member}"


def run_sklearn(source: Source, jobs: int) -> float:
    """Run the same members through StackingClassifier and return its wall time."""
    recipes = standard_recipes()
    estimators = [
        (
            member.name,
            make_pipeline(
                recipes[member.feature_set].build(0),
                member.spec.build("binary", member.params, 0),
            ),
        )
        for member in MEMBERS
    ]
    stack = StackingClassifier(
        estimators, LogisticRegression(), cv=source.folds, n_jobs=jobs
    )
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stack.fit(source.X, source.y).predict_proba(source.X_test)
    return time.perf_counter() - begin


def makespan(source: Source, arguments: Any) -> dict[str, Any]:
    """Compare a run with its bound and with scikit-learn's stack."""
    jobs = arguments.jobs
    with tempfile.TemporaryDirectory() as folder:
        kit = run_kit(source, jobs, Path(folder))
    figures = {
        "members": len(MEMBERS),
        "wall seconds": round(kit["wall"], 1),
        "bare fit and predict seconds / jobs": round(kit["bare"] / jobs, 1),
        "featurizing seconds / jobs": round(kit["featurizing"] / jobs, 1),
        "bound: max(work / jobs, longest)": round(kit["bound"], 1),
        "wall / bound": round(kit["wall"] / kit["bound"], 3),
    }
    if not arguments.skip_sklearn:
        seconds = run_sklearn(source, jobs)
        figures["StackingClassifier wall seconds"] = round(seconds, 1)
        figures["StackingClassifier / ours"] = round(seconds / kit["wall"], 2)
    return figures


def simulate(source: Source, arguments: Any) -> dict[str, Any]:
    """Run the real scheduler over imagined workers with recorded task times."""
    with tempfile.TemporaryDirectory() as folder:
        times = run_kit(source, arguments.jobs, Path(folder))["times"]
    spent = {}
    for (kind, _), cost in times.items():
        spent.setdefault(kind, []).append(cost["seconds"])
    figures: dict[str, Any] = {"recorded tasks": len(times)}
    for n_seeds in (1, 32):
        members = [replace(m, seeds=tuple(range(n_seeds))) for m in MEMBERS]
        for size in (2, 8, 64, 512):
            name = f"{len(MEMBERS) * n_seeds} fits per fold, {size} workers"
            figures[name] = imagine(source, members, spent, size)
    return figures


def imagine(
    source: Source, members: Sequence[Member], spent: dict[str, list], size: int
) -> str:
    """Return an imagined makespan and its ratio to what no schedule can beat."""
    graph = Graph(source, standard_recipes())
    keys = [key for member in members for key in graph.fits(member).keys]

    def seconds(node: Node) -> float:
        known = spent[kind_of(node)]
        return known[int(node.key[:8], 16) % len(known)]

    pool, store = SimulatedPool(size, seconds), Store(Path("nowhere"))
    limits = Limits(CostModel(graph))
    Schedule(graph, keys, store, NoWorkspace(), limits=limits, n_workers=size).run(pool)
    nodes = {done.node.key: done.node for done in pool.done}
    chains: dict[str, float] = {}
    for done in pool.done:  # what a piece stands on was begun before it
        below = [chains[need] for need in done.node.needs if need in nodes]
        chains[done.node.key] = seconds(done.node) + max(below, default=0.0)
    work = sum(seconds(node) for node in nodes.values())
    bound = max(work / size, *chains.values())
    return f"{pool.now:.1f} s, {pool.now / bound:.3f} of the bound"


def beside(source: Source, arguments: Any) -> dict[str, Any]:
    """Compare a run alone with one beside two busy processes."""
    walls = []
    for n_spinning in (0, 2):
        command = [sys.executable, "-c", "while True: pass"]
        spinning = [subprocess.Popen(command) for _ in range(n_spinning)]
        with tempfile.TemporaryDirectory() as folder:
            walls.append(run_kit(source, arguments.jobs, Path(folder))["wall"])
        for process in spinning:
            process.kill()
            process.wait()
    return {
        "wall seconds alone": round(walls[0], 1),
        "wall seconds beside two busy processes": round(walls[1], 1),
        "slow-down": round(walls[1] / walls[0], 2),
    }


def memory(source: Source, arguments: Any) -> dict[str, Any]:
    """Compare a run's peak with its largest task's times the workers."""
    members = [
        Member("boosted", "lightgbm", params={"n_estimators": 20}, features="trees"),
        Member("linear", "ridge", probe=False),
    ]
    with tempfile.TemporaryDirectory() as folder:
        kit = run_kit(source, arguments.jobs, Path(folder), members)
    allowed = kit["largest"] * arguments.jobs + kit["mapped"]
    return {
        "mapped data, MB": round(kit["mapped"]),
        "largest task, MB": round(kit["largest"]),
        "peak of all processes, MB": round(kit["peak"]),
        "peak / (largest x jobs + mapped)": round(kit["peak"] / allowed, 3),
        "wall seconds": round(kit["wall"], 1),
    }


COMMANDS = {
    "makespan": (makespan, make_source, 40_000),
    "simulate": (simulate, make_source, 5_000),
    "beside": (beside, make_source, 5_000),
    "memory": (memory, make_numbers, 1_000_000),
}


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="?", choices=COMMANDS, default="makespan")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--skip-sklearn", action="store_true")
    arguments = parser.parse_args()
    command, make, rows = COMMANDS[arguments.command]
    rows = arguments.rows or rows
    figures = {"rows": rows, "jobs": arguments.jobs}
    figures |= command(make(rows), arguments)
    lines = [f"{name:40} {value}" for name, value in figures.items()]
    sys.stdout.write("\n".join([*lines, json.dumps(figures), ""]))


if __name__ == "__main__":
    main()
