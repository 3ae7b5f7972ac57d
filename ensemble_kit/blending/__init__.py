"""Combining predictions: blends, calibration, gates, the guard.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

from importlib import import_module
from typing import Any

from ensemble_kit.lazy_names import lazy_names
from ensemble_kit.old_names import BLENDING_HAD

_get, __dir__, __all__ = lazy_names(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Import a public name, or one that was here before."""
    if name in BLENDING_HAD:
        return getattr(import_module(BLENDING_HAD[name]), name)
    return _get(name)
