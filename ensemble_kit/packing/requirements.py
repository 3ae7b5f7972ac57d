"""What a run needs installed, pinned to what is installed here, and its wheels."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ensemble_kit.catalog import MODELS
from ensemble_kit.exceptions import RunError
from ensemble_kit.packing.own_wheel import own_distribution

REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)")
EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]+)['\"]")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
LAST_LINES = 5


def extras_of(models: Iterable[str]) -> list[str]:
    """Return the extras that bring the libraries of some models."""
    known = [MODELS[name] for name in models if name in MODELS]
    return sorted({extra for spec in known for _, extra in spec.requires})


def pinned(extras: Iterable[str]) -> list[str]:
    """Return the kit's requirements and those of extras, each at its version here.

    Raises
    ------
    RunError
        When one of an extra is not installed here.
    """
    wanted = set(extras)
    pins, missing = [], []
    for line in own_distribution().requires or []:
        extra, name = EXTRA.search(line), REQUIREMENT.match(line)
        if name is None or (extra is not None and extra[1] not in wanted):
            continue
        try:
            pins.append(f"{name[1]}=={version(name[1])}")
        except PackageNotFoundError:
            missing.append(name[1])
    if missing:
        raise RunError(
            f"{', '.join(missing)}: not installed here, so that no version is known to "
            "go with the run"
        )
    return sorted(dict.fromkeys(pins))


def download_wheels(requirements: Iterable[str], folder: Path, python: str) -> None:
    """Download the wheels of requirements and of all that these need.

    Parameters
    ----------
    requirements : iterable of str
    folder : Path
    python : str
        The version that they are for, such as "3.11", on Linux with Intel's processors
        where it is not that of this machine.

    Raises
    ------
    RunError
        When pip is missing, or finds no such wheel.
    """
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [
        *_pip(),
        "download",
        "--quiet",
        "--only-binary=:all:",
        "--dest",
        str(folder),
    ]
    if python != here or sys.platform != "linux":
        command += ["--python-version", python, "--implementation", "cp"]
        command += [f"--platform={platform}" for platform in PLATFORMS]
    done = subprocess.run([*command, *requirements], capture_output=True, text=True)
    if done.returncode:
        reason = "\n  ".join(done.stderr.strip().splitlines()[-LAST_LINES:])
        raise RunError(
            f"the wheels for Python {python} cannot be downloaded:\n  {reason}"
        )


def _pip() -> list[str]:
    """Return how pip is called: in this environment, or wherever there is one."""
    own = [sys.executable, "-m", "pip"]
    if subprocess.run([*own, "--version"], capture_output=True).returncode == 0:
        return own
    if pip := shutil.which("pip3") or shutil.which("pip"):
        return [pip]
    raise RunError(
        "there is no pip to download wheels with; install pip, or --no-wheels"
    )
