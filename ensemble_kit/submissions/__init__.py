"""Submission files combined and compared.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

from typing import Any

from ensemble_kit.registry import lazy_attribute

_HOMES = {
    "blend_submissions": "ensemble_kit.submissions.submissions",
    "compare_submissions": "ensemble_kit.submissions.submissions",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import the module of a public name."""
    return lazy_attribute(__name__, _HOMES, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
