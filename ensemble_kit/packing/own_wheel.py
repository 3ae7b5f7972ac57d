"""The kit itself as a wheel, made of the files it is running from."""

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import ensemble_kit
from ensemble_kit.exceptions import RunError
from ensemble_kit.pipeline.loading import shipped_pipelines

NAME = "ensemble_kit"
LEFT_OUT = {"__pycache__"}
STAMP = (1980, 1, 1, 0, 0, 0)  # the same files make the same wheel
TAG = "py3-none-any"


def write_wheel(folder: Path) -> Path:
    """Write the kit's wheel into a folder and return its path.

    The format is that of PEP 427. No build and no network is needed, and it does not
    matter whether the kit is installed or runs from a checkout.

    Raises
    ------
    RunError
        When the kit's own metadata are not installed.
    """
    own = own_distribution()
    info = f"{NAME}-{own.version}.dist-info"
    path = folder / f"{NAME}-{own.version}-{TAG}.whl"
    files = dict(_package_files())
    files |= {
        f"{info}/METADATA": (own.read_text("METADATA") or "").encode(),
        f"{info}/entry_points.txt": (own.read_text("entry_points.txt") or "").encode(),
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: ensemble-kit pack\n"
            f"Root-Is-Purelib: true\nTag: {TAG}\n"
        ).encode(),
    }
    lines = [f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items()]
    record = f"{info}/RECORD"
    files[record] = "".join([*lines, f"{record},,\n"]).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), data, zipfile.ZIP_DEFLATED)
    return path


def own_distribution() -> Distribution:
    """Return the installed metadata of the kit."""
    try:
        return distribution(NAME)
    except PackageNotFoundError as error:
        raise RunError(
            f"{NAME} runs without being installed, so that what it needs is not known; "
            "install it with: pip install ."
        ) from error


def _package_files() -> Iterator[tuple[str, bytes]]:
    """Yield the files of the package by their names in a wheel, sorted."""
    root = Path(str(ensemble_kit.__file__)).parent
    shipped = f"{NAME}/pipeline/shipped"
    for path in sorted(root.rglob("*")):
        name = f"{NAME}/{path.relative_to(root).as_posix()}"
        is_own = path.is_file() and not LEFT_OUT & set(path.parts)
        if is_own and not name.startswith(f"{shipped}/"):
            yield name, path.read_bytes()
    for name, path in shipped_pipelines().items():
        yield f"{shipped}/{name}.toml", path.read_bytes()


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={digest.decode().rstrip('=')}"
