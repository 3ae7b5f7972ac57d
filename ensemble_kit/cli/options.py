"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

Folder = Annotated[
    Path,
    typer.Argument(
        help="A folder with train.csv, test.csv and sample_submission.csv.",
        show_default=False,
    ),
]
PipelineName = Annotated[
    str,
    typer.Option(
        "--pipeline", "-p", help="A name (ensemble-kit pipelines) or a TOML file."
    ),
]
MetricName = Annotated[
    str | None,
    typer.Option(help="What counts (ensemble-kit metrics); else competition.toml's."),
]
Seed = Annotated[int | None, typer.Option(help="Overrides the pipeline's seed.")]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, help="Worker processes; every core by default."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Where runs/ goes; FOLDER by default."),
]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", help="Where finished fits are kept; FOLDER/store."),
]
Custom = Annotated[
    list[Path] | None,
    typer.Option(help="A Python file that adds models or featurizers."),
]


def count_cores() -> int:
    """Return the cores this process may use: affinity, then the container's quota."""
    import os

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    cores = cores or os.cpu_count() or 1
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        limit, period = quota.read_text().split()
        if limit != "max":
            cores = min(cores, max(1, round(int(limit) / int(period))))
    return cores


def prepare(
    folder: Path, pipeline: str, metric: str | None, seed: int | None, custom: Any
) -> Any:
    """Return the competition and the pipeline that a command names."""
    from dataclasses import replace

    from ensemble_kit.competition.loading import load_competition
    from ensemble_kit.custom_files import load_custom_file
    from ensemble_kit.pipeline.loading import load_pipeline

    for path in custom or ():
        load_custom_file(path)
    recipe = load_pipeline(pipeline)
    competition = load_competition(folder, metric=metric)
    return competition, recipe if seed is None else replace(recipe, seed=seed)
