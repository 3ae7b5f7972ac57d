"""Fitted objects as JSON and bytes: nothing is pickled, nothing in a file is run.

An object becomes a tree of plain data beside one run of bytes that holds its arrays.
Classes are named from a list of known ones (`persistence_classes`); what libraries
write in C or C++ goes through their own formats (`persistence_native`).
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import StoreError
from ensemble_kit.store.persistence_packing import Packer
from ensemble_kit.store.persistence_unpacking import Unpacker

Bytes = NDArray[np.uint8]


def pack(value: Any) -> tuple[Any, Bytes]:
    """Return an object as a tree of plain data and the bytes of its arrays.

    Raises
    ------
    StoreError
        Naming the class that is not known.
    """
    packer = Packer()
    tree = packer.pack(value)
    table = json.dumps(packer.table)
    return {"arrays": table, "tree": tree}, packer.data()


def unpack(packed: Mapping[str, Any], data: Bytes) -> Any:
    """Return the object that `pack` was given.

    Raises
    ------
    StoreError
        When the parts do not fit each other or name an unknown class.
    """
    try:
        return Unpacker(json.loads(packed["arrays"]), data).unpack(packed["tree"])
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(f"a kept object cannot be read: {error!r:.300}") from error
