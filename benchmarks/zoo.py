"""Score and seconds of every entry of the model registry on competition folders.

    python benchmarks/zoo.py FOLDER [FOLDER ...] [--models a,b] [--splits 3]
        [--rows 5000] [--beside]

Every entry runs with its defaults, its own feature set and its probe, through the
ordinary engine, in one process. Scores are out of fold; seconds are those of the
probe, all fits and predictions. With --rows each folder is cut to that many training
rows. With --beside the libraries' own estimators run on the same features, once with
the library's defaults and once with the search for rounds, penalties or neighbours
that it recommends: ``error`` and ``time`` are ours divided by theirs.
"""

import argparse
import inspect
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from folders import read_folder
from library_models import DEFAULTS, SEARCHES

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import Competition
from ensemble_kit.model_spec import ModelSpec
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.run_pipeline import Progress, Resources, run_pipeline
from ensemble_kit.store.store import Store

LIBRARIES = {"library: ": DEFAULTS, "search: ": SEARCHES}


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
        names = level1(competition)
        if chosen.models:
            names = [name for name in chosen.models.split(",") if name in names]
        if chosen.beside:
            warnings.simplefilter("ignore")  # the libraries' own, at their defaults
            names = with_libraries(names, competition.task.kind)
        run = measure(competition, names, chosen.splits)
        sys.stdout.write("\n".join(table(folder.name, competition, run)) + "\n\n")
        sys.stdout.flush()


def with_libraries(names: Sequence[str], kind: str) -> list[str]:
    """Return the names, each followed by its library's estimators if it has any."""
    found = []
    for name in names:
        found.append(name)
        for prefix, library in LIBRARIES.items():
            classifier, regressor, params = library.get(name, (None, None, {}))
            if (regressor if kind == "regression" else classifier) is not None:
                spec = bare(MODELS[name], prefix, classifier, regressor, params)
                found.append(register(spec, kind))
    return found


def bare(
    spec: ModelSpec,
    prefix: str,
    classifier: str | None,
    regressor: str | None,
    params: dict[str, Any],
) -> ModelSpec:
    """Return an entry with a library's estimator and nothing of ours."""
    return replace(
        spec,
        name=f"{prefix}{spec.name}",
        classifier=classifier,
        regressor=regressor,
        defaults=params,
        classifier_defaults={},
        regressor_defaults={},
        probe=None,
        objectives={},
    )


def register(spec: ModelSpec, kind: str) -> str:
    """Add an entry, for this process, and return its name."""
    known = inspect.signature(spec.load(kind)).parameters
    if spec.seed_parameter not in known:
        spec = replace(spec, seed_parameter=None)
    if spec.threads_parameter not in known:
        spec = replace(spec, threads_parameter=None)
    if spec.name not in MODELS:
        MODELS.add(spec)
    return spec.name


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
    ours = [r for name, r in every.items() if not name.startswith(tuple(LIBRARIES))]
    results = sorted(ours, key=lambda result: sign * result.score)
    lines = [
        f"{name}: {competition.task.kind}, {len(competition.X)} rows, {metric.name}",
        f"{'':40} over defaults  over a search",
        f"{'model':23}{'score':>9}{'s':>8}{'error':>7}{'time':>7}"
        f"{'error':>8}{'time':>7}  probe",
    ]
    for result in results:
        probed = " ".join(f"{key}={value}" for key, value in result.probed.items())
        seconds = result.seconds + probes.get(result.name, 0.0)
        pairs = [
            "".join(
                beside(result, seconds, every.get(f"{prefix}{result.name}"), metric)
            )
            for prefix in LIBRARIES
        ]
        lines.append(
            f"{result.model:23}{result.score:9.5g}{seconds:8.1f}"
            f"{' '.join(pairs)}  {probed}"[:80].rstrip()
        )
    return lines + [f"{k:23}{why}"[:80] for k, why in run.failures.items()]


def beside(result: Any, seconds: float, theirs: Any, metric: Any) -> tuple[str, str]:
    """Return our error and time over the library's, or blanks."""
    if theirs is None:
        return f"{'':7}", f"{'':7}"
    errors = [abs(metric.optimum - r.score) for r in (result, theirs)]
    ratio = errors[0] / errors[1] if errors[1] else 1.0
    return f"{ratio:7.2f}", f"{seconds / max(theirs.seconds, 0.01):7.1f}"


if __name__ == "__main__":
    main()
