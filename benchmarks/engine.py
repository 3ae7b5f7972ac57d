"""What the engine itself costs, and how it compares with scikit-learn's stack.

    python benchmarks/engine.py [--rows 40000] [--jobs 2]

One made competition (numbers, categories and texts), ten members on five folds.
Prints the wall time of a run beside the sum of its members' bare fit and predict
times over the cores, the bound no schedule can beat, and the same members through
scikit-learn's StackingClassifier.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from ensemble_kit.oof.folds import Folds
from ensemble_kit.oof.graph import Graph
from ensemble_kit.oof.member import Member
from ensemble_kit.oof.schedule import Schedule
from ensemble_kit.oof.store import Store
from ensemble_kit.oof.workers import Workers
from ensemble_kit.oof.workspace import Source, Workspace
from ensemble_kit.pipeline.loading import standard_recipes

WORDS = [f"word{number}" for number in range(3000)]
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


def make_source(n_rows: int) -> Source:
    """Return a made binary competition."""
    rng = np.random.default_rng(0)
    n = n_rows + n_rows // 4
    frame = pd.DataFrame(
        {f"number{k}": rng.normal(size=n) for k in range(20)}
        | {f"level{k}": pd.Categorical(rng.integers(0, 50, n)) for k in range(5)}
        | {"text": [" ".join(rng.choice(WORDS, 12)) for _ in range(n)]}
    )
    signal = frame["number0"] * frame["number1"] + (frame["level0"].cat.codes < 9)
    y = (signal + rng.normal(size=n) > 0.3).astype(int).to_numpy()[:n_rows]
    X, X_test = frame[:n_rows], frame[n_rows:].reset_index(drop=True)
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    folds = Folds.from_splitter(splitter, X, y)
    return Source(X, X_test, y, folds, "binary", 2, f"made-{n_rows}")


def run_kit(source: Source, jobs: int, folder: Path) -> dict[str, float]:
    """Run the members through the engine and return its times."""
    store = Store(folder / "store")
    begin = time.perf_counter()
    graph = Graph(source, standard_recipes())
    keys = [key for member in MEMBERS for key in graph.fits(member).keys]
    workspace = Workspace.create(folder / "work", source)
    pool = Workers(jobs, workspace, store)
    costs: list[dict[str, float]] = []
    schedule = Schedule(graph, keys, store, workspace)
    schedule.run(pool, lambda event, node, c: event == "done" and costs.append(c))
    pool.close()
    workspace.close()
    wall = time.perf_counter() - begin
    fits = [cost for cost in costs if "fit_seconds" in cost]
    bare = sum(cost["fit_seconds"] + cost["predict_seconds"] for cost in fits)
    featurizing = sum(cost["seconds"] for cost in costs if "fit_seconds" not in cost)
    work = bare + featurizing
    longest = max(cost["seconds"] for cost in costs)
    return {
        "wall": wall,
        "bare": bare,
        "featurizing": featurizing,
        "bound": max(work / jobs, longest),
    }


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


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--skip-sklearn", action="store_true")
    arguments = parser.parse_args()
    source = make_source(arguments.rows)
    with tempfile.TemporaryDirectory() as folder:
        kit = run_kit(source, arguments.jobs, Path(folder))
    figures = {
        "members": len(MEMBERS),
        "rows": arguments.rows,
        "jobs": arguments.jobs,
        "wall seconds": round(kit["wall"], 1),
        "bare fit and predict seconds / jobs": round(kit["bare"] / arguments.jobs, 1),
        "featurizing seconds / jobs": round(kit["featurizing"] / arguments.jobs, 1),
        "bound: max(work / jobs, longest)": round(kit["bound"], 1),
        "wall / bound": round(kit["wall"] / kit["bound"], 3),
    }
    if not arguments.skip_sklearn:
        seconds = run_sklearn(source, arguments.jobs)
        figures["StackingClassifier wall seconds"] = round(seconds, 1)
        figures["StackingClassifier / ours"] = round(seconds / kit["wall"], 2)
    lines = [f"{name:40} {value}" for name, value in figures.items()]
    sys.stdout.write("\n".join([*lines, json.dumps(figures), ""]))


if __name__ == "__main__":
    main()
