"""Score and seconds of every entry of the model registry on competition folders.

    python benchmarks/zoo.py FOLDER [FOLDER ...] [--models a,b] [--splits 3]
        [--rows 5000] [--beside]

Every entry runs with its defaults, its own feature set and its probe, through the
ordinary engine, in one process. Scores are out of fold; seconds are those of the
probe, all fits and predictions. With --rows each folder is cut to that many training
rows. With --beside the libraries' own estimators run with the libraries' defaults on
the same features: ``error`` and ``time`` are ours divided by theirs.
"""

import argparse
import inspect
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from folders import read_folder

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import Competition
from ensemble_kit.oof.member import Member
from ensemble_kit.oof.store import Store
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.running import Progress, Resources, run_pipeline
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit

LIBRARY = "library: "
CATBOOST = (
    "ensemble_kit.models.catboost_boosting:CatBoostClassifier",
    "ensemble_kit.models.catboost_boosting:CatBoostRegressor",
    {
        "iterations": 1000,
        "learning_rate": None,
        "rsm": None,
        "one_hot_max_size": None,
        "max_ctr_complexity": None,
    },
)
# What a library fits when nothing is said: (classifier, regressor, what must be).
LIBRARIES: dict[str, tuple[str | None, str | None, dict[str, Any]]] = {
    "lightgbm": (
        "lightgbm:LGBMClassifier",
        "lightgbm:LGBMRegressor",
        {"verbosity": -1},
    ),
    "xgboost": (
        "xgboost:XGBClassifier",
        "xgboost:XGBRegressor",
        {"enable_categorical": True},
    ),
    "catboost": CATBOOST,
    "catboost_raw": CATBOOST,
    "hist_gradient_boosting": (
        "ensemble_kit.models.histogram_boosting:HistogramBoostingClassifier",
        "ensemble_kit.models.histogram_boosting:HistogramBoostingRegressor",
        {},
    ),
    "extra_trees": (
        "sklearn.ensemble:ExtraTreesClassifier",
        "sklearn.ensemble:ExtraTreesRegressor",
        {},
    ),
    "random_forest": (
        "sklearn.ensemble:RandomForestClassifier",
        "sklearn.ensemble:RandomForestRegressor",
        {},
    ),
    "logistic_regression": ("sklearn.linear_model:LogisticRegression", None, {}),
    "ridge": (None, "sklearn.linear_model:Ridge", {}),
    "lasso": (None, "sklearn.linear_model:Lasso", {}),
    "elastic_net": (None, "sklearn.linear_model:ElasticNet", {}),
    "huber": (None, "sklearn.linear_model:HuberRegressor", {}),
    "linear_svm": (None, "sklearn.svm:LinearSVR", {}),
    "kernel_svm": (None, "sklearn.svm:SVR", {}),
    "knn": (
        "sklearn.neighbors:KNeighborsClassifier",
        "sklearn.neighbors:KNeighborsRegressor",
        {},
    ),
    "gaussian_naive_bayes": ("sklearn.naive_bayes:GaussianNB", None, {}),
    "naive_bayes": ("sklearn.naive_bayes:MultinomialNB", None, {}),
    "sparse_mlp": (
        "sklearn.neural_network:MLPClassifier",
        "sklearn.neural_network:MLPRegressor",
        {},
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table per folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--models", default="", help="names, comma-separated")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--beside", action="store_true")
    chosen = parser.parse_args(arguments)
    for folder in chosen.folders:
        competition = read_folder(folder, chosen.rows)
        names = chosen.models.split(",") if chosen.models else level1(competition)
        if chosen.beside:
            names = with_libraries(names, competition.task.kind)
        run = measure(competition, names, chosen.splits)
        sys.stdout.write("\n".join(table(folder.name, competition, run)) + "\n\n")
        sys.stdout.flush()


def with_libraries(names: Sequence[str], kind: str) -> list[str]:
    """Return the names, each followed by its library's own estimator if it has one."""
    found = []
    for name in names:
        found.append(name)
        classifier, regressor, defaults = LIBRARIES.get(name, (None, None, {}))
        path = regressor if kind == "regression" else classifier
        if path is None:
            continue
        spec = replace(
            MODELS[name],
            name=f"{LIBRARY}{name}",
            classifier=classifier,
            regressor=regressor,
            defaults=defaults,
            classifier_defaults={},
            regressor_defaults={},
            probe=None,
            objectives={},
        )
        if "random_state" not in inspect.signature(spec.load(kind)).parameters:
            spec = replace(spec, seed_parameter=None)
        if spec.name not in MODELS:
            MODELS.add(spec)
        found.append(spec.name)
    return found


def level1(competition: Competition) -> list[str]:
    """Return the entries that have an estimator for the task and take features."""
    kind, n_rows = competition.task.kind, len(competition.X)
    return [
        name
        for name, spec in MODELS.items()
        if spec.supports(kind)
        and "tensor" not in spec.accepts
        and (spec.max_rows is None or n_rows <= spec.max_rows)
    ]


def measure(
    competition: Competition, names: Sequence[str], n_splits: int
) -> tuple[Any, dict[str, float]]:
    """Return a run with one member per entry, and the seconds of the probes."""
    members = tuple(Member(n, n, features=MODELS[n].features) for n in names)
    pipeline = Pipeline(
        "zoo",
        members,
        standard_recipes(),
        folds=FoldSpec(n_splits=n_splits),
        submit=Submit("best"),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        resources = Resources(jobs=0, scratch=Path(folder) / "scratch")
        probes: dict[str, float] = {}

        def listen(event: str, node: Any, cost: dict[str, Any]) -> None:
            if event == "done" and node.kind == "probe":
                probes[node.member] = cost["seconds"]

        progress = Progress(on_event=listen)
        return run_pipeline(competition, pipeline, store, resources, progress), probes


def table(
    name: str, competition: Competition, measured: tuple[Any, dict[str, float]]
) -> list[str]:
    """Return the lines of one folder's table, best first, 80 columns wide."""
    run, probes = measured
    metric = run.competition.metric
    sign = -1 if metric.greater_is_better else 1
    every = {result.name: result for result in run.results}
    ours = [result for n, result in every.items() if not n.startswith(LIBRARY)]
    results = sorted(ours, key=lambda result: sign * result.score)
    lines = [
        f"{name}: {competition.task.kind}, {len(competition.X)} rows, {metric.name}",
        f"{'model':23}{'features':12}{'score':>9}{'s':>7}{'error':>6}{'time':>7}"
        "  probe found",
    ]
    for result in results:
        probed = " ".join(f"{key}={value}" for key, value in result.probed.items())
        seconds = result.seconds + probes.get(result.name, 0.0)
        error, time = beside(result, seconds, every, metric)
        lines.append(
            f"{result.model:23}{result.features:12}{result.score:9.5g}"
            f"{seconds:7.1f}{error:>6}{time:>7}  {probed}"[:80]
        )
    return lines + [f"{k:23}{why}"[:80] for k, why in run.failures.items()]


def beside(result: Any, seconds: float, every: Any, metric: Any) -> tuple[str, str]:
    """Return our error and time over the library's, or blanks."""
    theirs = every.get(f"{LIBRARY}{result.name}")
    if theirs is None:
        return "", ""
    errors = [abs(metric.optimum - r.score) for r in (result, theirs)]
    ratio = errors[0] / errors[1] if errors[1] else 1.0
    return f"{ratio:.2f}", f"{seconds / max(theirs.seconds, 0.01):.1f}"


if __name__ == "__main__":
    main()
