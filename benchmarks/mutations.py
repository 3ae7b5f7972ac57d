"""Archives and kept runs changed where it hurts: inside checksums that are right."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_kit.store.store import ENTRY, entry_bytes, entry_parts

VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, 10**30, 1e308, "", "x", "../../x"),
    *("/etc/passwd", "\0", "a" * 10_000, [], {}, [[]], {"list": []}, {"array": 0}),
    {"object": ["x", []]},
    {"native": ["tree", {}]},
    {"object": ["builtins:eval", [[], []]]},
)
HEADERS = (
    "{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000000,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '<f8', 'fortran_order': 1, 'shape': 'x', }",
    "(" * 300 + ")" * 300,
    "__import__('os').system('true')",
)


def mutate(rng: np.random.Generator, value: Any) -> Any:
    """Return plain data in which one place, drawn at random, holds another value."""
    if isinstance(value, str) and value[:1] in ("{", "["):  # JSON inside JSON
        return json.dumps(mutate(rng, json.loads(value)))
    if rng.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return _other(rng, value)
    if isinstance(value, list):
        at = int(rng.integers(len(value)))
        changed = list(value)
        if rng.random() < 0.1:
            del changed[at]
            return changed
        changed[at] = mutate(rng, value[at])
        return changed
    name = str(rng.choice(sorted(value)))
    if rng.random() < 0.1:
        return {key: inner for key, inner in value.items() if key != name}
    return {**value, name: mutate(rng, value[name])}


def _other(rng: np.random.Generator, value: Any) -> Any:
    """Return another value, often one close by."""
    if type(value) is int and rng.random() < 0.6:
        return value + int(rng.choice([-1, 1, 2, 1000, -1000]))
    return VALUES[int(rng.integers(len(VALUES)))]


def mutate_bytes(rng: np.random.Generator, data: bytes) -> bytes:
    """Return bytes with a flip, a cut, or a foreign header of an .npy file."""
    draw = rng.random()
    if draw < 0.2:
        return data[: int(rng.integers(len(data) + 1))]
    if draw < 0.4 and data.startswith(b"\x93NUMPY"):
        header = HEADERS[int(rng.integers(len(HEADERS)))].encode() + b"\n"
        return data[:8] + len(header).to_bytes(2, "little") + header + data[128:]
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if changed:
            changed[int(rng.integers(len(changed)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def mutate_entry(rng: np.random.Generator, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return an entry's files with one part changed and, mostly, sums that fit."""
    checksums, body = entry_parts(files[ENTRY])
    files, arrays = dict(files), sorted(checksums)
    if arrays and rng.random() < 0.4:
        name = str(rng.choice(arrays))
        files[name] = mutate_bytes(rng, files[name])
        checksums = {**checksums, name: hashlib.sha256(files[name]).hexdigest()}
    elif rng.random() < 0.9:
        body = json.dumps(mutate(rng, json.loads(body)))
    else:
        files[ENTRY] = mutate_bytes(rng, files[ENTRY])
        return files
    return {**files, ENTRY: entry_bytes(checksums, body)}


def mutate_archive(rng: np.random.Generator, source: Path, target: Path) -> None:
    """Write an export of a store in which something is wrong."""
    draw = rng.random()
    if draw < 0.15:
        target.write_bytes(mutate_bytes(rng, source.read_bytes()))
        return
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    folders = sorted({name.rpartition("/")[0] for name in members})
    folder = str(rng.choice(folders))
    inside = {n: d for n, d in members.items() if n.startswith(folder + "/")}
    files = {name.rpartition("/")[2]: data for name, data in inside.items()}
    names = {name: f"{folder}/{name}" for name in files}
    if draw < 0.7:
        files = mutate_entry(rng, files)
    else:
        name = str(rng.choice(sorted(names)))
        names[name] = _odd_name(rng, names[name])
    kept = {n: d for n, d in members.items() if n not in inside}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in kept.items():
            archive.writestr(name, data)
        for name, data in files.items():
            archive.writestr(names[name], data)
        if 0.65 < draw < 0.7:  # a bomb
            archive.writestr(f"{folder}/bomb.npy", bytes(2**27))


def _odd_name(rng: np.random.Generator, name: str) -> str:
    return str(
        rng.choice(
            [
                f"../{name}",
                f"/{name}",
                f"{name}/..",
                name.replace("/", "\\"),
                name.upper(),
                "ab/" + "0" * 64 + "/entry.json",
                name[:-1],
                f"kept/{name}",
            ]
        )
    )


def mutate_run(rng: np.random.Generator, folder: Path) -> None:
    """Change one file of a kept run in place."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    entries = [path for path in files if path.name == ENTRY]
    if rng.random() < 0.6:
        path = entries[int(rng.integers(len(entries)))].parent
        before = {each.name: each.read_bytes() for each in path.iterdir()}
        for name, data in mutate_entry(rng, before).items():
            (path / name).write_bytes(data)
        return
    others = [path for path in files if path.parent == folder]
    path = others[int(rng.integers(len(others)))]
    if path.suffix == ".json" and rng.random() < 0.8:
        path.write_text(json.dumps(mutate(rng, json.loads(path.read_text()))))
    else:
        path.write_bytes(mutate_bytes(rng, path.read_bytes()))
