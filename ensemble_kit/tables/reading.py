"""Files to tables of strings: CSV, CSV in gzip or zip, Parquet."""

import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pandas as pd

from ensemble_kit.exceptions import CompetitionError, require
from ensemble_kit.tables.cells import Cells
from ensemble_kit.tables.contents import GZIP, PARQUET, ZIP, refuse_other_contents
from ensemble_kit.tables.decoding import decode
from ensemble_kit.tables.dialect import Dialect
from ensemble_kit.tables.parsing import numbered_header, parse, unnamed_columns
from ensemble_kit.tables.raw_table import RawTable
from ensemble_kit.tables.sniffing import sniff_separator, take_sep_line

BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*+(?:[ \t]*+\Z)?")
MAX_UNPACKED_BYTES = 1 << 36
MAX_RATIO = 200
RATIO_FROM = 1 << 28  # bytes; what is smaller may be of any ratio
IS_ENCRYPTED = 0x1
PACKED = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
)
OTHER_PACKING = {9: "Deflate64, as Windows does with large files", 93: "Zstandard"}
SHEETS = "xl/workbook.xml"
# What a damaged or hostile archive raises.
FAULTS = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def read_table(
    path: Path | str,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool = True,
    legacy: str | None = None,
) -> RawTable:
    """Return a file's table, every cell as it was written.

    Parameters
    ----------
    path : Path or str
        A text file with a header, the same in gzip (``.gz``), one in a zip
        (``.zip``), or Parquet (``.parquet``).
    encoding, separator : str, optional
        To use instead of what the file looks like.
    header : bool
        Whether a text file begins with the names of its columns; without, they are
        called ``column_1`` and so on.
    legacy : str, optional
        The encoding of bytes that are not UTF-8, instead of a guess.

    Returns
    -------
    RawTable

    Raises
    ------
    CompetitionError
        When the file is missing, empty, damaged, or no table: with its name, line,
        and what was expected and found.
    MissingDependencyError
        For Parquet without pyarrow.
    """
    path = Path(path)
    held = [read_bytes(path)]
    if path.suffix == ".parquet" or held[0].startswith(PARQUET):
        return _parquet_table(path, held.pop())
    # Handed over, not shared: the bytes can go when there is text.
    return table_from_bytes(held.pop(), path, encoding, separator, header, legacy)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, unpacked when they are packed.

    Raises
    ------
    CompetitionError
        When there is no such file, or the archive is damaged.
    """
    if not path.is_file():
        raise CompetitionError(f"{path}: there is no such file")
    try:
        if path.suffix == ".gz":
            return _gzip_bytes(path)
        if path.suffix == ".zip":
            return _zip_member(path)
        data = path.read_bytes()
        # Renamed, or unpacked by a browser in name alone.
        if data.startswith(GZIP):
            return _gzip_bytes(path)
        return _zip_member(path) if data.startswith(ZIP) else data
    except CompetitionError:
        raise
    except FAULTS as error:
        raise CompetitionError(
            f"{path}: it cannot be read ({error}); download it again"
        ) from error


def table_from_bytes(
    data: bytes,
    path: Path,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool = True,
    legacy: str | None = None,
) -> RawTable:
    """Return the table of a text file's bytes; see `read_table`."""
    where = path.name
    refuse_other_contents(data, where)
    text, used, warnings = decode(data, where, encoding, legacy)
    del data
    text, ended = _one_line_end(text, where)
    text, line = _skip_blank(text, 1)
    text, named = take_sep_line(text)
    if named is not None:
        text, line = _skip_blank(text, line + 1)
    text = _cut_blank_end(text)
    if not text.strip():
        raise CompetitionError(f"{where}: it is empty: no header, no rows")
    separator = separator or named or sniff_separator(text, where)
    dialect = Dialect(separator)
    if not header:
        text, line = numbered_header(text, dialect, line) + text, line - 1
    cells, met = parse(text, dialect, where, line)
    unnamed = unnamed_columns(text, dialect)
    return RawTable(path, cells, (*warnings, *ended, *met), used, separator, unnamed)


def _one_line_end(text: str, where: str) -> tuple[str, tuple[str, ...]]:
    """Return text whose lines end as those of other systems do, and a warning."""
    if "\r" not in text or "\n" in text:
        return text, ()
    return text.replace("\r", "\n"), (f"{where}: lines end with carriage returns",)


def _skip_blank(text: str, line: int) -> tuple[str, int]:
    """Return the text from its first line with content, and that line's number."""
    end = next(BLANK_LINES.finditer(text)).end()  # at the start: it may be empty
    return text[end:], line + text.count("\n", 0, end)


def _cut_blank_end(text: str) -> str:
    """Return the text without the blank lines at its end."""
    end = len(text)
    while True:
        start = text.rfind("\n", 0, end)
        if start < 0 or text[start + 1 : end].strip(" \t\r"):
            return text[:end].removesuffix("\r")
        end = start


def _zip_member(path: Path) -> bytes:
    """Return the bytes of the one table in a zip, read as a stream."""
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if _is_table(info)]
        if SHEETS in archive.namelist():
            raise CompetitionError(f"{path}: it is a spreadsheet; save it as CSV")
        if len(members) != 1:
            names = ", ".join(info.filename for info in members[:5]) or "none"
            raise CompetitionError(
                f"{path}: one text table is expected in a zip, found "
                f"{len(members)}: {names}; unpack it and name the file"
            )
        _refuse_member(path, members[0])
        return archive.read(members[0])


def _gzip_bytes(path: Path) -> bytes:
    """Return what a gzip file unpacks to, which it does not tell beforehand."""
    most = max(RATIO_FROM, MAX_RATIO * path.stat().st_size)
    most = min(most, MAX_UNPACKED_BYTES)
    with gzip.open(path) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise CompetitionError(
            f"{path}: it unpacks to more than {most:,} bytes, {MAX_RATIO} times its "
            "packed size; unpack it yourself if it is sound"
        )
    return data


def _is_table(info: zipfile.ZipInfo) -> bool:
    """Return whether a member is a text table and not a system's by-product."""
    name = PurePosixPath(info.filename)
    hidden = "__MACOSX" in name.parts or name.name.startswith(".")
    return not info.is_dir() and not hidden and name.suffix in {".csv", ".tsv", ".txt"}


def _refuse_member(path: Path, info: zipfile.ZipInfo) -> None:
    """Raise for a member that cannot be read, or unpacks to something absurd."""
    if info.flag_bits & IS_ENCRYPTED:
        raise CompetitionError(
            f"{path}: {info.filename} wants a password; unpack it beside and leave "
            "the zip out of the folder"
        )
    if info.compress_type not in PACKED:
        way = OTHER_PACKING.get(info.compress_type, f"way {info.compress_type}")
        raise CompetitionError(
            f"{path}: {info.filename} is packed with {way}, which Python does not "
            "read; unpack it beside and leave the zip out of the folder"
        )
    ratio = info.file_size / max(info.compress_size, 1)
    large = info.file_size > MAX_UNPACKED_BYTES
    if large or (ratio > MAX_RATIO and info.file_size > RATIO_FROM):
        raise CompetitionError(
            f"{path}: {info.filename} would unpack to {info.file_size:,} bytes, "
            f"{ratio:,.0f} times its packed size; unpack it yourself if it is sound"
        )


def _parquet_table(path: Path, data: bytes) -> RawTable:
    """Return a Parquet file's table, its values spelled as Python spells them."""
    parquet = require("pyarrow.parquet", extra="parquet", distribution="pyarrow")
    errors = require("pyarrow", extra="parquet").ArrowException
    try:
        table = parquet.read_table(io.BytesIO(data))
    except (errors, OSError) as error:
        raise CompetitionError(f"{path}: it is no Parquet file ({error})") from error
    names = [str(name) for name in table.column_names]
    if len(set(names)) < len(names):
        raise CompetitionError(f"{path}: column names repeat: {', '.join(names)}")
    cells = {
        name: pd.Series([_spell(value) for value in column.to_pylist()], dtype="str")
        for name, column in zip(names, table.columns, strict=True)
    }
    return RawTable(path, Cells(cells, len(table)), (), "parquet", "")


def _spell(value: object) -> str:
    """Return a Parquet value as a text file would hold it."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, list):
        return " ".join(map(_spell, value))
    return str(value)
