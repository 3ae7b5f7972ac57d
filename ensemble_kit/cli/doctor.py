"""What is installed and what the machine offers, in one look."""

from collections.abc import Iterator

import typer

PACKAGE = "ensemble_kit"


def doctor() -> None:
    """Show versions, extras, cores, memory and the device that networks would use."""
    for line in doctor_lines():
        typer.echo(line)


def doctor_lines() -> Iterator[str]:
    """Yield the facts, one a line."""
    import platform
    from importlib.metadata import version

    yield f"ensemble-kit {version(PACKAGE)}, Python {platform.python_version()}"
    yield f"system: {platform.platform()}"
    yield from _core_lines()
    yield from _extra_lines()
    yield from _machine_lines()


def _core_lines() -> Iterator[str]:
    names = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm")
    yield "core: " + ", ".join(f"{name} {_version(name)}" for name in names)


def _extra_lines() -> Iterator[str]:
    """Yield what each extra brings, with versions and what is missing."""
    for extra, names in _extras().items():
        there = [f"{name} {version}" for name in names if (version := _version(name))]
        missing = [name for name in names if not _version(name)]
        line = f"extra {extra}: {', '.join(there) or 'nothing'}"
        if missing:
            line += (
                f"; missing: {', '.join(missing)} (pip install '{PACKAGE}[{extra}]')"
            )
        yield line


def _extras() -> dict[str, list[str]]:
    """Return the distributions of each extra, by the package's own metadata."""
    import re
    from importlib.metadata import requires

    by_extra: dict[str, list[str]] = {}
    for line in requires(PACKAGE) or ():
        match = re.match(r"([\w.-]+).*extra == ['\"](\w+)['\"]", line)
        if match and match[1] != PACKAGE and match[2] not in ("all", "test"):
            by_extra.setdefault(match[2], []).append(match[1])
    return by_extra


def _machine_lines() -> Iterator[str]:
    from ensemble_kit.processes import count_cores
    from ensemble_kit.quantities import format_megabytes
    from ensemble_kit.work.memory import machine_megabytes

    yield f"cores: {count_cores()}"
    yield f"memory: {format_megabytes(machine_megabytes())}"
    yield f"device: {_device()}"


def _device() -> str:
    """Return what torch would compute on."""
    if not _version("torch"):
        return "no torch, no networks"
    import torch

    if torch.cuda.is_available():
        return f"cuda, {torch.cuda.get_device_name()}"
    return "cpu"


def _version(distribution: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
