"""Sizes as people write them."""

import re

from ensemble_kit.exceptions import PipelineError

MEGABYTES = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}


def parse_size(text: str) -> float:
    """Return the megabytes of "800M", "8G" or "1.5g".

    Raises
    ------
    PipelineError
        When it is none of these.

    Examples
    --------
    >>> parse_size("1.5G")
    1536.0
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])I?B?", text.strip().upper())
    if not match or float(match[1]) == 0:
        raise PipelineError(f"a size is written 800M, 8G or 1.5G; found {text!r}")
    return float(match[1]) * MEGABYTES[match[2]]


def format_megabytes(megabytes: float) -> str:
    """Return a size for a person.

    Examples
    --------
    >>> format_megabytes(1536), format_megabytes(0.25)
    ('1.5 GB', '0.2 MB')
    """
    if megabytes >= 1024:
        return f"{megabytes / 1024:,.1f} GB"
    return f"{megabytes:,.0f} MB" if megabytes >= 10 else f"{megabytes:.1f} MB"
