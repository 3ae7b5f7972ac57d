"""Commands that make sense once a run is done."""

import shlex
from pathlib import Path

from ensemble_kit.pipeline.loading import shipped_pipelines
from ensemble_kit.running.run import Run

SUBMISSION = "submission.csv"


def next_commands(run: Run, folder: Path) -> list[str]:
    """Return what to type next, as a shell reads it.

    Parameters
    ----------
    run : Run
    folder : Path
        Where its files are.
    """
    competition, name = run.competition, run.pipeline.name
    pipeline = name if name in shipped_pipelines() else f"{folder}/pipeline.toml"
    source, place = (shlex.quote(str(path)) for path in (competition.folder, folder))
    file = shlex.quote(str(folder / SUBMISSION))
    slug, message = (
        shlex.quote(text) for text in (competition.name, f"{name}: {run.chosen}")
    )
    return [
        f"ensemble-kit holdout {source} --pipeline {shlex.quote(pipeline)}",
        f"ensemble-kit predict {place} NEW.csv -o OUT.csv",
        f"kaggle competitions submit -c {slug} -f {file} -m {message}",
    ]
