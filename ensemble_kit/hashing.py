"""Fingerprints of declared facts."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np

from ensemble_kit.old_names import first

_IMPORT_PATH = re.compile(r'"(ensemble_kit\.[\w.]+:\w+)"', re.ASCII)


def canonical_json(facts: object) -> str:
    """Return JSON with sorted keys and no spaces; only plain data is accepted.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": (1.0, None)})
    '{"a":[1.0,null],"b":1}'
    """
    return json.dumps(
        facts, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False
    )


def fingerprint(facts: object) -> str:
    """Return the SHA-256 of declared facts as 64 hexadecimal digits.

    A module that has moved counts under the name it had first.
    """
    text = _IMPORT_PATH.sub(lambda m: f'"{first(m[1])}"', canonical_json(facts))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint_array(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's shape, type and values in C order."""
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def derive_seed(*facts: object) -> int:
    """Return a seed below 2**31 - 1 that depends on declared facts alone.

    The order in which work is done never enters, so neither does the number of
    processes.
    """
    return int(fingerprint(facts)[:12], 16) % (2**31 - 1)


def _plain(value: object) -> object:
    """Return the plain form of numpy numbers, sets and paths' neighbours."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"a key is made of plain data; {value!r} is none")
