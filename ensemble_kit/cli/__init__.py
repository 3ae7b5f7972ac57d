"""The command line: one command, one call into the library.

Nothing heavy is imported here, so that ``--help`` answers at once; each command
imports what it needs when it runs.
"""

import errno
import os
import sys
import time
from typing import Annotated

import typer

from ensemble_kit.cli.blend import blend
from ensemble_kit.cli.check import check
from ensemble_kit.cli.compare import compare, runs
from ensemble_kit.cli.deploy import deploy
from ensemble_kit.cli.doctor import doctor
from ensemble_kit.cli.explain import explain
from ensemble_kit.cli.holdout import holdout
from ensemble_kit.cli.init import init
from ensemble_kit.cli.lists import featurizers, functions, metrics, models, pipelines
from ensemble_kit.cli.notebook import notebook
from ensemble_kit.cli.pack import pack
from ensemble_kit.cli.plan import plan
from ensemble_kit.cli.predict import predict
from ensemble_kit.cli.replay import replay
from ensemble_kit.cli.score import score
from ensemble_kit.cli.store import app as store
from ensemble_kit.cli.submit import submit
from ensemble_kit.cli.terminal.printing import open_streams, shown_lines
from ensemble_kit.cli.tune import tune
from ensemble_kit.cli.vote import vote
from ensemble_kit.cli.words import words
from ensemble_kit.exceptions import EnsembleKitError, RunError

IMPORTED = time.monotonic()
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
ELSEWHERE = (
    "; this cannot be written: name another place with --output, or work in a copy of "
    "the folder"
)
STARTED: float | None = None  # when the process was, for time limits

app = typer.Typer(
    name="ensemble-kit",
    help="Stacked ensembles for tables with numbers, categories and text.",
    epilog="Start with: ensemble-kit submit FOLDER (train.csv, test.csv, "
    "sample_submission.csv)",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    init,
    check,
    submit,
    predict,
    deploy,
    explain,
    holdout,
    notebook,
    plan,
    replay,
    runs,
    compare,
    tune,
    score,
    blend,
    vote,
    words,
    pack,
    doctor,
):
    app.command()(command)
for command in (models, featurizers, functions, metrics, pipelines):
    app.command()(command)
app.add_typer(store)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"ensemble-kit {version('ensemble_kit')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and leave.",
        ),
    ] = False,
) -> None:
    """Stacked ensembles for tables with numbers, categories and text."""


def main() -> None:
    """Run the command line; errors made on purpose become one message.

    Exit codes: 0 done, 1 the run failed, 2 wrong call or input, 130 interrupted.
    """
    global STARTED
    STARTED = IMPORTED
    open_streams()
    try:
        _check_folder()
        app()
    except RunError as error:
        _stop(str(error), 1)
    except EnsembleKitError as error:
        _stop(str(error), 2)
    except OSError as error:  # a full disk, a folder that went away
        _stop(f"{error}{ELSEWHERE if error.errno in READ_ONLY else ''}", 1)
    except KeyboardInterrupt as error:
        _stop(str(error) or "interrupted", 130)


def _check_folder() -> None:
    """Refuse to begin in a folder that is no more, which Python names badly."""
    try:
        os.getcwd()
    except FileNotFoundError:
        message = "the folder you are in has been deleted; change to one that exists"
        _stop(message, 2)


def _stop(message: str, code: int) -> None:
    sys.stderr.write(f"ensemble-kit: {shown_lines(message)}\n")
    sys.exit(code)
