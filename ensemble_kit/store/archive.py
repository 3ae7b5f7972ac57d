"""Entries of a store as one file, so that team mates merge what they have fitted."""

import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from ensemble_kit.exceptions import StoreError
from ensemble_kit.files import renaming, write_synced
from ensemble_kit.store.housekeeping import KEPT, Stored, list_entries
from ensemble_kit.store.store import (
    ENTRY,
    Store,
    entry_bytes,
    entry_parts,
    refuse_foreign,
)
from ensemble_kit.untrusted import LIMITS, Limits, read_array, read_json

NAME = re.compile(
    r"(kept/)?([0-9a-f]{2})/(\2[0-9a-f]{62})/(entry\.json|\w{1,64}\.npy)", re.ASCII
)
FIRST_TIME = (1980, 1, 1, 0, 0, 0)
LEVEL = 1
CHUNK = 2**20
READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
IS_ENCRYPTED = 0x1
# What a damaged or hostile member raises; RuntimeError and NotImplementedError are
# passwords and kinds of packing that the module does not read.
FAULTS = (
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Imported:
    """How many entries of a file were new, at hand already, or damaged.

    Parameters
    ----------
    n_new, n_known, n_damaged : int
    faults : dict of str
        What is wrong with damaged entries, by key.
    """

    n_new: int
    n_known: int
    n_damaged: int
    faults: dict[str, str] = field(default_factory=dict)


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
    sound = [e for e in entries if e.store.is_sound(e.key)]
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with zipfile.ZipFile(
            temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL
        ) as archive:
            for entry in sound:
                _add(archive, entry, store.folder)
        with renaming(temporary, path):
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(sound)


def import_entries(store: Store, path: Path, limits: Limits = LIMITS) -> Imported:
    """Take the entries of a zip file into a store.

    Names, sizes and ways of packing are checked before anything is unpacked, every
    byte against its entry's checksums before the entry is taken. One damaged entry
    costs no other. Nothing in the file is run, and no name in it can leave the store.

    Parameters
    ----------
    store : Store
    path : Path
    limits : Limits, optional
        How much one entry may unpack to.

    Raises
    ------
    StoreError
        When it is no such file, or the store cannot be written.
    """
    n_new = n_known = 0
    faults: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            infos = sorted(archive.infolist(), key=lambda info: info.filename)
            _refuse_strangers(path, [info.filename for info in infos])
            for folder, files in groupby(infos, _folder_of):
                target = Store(store.folder / KEPT) if folder[0] == "k" else store
                key = folder.rpartition("/")[2]
                if target.is_sound(key):
                    n_known += 1
                    continue
                try:
                    _take(archive, list(files), target, key, limits)
                    n_new += 1
                except StoreError:
                    raise
                except FAULTS as error:
                    faults[key] = str(error) or type(error).__name__
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path} cannot be read: {error}") from error
    return Imported(n_new, n_known, len(faults), faults)


def _folder_of(info: zipfile.ZipInfo) -> str:
    return info.filename.rpartition("/")[0]


def _add(archive: zipfile.ZipFile, entry: Stored, root: Path) -> None:
    for file in sorted(entry.store.path(entry.key).iterdir()):
        info = zipfile.ZipInfo(file.relative_to(root).as_posix(), FIRST_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        with (
            file.open("rb") as source,
            archive.open(info, "w", force_zip64=True) as target,
        ):
            while chunk := source.read(CHUNK):
                target.write(chunk)


def _refuse_strangers(path: Path, names: Iterable[str]) -> None:
    strange = [name for name in names if not NAME.fullmatch(name)]
    if strange:
        raise StoreError(
            f"{path} is no export of a store: it holds {strange[0][:100]!r} and "
            f"{len(strange) - 1} more such names"
        )


def _take(
    archive: zipfile.ZipFile,
    infos: list[zipfile.ZipInfo],
    store: Store,
    key: str,
    limits: Limits,
) -> None:
    """Put one entry into a store, or raise what is wrong with it."""
    members = {info.filename.rpartition("/")[2]: info for info in infos}
    _refuse_members(infos, limits)
    if ENTRY not in members:
        raise ValueError(f"it has no {ENTRY}")
    checksums, body = entry_parts(_read_entry(archive, members.pop(ENTRY), limits))
    facts = read_json(body, limits)
    if not isinstance(facts, dict):
        raise ValueError("its facts are no table")
    refuse_foreign(key, facts)
    if members.keys() != checksums.keys():
        raise ValueError(f"{ENTRY} does not list the files that are there")
    with store.adding(key, sum(info.file_size for info in infos)) as folder:
        for name, info in members.items():
            _unpack(archive, info, folder / name, store.durable)
            read_array(folder / name, checksums[name], limits, whole=False)
        write_synced(folder / ENTRY, entry_bytes(checksums, body), store.durable)


def _refuse_members(infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Raise for what need not be opened to be refused."""
    (name, n_times), *_ = Counter(info.filename for info in infos).most_common(1)
    if n_times > 1:
        raise ValueError(f"{name} is there {n_times} times")
    if sum(info.file_size for info in infos) > limits.entry_bytes:
        raise ValueError(f"it unpacks to more than {limits.entry_bytes:,} bytes")
    for info in infos:
        name = info.filename.rpartition("/")[2]
        ratio = info.file_size / max(info.compress_size, 1)
        if info.flag_bits & IS_ENCRYPTED:
            raise ValueError(f"{name} wants a password; export without one")
        if info.compress_type not in READ:
            raise ValueError(f"{name} is packed in way {info.compress_type}")
        if info.file_size > limits.ratio_from and ratio > limits.ratio:
            raise ValueError(f"{name} unpacks to {ratio:,.0f} times its size")


def _read_entry(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits
) -> bytes:
    if info.file_size > limits.json_bytes:
        raise ValueError(f"{ENTRY} has {info.file_size:,} bytes")
    return archive.read(info)


def _unpack(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, durable: bool
) -> None:
    """Write a member to a file, and never more than it declares."""
    with archive.open(info) as source, target.open("xb") as stream:
        left = info.file_size
        while chunk := source.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise ValueError(f"{target.name} is longer than it declares")
            stream.write(chunk)
        stream.flush()
        if durable:
            os.fsync(stream.fileno())
