"""Bytes to text: byte order marks, UTF-8, and legacy encodings by their letters."""

import codecs
import contextlib

from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tables.legacy import guess_encoding

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LOSSY = " with replacements"
MAX_NUL_SHARE = 0.001
MIN_ZERO_SHARE = 0.2  # blanks, digits and marks, among letters of any script
HEAD = 4000  # bytes
END = "\0\x1a"  # what old systems fill a file up with, or end it by


def decode(
    data: bytes,
    where: str,
    encoding: str | None = None,
    legacy: str | None = None,
) -> tuple[str, str, tuple[str, ...]]:
    """Return the text of a file's bytes, the encoding used, and warnings.

    Parameters
    ----------
    data : bytes
    where : str
        The file's name, for messages.
    encoding : str, optional
        An encoding to use whatever the bytes look like.
    legacy : str, optional
        One to use where they are not UTF-8, instead of a guess.

    Raises
    ------
    CompetitionError
        When the bytes are no text in any encoding that is tried.
    """
    warnings: list[str] = []
    text, used = _decode_bytes(data, where, encoding, legacy, warnings)
    stripped = text.lstrip("\ufeff").rstrip(END)
    return _without_nul(stripped, where, warnings), used, tuple(warnings)


def _decode_bytes(
    data: bytes,
    where: str,
    encoding: str | None,
    legacy: str | None,
    warnings: list[str],
) -> tuple[str, str]:
    """Return text and encoding: forced, by its mark, UTF-8, or by statistics."""
    if encoding is not None:
        return _forced(data, where, encoding), encoding
    for mark, name in MARKS:
        if data.startswith(mark):
            return _wide(data[len(mark) :], where, name), name
    if unmarked := _unmarked(data):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(unmarked), unmarked
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        return _legacy(data, where, error, legacy, warnings)


def _unmarked(data: bytes) -> str:
    """Return UTF-16 in the order of bytes that a text without a mark is in, or nothing.

    Every other byte of what is written in ASCII is zero there, and none besides.
    """
    head = data[:HEAD]
    if b"\0" not in head or len(data) % 2:
        return ""
    first, second = head[0::2].count(0), head[1::2].count(0)
    least = MIN_ZERO_SHARE * len(head) / 2
    if not first and second > least:
        return "utf-16-le"
    return "utf-16-be" if not second and first > least else ""


def is_guessed(encoding: str) -> bool:
    """Return whether a file's encoding was guessed by its letters."""
    return not encoding.startswith(("utf-", "parquet"))


def _forced(data: bytes, where: str, encoding: str) -> str:
    """Return the text in an encoding the user named."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CompetitionError(
            f"{where}, line {line}: the bytes are not {encoding} ({error.reason})"
        ) from error
    except (LookupError, ValueError) as error:
        raise CompetitionError(
            f"{where}: there is no encoding named {encoding!r:.80}"
        ) from error


def _wide(data: bytes, where: str, name: str) -> str:
    """Return UTF-16 or UTF-32 text; the mark alone is no proof."""
    try:
        if data and b"\0" not in data:
            raise ValueError("no byte is zero, as those of separators would be")
        return data.decode(name)
    except ValueError as error:
        raise CompetitionError(
            f"{where}: it begins with the mark of {name} but is not {name} "
            f"({error}); save it as UTF-8"
        ) from error


def _legacy(
    data: bytes,
    where: str,
    error: UnicodeDecodeError,
    legacy: str | None,
    warnings: list[str],
) -> tuple[str, str]:
    """Return text that is almost UTF-8, or in a legacy encoding."""
    line = data.count(b"\n", 0, error.start) + 1
    n_high = sum(byte > 127 for byte in data)
    repaired = data.decode("utf-8", errors="replace")
    n_bad = repaired.count("\ufffd")
    if n_bad * 20 < n_high:
        warnings.append(
            f"{where}: {n_bad} bytes are not UTF-8 and became U+FFFD, "
            f"the first on line {line}"
        )
        return repaired, "utf-8"
    name = legacy or guess_encoding(data)
    text = data.decode(name, errors="replace")
    n_lost = text.count("\ufffd")
    lost = f"; {n_lost} bytes that it lacks became U+FFFD" if n_lost else ""
    warnings.append(
        f"{where}: not UTF-8 (line {line}); read as {name} by the statistics of its "
        f"letters{lost}; state encoding = in competition.toml if that is wrong"
    )
    return text, f"{name}{LOSSY}" if n_lost else name


def _without_nul(text: str, where: str, warnings: list[str]) -> str:
    """Return the text without stray NUL characters; refuse one full of them."""
    n_nul = text.count("\0")
    if n_nul == 0:
        return text
    line = text.count("\n", 0, text.index("\0")) + 1
    if n_nul > MAX_NUL_SHARE * len(text):
        raise CompetitionError(
            f"{where}, line {line}: {n_nul} of {len(text)} characters are NUL: "
            "a binary file, or UTF-16 without its mark; save it as UTF-8"
        )
    warnings.append(f"{where}: {n_nul} NUL characters removed, first on line {line}")
    return text.replace("\0", "")
