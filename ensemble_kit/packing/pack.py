"""A run's folder as a Kaggle dataset and a notebook that needs no network."""

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_kit.exceptions import RunError
from ensemble_kit.files import write_atomically
from ensemble_kit.packing.own_wheel import NAME, write_wheel
from ensemble_kit.packing.requirements import download_wheels, extras_of, pinned
from ensemble_kit.running.finished.predicting import load_predictor
from ensemble_kit.running.finished.run_files import (
    MANIFEST,
    REPORT,
    plain_file,
    read_facts,
)

INPUT, WORKING = "/kaggle/input", "/kaggle/working"
TAKEN = (
    "submission.csv",
    "pipeline.toml",
    "competition.toml",
    "report.md",
    REPORT,
    MANIFEST,
)
USER = "USER"
Download = Callable[[Iterable[str], Path, str], None]


@dataclass(frozen=True)
class Packed:
    """Where the parts of a pack lie.

    Parameters
    ----------
    dataset, kernel : Path
        Folders for ``kaggle datasets create -p`` and ``kaggle kernels push -p``.
    slug : str
        The dataset's name on Kaggle.
    """

    dataset: Path
    kernel: Path
    slug: str


def pack_run(
    run: Path,
    output: Path,
    *,
    python: str,
    competition: str | None = None,
    user: str = USER,
    extras: Sequence[str] = (),
    custom: Sequence[Path] = (),
    trains: bool = False,
    download: Download | None = download_wheels,
) -> Packed:
    """Write a dataset and a notebook from which a run predicts without a network.

    Parameters
    ----------
    run : Path
        A run's folder, with its models.
    output : Path
        A folder that is empty or not there yet.
    python : str
        The version of the image's Python, such as "3.11".
    competition : str, optional
        Its name on Kaggle; that of the run's data folder, unless given.
    user : str
        Whose dataset it will be.
    extras : sequence of str
        Of the kit, beside those that the run's models need.
    custom : sequence of Path
        The ``--custom`` files of the run.
    trains : bool
        Whether the notebook makes the run anew, instead of predicting with its models.
    download : callable, optional
        Gets requirements, a folder and the Python version; None leaves wheels out.

    Raises
    ------
    RunError
        When the run has no models, stands on predictions made elsewhere, or wheels
        cannot be had.
    """
    report, manifest = read_facts(run, REPORT), read_facts(run, MANIFEST, ["data"])
    if not trains and (foreign := load_predictor(run).foreign):
        raise RunError(
            f"{run} stands on predictions made elsewhere ({', '.join(foreign)}), which "
            "no pack can make of other rows; submit a member without them"
        )
    if output.exists() and any(output.iterdir()):
        raise RunError(f"{output} is not empty; name a folder that is not there yet")
    models = [str(member["model"]) for member in report["leaderboard"]]
    requirements = pinned([*extras_of(models), *extras])
    data = competition or (run / str(manifest["data"])).resolve().name
    slug = slug_of(f"{data}-{run.name}")
    dataset, kernel = output / "dataset", output / "kernel"
    wheels = dataset / "wheels"
    for folder in (wheels, kernel):
        folder.mkdir(parents=True)
    if download is not None:
        download(requirements, wheels, python)
    write_wheel(wheels)
    _copy_run(run, dataset / "run", with_models=not trains)
    for path in custom:
        (dataset / "custom").mkdir(exist_ok=True)
        shutil.copy(path, dataset / "custom" / path.name)
    _write(dataset / "requirements.txt", "\n".join([*requirements, NAME, ""]))
    _write_json(dataset / "dataset-metadata.json", _dataset_facts(user, slug))
    _write_json(kernel / "kernel-metadata.json", _kernel_facts(user, slug, data))
    names = [path.name for path in custom]
    cells = [_install(slug), _command(slug, data, names, trains)]
    _write_json(kernel / "notebook.ipynb", _notebook(slug, cells))
    return Packed(dataset, kernel, slug)


def slug_of(name: str) -> str:
    """Return a name as Kaggle has it in addresses: 6 to 50 letters, digits, hyphens.

    Examples
    --------
    >>> slug_of("Titanic_quick-6ff464d9"), slug_of("a")
    ('titanic-quick-6ff464d9', 'a-pack')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50].strip("-")
    return slug if len(slug) >= 6 else f"{slug}-pack"


def _copy_run(run: Path, target: Path, with_models: bool) -> None:
    """Copy what a run needs to predict, or to be made again."""
    target.mkdir()
    for name in TAKEN:
        shutil.copy(plain_file(run, name), target / name)
    if with_models:
        shutil.copytree(run / "models", target / "models")


def _install(slug: str) -> str:
    """Return the line that installs what the dataset holds."""
    place = f"{INPUT}/{slug}"
    return (
        f"!pip install --quiet --no-index --find-links {place}/wheels "
        f"-r {place}/requirements.txt"
    )


def _command(slug: str, data: str, custom: Sequence[str], trains: bool) -> str:
    """Return the line that predicts, or trains and shows where the submission lies."""
    place = f"{INPUT}/{slug}"
    more = [word for name in custom for word in ("--custom", f"{place}/custom/{name}")]
    if trains:
        words = ["ensemble-kit", "submit", f"{INPUT}/{data}"]
        words += ["--pipeline", f"{place}/run/pipeline.toml", "-o", WORKING, *more]
        copy = f"!cp {WORKING}/runs/*/submission.csv {WORKING}/submission.csv"
        return f"!{shlex.join(words)}\n{copy}"
    words = ["ensemble-kit", "predict", f"{place}/run", f"{INPUT}/{data}/test.csv"]
    return "!" + shlex.join([*words, "-o", f"{WORKING}/submission.csv", *more])


def _dataset_facts(user: str, slug: str) -> dict[str, Any]:
    return {"title": slug, "id": f"{user}/{slug}", "licenses": [{"name": "other"}]}


def _kernel_facts(user: str, slug: str, data: str) -> dict[str, Any]:
    return {
        "id": f"{user}/{slug}-notebook",
        "title": f"{slug}-notebook",
        "code_file": "notebook.ipynb",
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": False,
        "enable_internet": False,
        "dataset_sources": [f"{user}/{slug}"],
        "competition_sources": [data],
        "kernel_sources": [],
    }


def _notebook(slug: str, cells: Sequence[str]) -> dict[str, Any]:
    """Return a notebook of code cells, in format 4 of Jupyter's."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
        },
        "cells": [
            {
                "id": f"{slug[:40]}-{number}",
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": cell,
            }
            for number, cell in enumerate(cells, 1)
        ],
    }


def _write_json(path: Path, facts: dict[str, Any]) -> None:
    _write(path, json.dumps(facts, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
