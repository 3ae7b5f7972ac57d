"""What a probe has seen on its way: the validation loss of each value it tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import isfinite

import numpy as np

Curve = list[tuple[float, float]]
MOST_POINTS = 60

_NOTED: ContextVar[dict[str, Curve] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[dict[str, Curve]]:
    """Yield what is noted meanwhile: points of value and loss, by parameter."""
    curves: dict[str, Curve] = {}
    token = _NOTED.set(curves)
    try:
        yield curves
    finally:
        _NOTED.reset(token)


def note(name: str, value: float, loss: float) -> None:
    """Note the validation loss that a value of a parameter has, if anybody listens."""
    curves = _NOTED.get()
    if curves is not None and isfinite(loss):
        curves.setdefault(name, []).append((float(value), float(loss)))


def thinned(curve: Curve) -> Curve:
    """Return a curve in the order of its values, the lowest loss among few points."""
    points = sorted(curve)
    if len(points) <= MOST_POINTS:
        return points
    lowest = min(range(len(points)), key=lambda k: points[k][1])
    spread = np.linspace(0, len(points) - 1, MOST_POINTS - 1).round().astype(int)
    return [points[k] for k in sorted({*spread.tolist(), lowest})]
