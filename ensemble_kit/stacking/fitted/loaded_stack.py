"""A run of the command line as a fitted stack."""

from pathlib import Path
from typing import Any

from sklearn.base import is_classifier

from ensemble_kit.exceptions import RunError
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.finished.run_files import REPORT


def is_run(path: Path | str) -> bool:
    """Return whether a folder is a run's."""
    return (Path(path) / REPORT).is_file()


def load_stack(kind: type, path: Path | str) -> Any:
    """Return a stack that predicts as a run does.

    Its members are the run's pipeline, so that it can be fitted to other rows too.

    Raises
    ------
    RunError
        When the run predicts classes and the stack values, or the other way round, or
        has kept no models.
    """
    run = load_run(path)
    task = run.task
    stack = kind(str(Path(path) / "pipeline.toml"))
    stack.metric = run.facts["competition"]["metric"]
    if is_classifier(stack) != task.is_classification:
        what = "classes" if task.is_classification else "values"
        raise RunError(f"{path} predicts {what}, which a {kind.__name__} does not")
    stack._take_run(run)
    return stack
