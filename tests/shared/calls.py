"""How tests call the kit: by its command line, and by one run."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from ensemble_kit.cli import app
from ensemble_kit.competition.competition import Competition
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Progress, Resources, run_pipeline
from ensemble_kit.store.store import Store

SMALL = Path(__file__).parents[1] / "small.toml"
WHOLE = SMALL.with_name("whole.toml")


def call(*arguments: object) -> Result:
    """Run a command in this process, 80 columns wide; its own errors are raised."""
    words = [str(argument) for argument in arguments]
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, words)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def type_line(line: str, folder: Path) -> str:
    """Run a line as a page has it, in a process of its own; return what it printed."""
    program, *words = line.split()
    is_kit = program == "ensemble-kit"
    main = ["-P", "-c", "from ensemble_kit.cli import main; main()"] if is_kit else []
    done = subprocess.run(
        [sys.executable, *main, *words],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_in(
    folder: Path,
    competition: Competition,
    pipeline: Pipeline,
    progress: Progress | None = None,
    jobs: int = 0,
    keep: str = "nowhere",
) -> Run:
    """Make a run whose store and workspace lie in a folder, in this process."""
    resources = Resources(jobs, folder / "work", keep=keep)
    store = Store(folder / "store")
    return run_pipeline(competition, pipeline, store, resources, progress)
