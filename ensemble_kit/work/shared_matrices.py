"""Matrices that runs of several targets have in common: what sees no target.

Keys of such work follow from the target all the same, as everything in a store does;
here it is found by the rows and columns it was made of.
"""

import hashlib
import json
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.files import renaming
from ensemble_kit.hashing import fingerprint, fingerprint_file
from ensemble_kit.locks import own_folder
from ensemble_kit.store.fitted_objects import read_pickled, write_pickled
from ensemble_kit.work.node import CountFacts, Facts, FeaturesFacts

NAME = "shared.json"
MATRICES = "matrices"
FITTED = "fitted"
READ = ("X", "X_test", "weights.npy")
FREE = 10  # times its size that a disk has free where a matrix stays


class SharedMatrices:
    """A folder beside the workspaces of several runs.

    Parameters
    ----------
    folder : Path
    data : str
        The fingerprint of what featurizers read: columns and weights of the rows.
    """

    def __init__(self, folder: Path, data: str):
        self.folder = folder
        self.data = data

    @classmethod
    def between(cls, folder: Path, source: Path) -> Self:
        """Return those for a workspace's source, and note it there."""
        digest = hashlib.sha256()
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source)
            if path.is_file() and name.parts[0] in READ:
                digest.update(f"{name} {fingerprint_file(path)}\n".encode())
        facts = {"folder": str(folder), "data": digest.hexdigest()}
        (source / NAME).write_text(json.dumps(facts), encoding="utf-8")
        return cls(folder, digest.hexdigest())

    @classmethod
    def of(cls, source: Path) -> Self | None:
        """Return those that were noted beside a source, where this machine has them."""
        if not (source / NAME).is_file():
            return None
        facts = json.loads((source / NAME).read_text(encoding="utf-8"))
        folder = Path(facts["folder"])
        return cls(folder, facts["data"]) if folder.is_dir() else None

    def take(self, facts: Facts, place: Path) -> bool:
        """Put the matrices of some work where a workspace wants them.

        Returns
        -------
        bool
            Whether another run has made them.
        """
        folder = self._place(facts)
        if folder is None or not folder.is_dir():
            return False
        _link(folder / MATRICES, place)
        return True

    def fitted(self, facts: Facts) -> Any:
        """Return what was fitted to make them."""
        return read_pickled(self.folder / self._key(facts) / FITTED)

    def give(self, facts: Facts, place: Path, fitted: object = None) -> None:
        """Keep matrices for the other runs, where the disk has room enough."""
        folder = self._place(facts)
        if folder is None or not _has_room(place):
            return
        # Nothing is lost where it cannot be kept, or where another was faster.
        with suppress(OSError), own_folder(self.folder, "tmp") as temporary:
            _link(place, temporary / MATRICES)
            write_pickled(temporary / FITTED, fitted)
            with renaming(temporary, folder):
                temporary.rename(folder)

    def _place(self, facts: Facts) -> Path | None:
        return self.folder / self._key(facts) if sees_no_target(facts) else None

    def _key(self, facts: Facts) -> str:
        """Return the key that the work would have without a target."""
        counts = {"inputs": None}  # their keys follow from the target, too
        return fingerprint({**facts.plain(), "data": self.data, **counts})


def sees_no_target(facts: Facts) -> bool:
    """Return whether some work gives the same whatever the target is."""
    if isinstance(facts, CountFacts):
        return True
    if not isinstance(facts, FeaturesFacts) or facts.transformer is not None:
        return False
    return not any(FEATURIZERS[b["featurizer"]].sees_y for b in facts.featurizers)


def _has_room(place: Path) -> bool:
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return shutil.disk_usage(place).free > FREE * size


def _link(place: Path, new: Path) -> None:
    """Give a folder a second name, all of it or nothing; or a copy, without links."""
    half = new.with_name(f"tmp-{secrets.token_hex(6)}")
    try:
        shutil.copytree(place, half, copy_function=os.link)
    except OSError:
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(place, half)
    with renaming(half, new):
        half.rename(new)
