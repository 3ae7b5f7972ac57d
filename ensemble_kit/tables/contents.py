"""What a file holds that is no table, told by how it begins."""

import re

from ensemble_kit.exceptions import CompetitionError

GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
SPREADSHEET = b"\xd0\xcf\x11\xe0"
POINTER = b"version https://git-lfs.github.com/"
MARK = rb"(?:\xef\xbb\xbf)?\s*"
PAGE = re.compile(MARK + rb"<(?:!doctype\s|html[\s>]|\?xml\s)", re.IGNORECASE)
OBJECTS = re.compile(MARK + rb"(?:\[\s*)?\{\s*(?:\}|\"[^\"]*\"\s*:)")
HEAD = 1000  # bytes


def refuse_other_contents(data: bytes, where: str) -> None:
    """Raise where a file is known to be something else than a table.

    Parameters
    ----------
    data : bytes
    where : str
        The file's name, for messages.

    Raises
    ------
    CompetitionError
        With what it is and what to do.
    """
    head = data[:HEAD]
    if head.startswith(POINTER):
        _refuse(where, "a pointer of Git LFS, not the file itself; run git lfs pull")
    if head.startswith(SPREADSHEET):
        _refuse(where, "a spreadsheet; save it as CSV")
    if PAGE.match(head):
        _refuse(where, "a web page or XML, as after a download without a login")
    if OBJECTS.match(head):
        _refuse(
            where, "JSON; pandas.read_json(...).to_csv(..., index=False) makes a table"
        )


def _refuse(where: str, what: str) -> None:
    raise CompetitionError(f"{where}: it holds no table but {what}")
