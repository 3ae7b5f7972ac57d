"""Entries of a store as one file, so that team mates merge what they have fitted."""

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from ensemble_kit.exceptions import StoreError
from ensemble_kit.store.housekeeping import KEPT, Stored, list_entries
from ensemble_kit.store.store import Store

NAME = re.compile(r"(kept/)?[0-9a-f]{2}/([0-9a-f]{64})/(entry\.json|\w+\.npy)")
FIRST_TIME = (1980, 1, 1, 0, 0, 0)
LEVEL = 1


@dataclass(frozen=True)
class Imported:
    """How many entries of a file were new, at hand already, or damaged."""

    n_new: int
    n_known: int
    n_damaged: int


def export_entries(store: Store, path: Path, models: bool = True) -> int:
    """Write a store's sound entries into a zip file and return how many.

    The same entries give the same bytes, whoever has fitted them and when.

    Parameters
    ----------
    store : Store
    path : Path
    models : bool
        Whether fitted objects go along: mostly far larger than predictions.
    """
    entries = [e for e in list_entries(store) if models or not e.is_kept]
    sound = [e for e in entries if e.store.read(e.key) is not None]
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with zipfile.ZipFile(
            temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL
        ) as archive:
            for entry in sound:
                _add(archive, entry, store.folder)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(sound)


def import_entries(store: Store, path: Path) -> Imported:
    """Take the entries of a zip file into a store.

    Every byte is checked against its entry's checksums before anything is taken;
    nothing in the file is run, and no name in it can leave the store.

    Raises
    ------
    StoreError
        When it is no such file.
    """
    n_new = n_known = n_damaged = 0
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(archive.namelist())
            _refuse_strangers(path, names)
            for folder, files in groupby(names, lambda name: name.rpartition("/")[0]):
                target = Store(store.folder / KEPT) if folder[0] == "k" else store
                if folder.rpartition("/")[2] in target:
                    n_known += 1
                elif _take(archive, list(files), target):
                    n_new += 1
                else:
                    n_damaged += 1
    except (zipfile.BadZipFile, OSError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    return Imported(n_new, n_known, n_damaged)


def _add(archive: zipfile.ZipFile, entry: Stored, root: Path) -> None:
    for file in sorted(entry.store.path(entry.key).iterdir()):
        info = zipfile.ZipInfo(file.relative_to(root).as_posix(), FIRST_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        with (
            file.open("rb") as source,
            archive.open(info, "w", force_zip64=True) as target,
        ):
            while chunk := source.read(2**20):
                target.write(chunk)


def _refuse_strangers(path: Path, names: Iterable[str]) -> None:
    strange = [name for name in names if not NAME.fullmatch(name)]
    if strange:
        raise StoreError(
            f"{path} is no export of a store: it holds {strange[0]!r} and "
            f"{len(strange) - 1} more such names"
        )


def _take(archive: zipfile.ZipFile, names: list[str], store: Store) -> bool:
    """Put one entry into a store if it is sound; return whether it was."""
    with TemporaryDirectory(prefix="ensemble_kit-") as folder:
        key = names[0].split("/")[-2]
        beside = Store(Path(folder))
        beside.path(key).mkdir(parents=True)
        for name in names:
            target = beside.path(key) / name.rpartition("/")[2]
            with archive.open(name) as source, target.open("wb") as stream:
                while chunk := source.read(2**20):
                    stream.write(chunk)
        entry = beside.read(key)
        if entry is None:
            return False
        store.write(key, entry.arrays, entry.facts)
        return True
