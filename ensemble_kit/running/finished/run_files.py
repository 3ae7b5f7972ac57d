"""The files of a run's folder, which may come from anybody: plain ones, of a size."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ensemble_kit.exceptions import RunError
from ensemble_kit.files import is_plain
from ensemble_kit.untrusted import LIMITS, read_json, read_limited, shape_fault

MANIFEST = "manifest.json"
REPORT = "report.json"
DEPLOYED = "deployed"  # what a deployed run's manifest calls the run it was made of
# What is read of them; other keys are for people, or for one command that checks them.
SHAPES = {
    MANIFEST: {
        "competition_fingerprint?": str,
        "data?": str,
        "deployed?": str,
        "memory_limit?": int | float,
        "stopped?": str,
        "submission_sha256?": str,
    },
    REPORT: {
        "chosen": str,
        "competition": {
            "classes": [str],
            "fingerprint": str,
            "metric": str,
            "task": str,
        },
        "environment": {str: str},
        "holdout?": {"fraction": float, "score": float | None, "seed": int},
        "leaderboard": [
            {
                "features": str,
                "level": int,
                "model": str,
                "name": str,
                "score": int | float | None,
                "seconds?": int | float,
                "spread": int | float | None,
            }
        ],
        "reason": str,
        "stopped?": str,
        "weights": {str: {str: int | float}},
    },
}


def plain_file(folder: Path, name: str) -> Path:
    """Return the path of a run's file.

    Raises
    ------
    RunError
        When it is missing, larger than any run writes, or a link or a device, which
        no run writes.
    """
    path = folder / name
    if not is_plain(path):
        raise RunError(f"{folder} has no file {name}, or a link in its place")
    if path.stat().st_size > LIMITS.entry_bytes:
        raise RunError(f"{path} is larger than {LIMITS.entry_bytes:,} bytes")
    return path


def read_facts(folder: Path, name: str, needs: Sequence[str] = ()) -> dict[str, Any]:
    """Return the table of a run's JSON file.

    Parameters
    ----------
    folder : Path
    name : str
    needs : sequence of str
        What it has to hold, where not every file does.

    Raises
    ------
    RunError
        When it is missing, no such table, or holds what no run writes.
    """
    try:
        facts = read_json(read_limited(folder / name, LIMITS.json_bytes))
    except (OSError, ValueError) as error:
        raise RunError(
            f"{folder} is no run's folder: {name} cannot be read ({error})"
        ) from error
    if not isinstance(facts, dict):
        raise RunError(f"{folder} is no run's folder: {name} holds no table")
    missing = [f"{key!r} is missing" for key in needs if facts.get(key) is None]
    fault = shape_fault(facts, SHAPES.get(name, {})) or _unnamed(facts)
    if fault := fault or "".join(missing[:1]):
        raise RunError(f"{folder} is no run's folder: in {name}, {fault}")
    return facts


def _unnamed(facts: dict[str, Any]) -> str:
    """Return that a report's chosen member is none of its leaderboard's."""
    names = [row["name"] for row in facts.get("leaderboard", [])]
    is_there = not names or facts["chosen"] in names
    return "" if is_there else f"no member is called {facts['chosen']!r:.80}"


def refuse_deployed(folder: Path, doing: str) -> None:
    """Raise for a deployed run, where the run it was made of is wanted.

    Raises
    ------
    RunError
        With what is to be done, in words, and that run.
    """
    run = read_facts(folder, MANIFEST).get(DEPLOYED)
    if run is not None:
        raise RunError(
            f"{folder} is deployed already: its models are fitted on all rows; "
            f"{doing} the run it was made of, {(folder / run).resolve()}"
        )


def command_of(folder: Path) -> str:
    """Return the command that makes a run again, as far as its files tell it."""
    try:
        manifest = read_facts(folder, MANIFEST)
        data = (folder / manifest["data"]).resolve()
    except (RunError, LookupError, TypeError, ValueError, OSError):
        return "the command that made it"
    if isinstance(run := manifest.get(DEPLOYED), str):
        return shlex.join(_deploying(folder, run, manifest))
    if folder.name.startswith("holdout-"):
        return "the ensemble-kit holdout that made it"
    words = ["ensemble-kit", "submit", str(data)]
    words += ["--pipeline", str(folder / "pipeline.toml")]
    for option, unit in (("time_limit", ""), ("memory_limit", "M")):
        if isinstance(limit := manifest.get(option), int | float):
            words += [f"--{option.replace('_', '-')}", f"{limit:g}{unit}"]
    if isinstance(metric := manifest.get("metric"), str):
        words += ["--metric", metric]
    words += _custom(folder, manifest)
    if isinstance(store := manifest.get("store"), str):
        words += ["--store", str((folder / store).resolve())]
    base = folder.resolve().parent.parent
    if base != data:
        words += ["--output", str(base)]
    return shlex.join(words)


def _deploying(folder: Path, run: str, manifest: dict[str, Any]) -> list[str]:
    """Return the words of the command that deploys a run into a folder."""
    words = ["ensemble-kit", "deploy", str((folder / run).resolve())]
    within = manifest.get("within")
    if isinstance(within, int | float) and within != 1:
        words += ["--within", f"{within:g}"]
    return [*words, *_custom(folder, manifest), "--output", str(folder.resolve())]


def _custom(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Return the words that name the files a run was made with."""
    custom = manifest.get("custom")
    paths = custom if isinstance(custom, list) else ()
    named = [str((folder / str(path)).resolve()) for path in paths]
    return [word for path in named for word in ("--custom", path)]
