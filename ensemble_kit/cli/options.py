"""Options that several commands share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.processes import count_cores
from ensemble_kit.quantities import parse_duration, parse_size

if TYPE_CHECKING:
    from ensemble_kit.competition.competition import Competition
    from ensemble_kit.pipeline.spec import Pipeline
    from ensemble_kit.reporting.submitting import Sections
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


@dataclass(frozen=True)
class RunOptions:
    """The options of a run on a folder, as they stand in ``--help``.

    A command that takes them has a parameter of this type; see `spreading_options`.
    """

    pipeline: TimeLimitedPipeline = None
    time_limit: TimeLimit = None
    memory_limit: MemoryLimit = None
    fit_limit: FitLimit = None
    backend: Backend = BACKENDS[0]
    scheduler: Scheduler = None
    metric: MetricName = None
    seed: Seed = None
    folds: FoldsOption = None
    jobs: Jobs = None
    device: Device = "auto"
    output: Output = None
    store: StoreFolder = None
    custom: Custom = None
    oof: Foreign = None
    trust: Trust = False
    word_maps: WordMaps = False

    @cached_property
    def seconds(self) -> float | None:
        """Return the time limit in seconds."""
        return None if self.time_limit is None else parse_duration(self.time_limit)

    @property
    def pipeline_name(self) -> str:
        """Return the pipeline, that of runs with or without a limit by default."""
        return self.pipeline or ("best" if self.seconds else "standard")

    def place(self, folder: Path) -> Path:
        """Return where the runs of a folder go."""
        return self.output or folder

    def store_of(self, folder: Path) -> Path:
        """Return where the finished fits of a folder are kept."""
        return self.store or self.place(folder) / "store"

    def of_tables(self) -> dict[str, object]:
        """Return by name what a run of texts has not; false where it was left out."""
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

    def sections(self) -> "Sections":
        """Return what more the report of this run has: word maps.

        Raises
        ------
        PipelineError
            When word maps could not be drawn, before any work is done.
        """
        from ensemble_kit.reporting.submitting import no_sections

        if not self.word_maps:
            return no_sections
        if self.time_limit is not None:
            raise PipelineError(
                "--word-maps takes a time that no limit knows; leave it or "
                "--time-limit out, or draw the map with ensemble-kit words FOLDER "
                "--map words.png"
            )
        from ensemble_kit.cli.terminal.watching import word_map_section
        from ensemble_kit.reporting.word_map import require_word_maps

        require_word_maps()
        return word_map_section

    def workers_ahead(self, context: typer.Context) -> "WaitingWorkers | None":
        """Return workers that start while data are read, where seconds count.

        Those that are left are ended with the command.
        """
        from ensemble_kit.work.worker import WaitingWorkers

        if self.seconds is None or self.scheduler is not None:
            return None
        waiting = WaitingWorkers(self.jobs or count_cores())
        context.call_on_close(waiting.close)
        return waiting

    def resources(
        self, keep: str = "nowhere", waiting: "WaitingWorkers | None" = None
    ) -> "Resources":
        """Return what the run may use, and where it keeps its models."""
        from ensemble_kit.running.run_pipeline import Resources

        backend, scheduler = self.backend, self.scheduler
        if backend not in BACKENDS or (backend == BACKENDS[0]) != (scheduler is None):
            raise PipelineError(
                f"--backend is {' or '.join(BACKENDS)}, and dask and ray want "
                "--scheduler (tcp://HOST:8786, HOST:6379); found "
                f"{backend!r} and {scheduler!r}"
            )
        memory, fit = self.memory_limit, self.fit_limit
        return Resources(
            self.jobs or count_cores(),
            Path(),
            tuple(self.custom or ()),
            None if memory is None else parse_size(memory),
            None if fit is None else parse_duration(fit),
            keep=keep,
            backend=backend,
            scheduler=scheduler,
            waiting=waiting,
        )

    def targets(self, folder: Path) -> tuple[list["Competition"], "Pipeline"]:
        """Return a competition for each target of a folder, and the pipeline."""
        from ensemble_kit.competition.loading import load_each_target

        recipe = _load_recipe(
            self.pipeline_name,
            self.seed,
            self.custom,
            self.folds,
            self.oof,
            self.trust,
            self.device,
        )
        overrides = recipe.competition
        return load_each_target(folder, self.metric, overrides), recipe


def spreading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that has the fields of `RunOptions` as options of its own.

    typer reads what a command takes from its signature; there the parameter of that
    type gives way to one for each field.
    """
    parameters = signature(command).parameters
    (name,) = (n for n, p in parameters.items() if p.annotation is RunOptions)
    fields = signature(RunOptions).parameters

    @wraps(command)
    def called(**values: Any) -> None:
        options = RunOptions(**{field: values.pop(field) for field in fields})
        command(**values, **{name: options})

    spread: list[Parameter] = []
    for parameter in parameters.values():
        spread += fields.values() if parameter.name == name else [parameter]
    called.__annotations__ = {each.name: each.annotation for each in spread}
    called.__signature__ = Signature(spread)  # type: ignore[attr-defined]
    return called


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
