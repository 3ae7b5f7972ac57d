"""What was worked out from objects, kept for as long as they live."""

import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class IdentityMemo(Generic[Value]):
    """Works something out once for objects that nobody changes.

    Objects are told apart by who they are, not by what they hold: large arrays of a
    fitted model need not be read to know them again.

    Parameters
    ----------
    work : callable
        What it returns must not hold the objects, or none of them is ever let go.

    Examples
    --------
    >>> import numpy as np
    >>> memo, array = IdentityMemo(np.unique), np.array([2, 1, 2])
    >>> memo(array) is memo(array)
    True
    """

    def __init__(self, work: Callable[..., Value]):
        self._work = work
        self._held: dict[tuple[int, ...], tuple[tuple[Any, ...], Value]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __call__(self, *objects: Any, given: tuple[Any, ...] = ()) -> Value:
        """Return what there is to know of the objects, worked out on first use.

        Parameters
        ----------
        *objects
        given : tuple
            More arguments of the work, which are the same whenever the objects are.
        """
        key = tuple(map(id, objects))
        held = self._held.get(key)
        if held is not None and all(
            ref() is one for ref, one in zip(held[0], objects, strict=True)
        ):
            return held[1]

        def forget(_: object) -> None:
            self._held.pop(key, None)

        references = tuple(weakref.ref(one, forget) for one in objects)
        value = self._work(*objects, *given)
        self._held[key] = (references, value)
        return value
