"""A run done again from what it recorded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_kit.competition.declared.settings import load_settings
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import RunError
from ensemble_kit.hashing import fingerprint_file
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.reporting.run_folder import write_predictions
from ensemble_kit.running.finished.run_files import (
    MANIFEST,
    plain_file,
    read_facts,
    refuse_deployed,
)
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.preparing.schemes import without_checks
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store


@dataclass(frozen=True)
class Replay:
    """The SHA-256 of two submissions: the recorded one and the one made again."""

    recorded: str
    again: str

    @property
    def agrees(self) -> bool:
        """Return whether every byte is the same."""
        return self.recorded == self.again


def replay_run(
    run_folder: Path,
    scratch: Path,
    jobs: int,
    data: Path | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Fit a run's recorded pipeline again and compare the submissions.

    Parameters
    ----------
    run_folder : Path
        What ``submit`` left: manifest.json, pipeline.toml and competition.toml.
    scratch : Path
        An empty folder for what is fitted; nothing stored is used.
    jobs : int
    data : Path, optional
        The competition's folder, when it has moved since.

    Raises
    ------
    RunError
        When this is no run's folder, or the data are not those of the run.
    """
    manifest = read_manifest(run_folder)
    folder = data or (run_folder / manifest["data"]).resolve()
    settings = load_settings(plain_file(run_folder, "competition.toml"))
    competition = load_competition(folder, settings=settings)
    if competition.fingerprint != manifest["competition_fingerprint"]:
        raise RunError(
            f"the data in {folder} are not those of the run: the fingerprint is "
            f"{competition.fingerprint[:12]}, the run's was "
            f"{manifest['competition_fingerprint'][:12]}"
        )
    run = run_pipeline(
        competition,
        without_checks(load_pipeline(plain_file(run_folder, "pipeline.toml"))),
        Store(scratch / "store"),
        # What there was no room for is left out again, and for the same reason.
        Resources(jobs, scratch / "work", megabytes=manifest.get("memory_limit")),
        progress,
    )
    write_predictions(run, scratch)
    again = fingerprint_file(scratch / "submission.csv")
    return Replay(manifest["submission_sha256"], again)


def read_manifest(run_folder: Path) -> dict[str, Any]:
    """Return a run's manifest.

    Raises
    ------
    RunError
        When there is none.
    """
    if not (run_folder / MANIFEST).is_file():
        raise RunError(f"{run_folder} is no finished run: it has no {MANIFEST}")
    refuse_deployed(run_folder, "replay")
    needed = ("data", "competition_fingerprint", "submission_sha256")
    return read_facts(run_folder, MANIFEST, needed)
