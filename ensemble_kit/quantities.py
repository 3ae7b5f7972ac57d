"""Durations and sizes as people write them."""

import re

from ensemble_kit.exceptions import PipelineError

SECONDS = {
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hour": 3600.0,
    "d": 86_400.0,
    "day": 86_400.0,
}
SMALLEST_SCORE, LARGEST_SCORE = 1e-3, 1e6
MEGABYTES = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}


def parse_duration(text: str) -> float:
    """Return the seconds of "90", "30s", "10m", "10min", "1.5h" or "2 days".

    Raises
    ------
    PipelineError
        When it is none of these.

    Examples
    --------
    >>> parse_duration("1.5h"), parse_duration("10 min")
    (5400.0, 600.0)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower(), re.ASCII)
    unit = match[2] if match is not None else ""
    unit = unit if unit in SECONDS else unit.removesuffix("s")
    if match is None or unit not in SECONDS or float(match[1]) == 0:
        raise PipelineError(
            f"a time is written 90, 30s, 10m, 10min, 1.5h or 2d; found {text!r}"
        )
    return float(match[1]) * SECONDS[unit]


def parse_share(text: str) -> float:
    """Return the share of "90%", "90 %" or "0.9".

    Raises
    ------
    PipelineError
        When it is none of these, or not between 0 and 1.

    Examples
    --------
    >>> parse_share("90%"), parse_share("0.9")
    (0.9, 0.9)
    """
    match = re.fullmatch(r"(\d*\.?\d+)\s*(%?)", text.strip(), re.ASCII)
    share = 0.0 if match is None else float(match[1]) / (100 if match[2] else 1)
    if not 0 < share < 1:
        raise PipelineError(f"a share is written 90% or 0.9; found {text!r}")
    return share


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


def format_score(score: float, beside: float | None = None, sign: str = "") -> str:
    """Return a score for a person: five decimals, or six digits where these say less.

    Parameters
    ----------
    score : float
    beside : float, optional
        The score that this one stands beside, as a spread does: its size decides.
    sign : {"", "+"}
        "+" also writes the sign of what is not below 0.

    Examples
    --------
    >>> format_score(0.5), format_score(2.41293847e-9), format_score(7.3279963953e13)
    ('0.50000', '2.41294e-09', '7.328e+13')
    >>> format_score(0.00002, beside=0.9)
    '0.00002'
    """
    size = abs(score if beside is None else beside)
    ordinary = size == 0 or SMALLEST_SCORE <= size < LARGEST_SCORE
    return f"{score:{sign}.5f}" if ordinary else f"{score:{sign}.6g}"


def format_seconds(seconds: float) -> str:
    """Return seconds for a person.

    Examples
    --------
    >>> format_seconds(42.4), format_seconds(125), format_seconds(7300)
    ('42s', '2m05s', '2h01m')
    """
    if seconds < 100:
        return f"{seconds:.1f}s" if seconds < 10 else f"{seconds:.0f}s"
    minutes = round(seconds) // 60
    if minutes < 100:
        return f"{minutes}m{round(seconds) % 60:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"
