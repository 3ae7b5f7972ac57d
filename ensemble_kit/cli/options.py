"""Options that several commands share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.processes import count_cores
from ensemble_kit.quantities import parse_duration, parse_size

if TYPE_CHECKING:
    from ensemble_kit.competition.competition import Competition
    from ensemble_kit.pipeline.spec import Pipeline
    from ensemble_kit.running.run_pipeline import Resources
    from ensemble_kit.work.worker import WaitingWorkers

BACKENDS = ("processes", "dask", "ray")

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
TimeLimitedPipeline = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        "-p",
        help="A name (ensemble-kit pipelines) or a TOML file; "
        "standard, or best under a time limit.",
    ),
]
TimeLimit = Annotated[
    str | None,
    typer.Option(help="From the call to the exit: 90, 30s, 10m or 1.5h."),
]
MetricName = Annotated[
    str | None,
    typer.Option(help="What counts (ensemble-kit metrics); else competition.toml's."),
]
Seed = Annotated[int | None, typer.Option(help="Overrides the pipeline's seed.")]
FoldsOption = Annotated[
    str | None,
    typer.Option(
        "--folds",
        help="auto: folds like the test, where its rows were not drawn at random; "
        "random: whatever is known of the test; adversarial: only the third of the "
        "training rows that is most like the test is validated.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        help="auto: boosting and text networks on a GPU where there is one; cpu; cuda."
    ),
]
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
MemoryLimit = Annotated[
    str | None,
    typer.Option(help="What the run may take in all: 800M, 8G."),
]
FitLimit = Annotated[
    str | None,
    typer.Option(
        help="A fit that takes longer is ended and its member left out; by default "
        "20 times its predicted time, at least 1h."
    ),
]
Backend = Annotated[
    str,
    typer.Option(help="Where fits are done: processes, dask or ray (see --scheduler)."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="Where a dask scheduler is (tcp://HOST:8786) or a Ray head (HOST:6379)."
    ),
]
WordMaps = Annotated[
    bool,
    typer.Option(
        "--word-maps",
        help="Draw each used text column's frequent words for the report; takes "
        "seconds, wants the extras text and plot.",
    ),
]
Custom = Annotated[
    list[Path] | None,
    typer.Option(help="A Python file that adds models, featurizers or metrics."),
]
Foreign = Annotated[
    list[str] | None,
    typer.Option(
        "--oof",
        metavar="NAME=OOF.csv,TEST.csv",
        help="Predictions made elsewhere, as a member: of training and of test rows.",
    ),
]
ForeignRows = Annotated[
    list[str] | None,
    typer.Option(
        "--oof",
        metavar="NAME=ROWS.csv",
        help="What a member that was fitted elsewhere predicts of these rows.",
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Take predictions of --oof that look as if they had seen their rows.",
    ),
]


def parse_foreign_rows(oof: Sequence[str] | None) -> dict[str, str]:
    """Return the file of each member of ``--oof NAME=ROWS.csv``."""
    files: dict[str, str] = {}
    for given in oof or ():
        name, mark, path = given.partition("=")
        if not mark or not name or not path or name in files:
            raise PipelineError(
                f"--oof is NAME=ROWS.csv, once for each; found {given!r}"
            )
        files[name] = path
    return files


def make_resources(
    jobs: int | None,
    memory_limit: str | None,
    fit_limit: str | None,
    custom: Sequence[Path] | None,
    backend: str = "processes",
    scheduler: str | None = None,
) -> "Resources":
    """Return what a run may use, from the options of a command."""
    from ensemble_kit.running.run_pipeline import Resources

    if backend not in BACKENDS or (backend == "processes") != (scheduler is None):
        raise PipelineError(
            f"--backend is {' or '.join(BACKENDS)}, and dask and ray want --scheduler "
            f"(tcp://HOST:8786, HOST:6379); found {backend!r} and {scheduler!r}"
        )
    return Resources(
        jobs or count_cores(),
        Path(),
        tuple(custom or ()),
        None if memory_limit is None else parse_size(memory_limit),
        None if fit_limit is None else parse_duration(fit_limit),
        backend=backend,
        scheduler=scheduler,
    )


@dataclass(frozen=True)
class TableOptions:
    """Options of a run of tables that a run of texts has not."""

    memory_limit: str | None = None
    fit_limit: str | None = None
    backend: str = BACKENDS[0]
    scheduler: str | None = None
    folds: str | None = None
    custom: list[Path] | None = None
    oof: list[str] | None = None
    trust: bool = False
    word_maps: bool = False
    device: str = "auto"

    def given(self) -> dict[str, object]:
        """Return by name what was given, and a false value for each other option."""
        return {
            "--memory-limit": self.memory_limit,
            "--fit-limit": self.fit_limit,
            "--backend": self.backend != BACKENDS[0],
            "--folds": self.folds,
            "--custom": self.custom,
            "--oof": self.oof,
            "--word-maps": self.word_maps,
            "--device": self.device != "auto",
        }

    def resources(self, jobs: int | None) -> "Resources":
        """Return what the run may use; see `make_resources`."""
        return make_resources(
            jobs,
            self.memory_limit,
            self.fit_limit,
            self.custom,
            self.backend,
            self.scheduler,
        )

    def workers_ahead(
        self, context: typer.Context, jobs: int | None, seconds: float | None
    ) -> "WaitingWorkers | None":
        """Return workers that start while data are read, where seconds count.

        Those that are left are ended with the command.
        """
        from ensemble_kit.work.worker import WaitingWorkers

        if seconds is None or self.scheduler is not None:
            return None
        waiting = WaitingWorkers(jobs or count_cores())
        context.call_on_close(waiting.close)
        return waiting

    def targets(
        self, folder: Path, pipeline: str, metric: str | None, seed: int | None
    ) -> tuple[list["Competition"], "Pipeline"]:
        """Return a competition for each target of a folder, and the pipeline."""
        from ensemble_kit.competition.loading import load_each_target

        recipe = _load_recipe(
            pipeline,
            seed,
            self.custom,
            self.folds,
            self.oof,
            self.trust,
            self.device,
        )
        each = load_each_target(folder, metric=metric, overrides=recipe.competition)
        return each, recipe


def check_word_maps(wanted: bool, time_limit: str | None = None) -> None:
    """Refuse word maps that could not be drawn, before any work is done."""
    if not wanted:
        return
    if time_limit is not None:
        raise PipelineError(
            "--word-maps takes a time that no limit knows; leave it or --time-limit "
            "out, or draw the map with ensemble-kit words FOLDER --map words.png"
        )
    from ensemble_kit.reporting.word_map import require_word_maps

    require_word_maps()


def prepare(
    folder: Path,
    pipeline: str,
    metric: str | None,
    seed: int | None,
    custom: Sequence[Path] | None,
    folds: str | None = None,
    oof: Sequence[str] | None = None,
    trust: bool = False,
    device: str = "auto",
) -> tuple["Competition", "Pipeline"]:
    """Return the competition and the pipeline that a command names."""
    from ensemble_kit.competition.loading import load_competition

    recipe = _load_recipe(pipeline, seed, custom, folds, oof, trust, device)
    competition = load_competition(folder, metric=metric, overrides=recipe.competition)
    return competition, recipe


def _load_recipe(
    pipeline: str,
    seed: int | None,
    custom: Sequence[Path] | None,
    folds: str | None,
    oof: Sequence[str] | None,
    trust: bool,
    device: str,
) -> "Pipeline":
    """Return the pipeline, once custom files have added what it may name."""
    from dataclasses import replace

    from ensemble_kit.custom_files import load_custom_files
    from ensemble_kit.pipeline.devices import on_device
    from ensemble_kit.pipeline.foreign_member import with_foreign
    from ensemble_kit.pipeline.loading import load_pipeline
    from ensemble_kit.pipeline.spec import with_folds

    load_custom_files(custom or ())
    recipe = with_folds(load_pipeline(pipeline), folds)
    recipe = with_foreign(recipe, oof or (), trust)
    moved = on_device(recipe, device)
    for note in moved.notes:
        typer.echo(note, err=True)
    recipe = moved.pipeline
    return recipe if seed is None else replace(recipe, seed=seed)
