"""Durations as people write them."""

import re

from ensemble_kit.exceptions import PipelineError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def parse_duration(text: str) -> float:
    """Return the seconds of "90", "30s", "10m", "1.5h" or "2d".

    Raises
    ------
    PipelineError
        When it is none of these.

    Examples
    --------
    >>> parse_duration("1.5h")
    5400.0
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text.strip())
    if not match or float(match[1]) == 0:
        raise PipelineError(
            f"a time is written 90, 30s, 10m, 1.5h or 2d; found {text!r}"
        )
    return float(match[1]) * UNITS[match[2]]
