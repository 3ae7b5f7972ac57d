"""The exact reader: records with their line, fields, and what is wrong with them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ensemble_kit.tables.dialect import Dialect

RFC_BODY = r'(?:[^"]++|"")*+'
BACKSLASH_BODY = r'(?:[^"\\]++|\\.|"")*+'


class Record(NamedTuple):
    """One record of a text file; a fault ends the file.

    ``stray``: quotes or carriage returns stand inside a field that is not quoted.
    """

    line: int
    fields: list[str]
    stray: bool = False
    fault: str | None = None


def iter_records(text: str, dialect: Dialect, line: int = 1) -> Iterator[Record]:
    """Yield the records of a text; ``line`` is the number of its first line.

    A line feed, alone or after a carriage return, ends a record outside quotes; a
    lone carriage return is part of its field.
    """
    position = 0
    while position < len(text):
        record, after = next_record(text, position, dialect, line)
        yield record
        if record.fault is not None:
            return
        line += text.count("\n", position, after)
        position = after


def next_record(
    text: str, position: int, dialect: Dialect, line: int
) -> tuple[Record, int]:
    """Return the record that begins at a position, and where the next one begins."""
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    if text.find('"', position, end) >= 0:
        return _quoted_record(text, position, dialect, line)
    content = text[position:end].removesuffix("\r")
    return Record(line, content.split(dialect.separator), "\r" in content), end + 1


def _quoted_record(
    text: str, position: int, dialect: Dialect, line: int
) -> tuple[Record, int]:
    """Return a record with quotes in it, and where the next one begins."""
    quoted, plain = _patterns(dialect)
    start, fields, stray = position, [], False
    while True:
        match = quoted.match(text, position)
        if match is not None:
            fields.append(_unescape(match[1], dialect))
        elif _opens_quote(text, position, dialect):
            line += text.count("\n", start, position)
            return Record(line, fields, stray, _fault(text, position, dialect)), start
        else:
            match = next(plain.finditer(text, position))  # at once: it may be empty
            stray = stray or '"' in match[0] or "\r" in match[0]
            fields.append(match[0])
        position = match.end()
        if not text.startswith(dialect.separator, position):
            return Record(line, fields, stray), _after_line_end(text, position)
        position += 1


def _after_line_end(text: str, position: int) -> int:
    """Return the position after a line end, or the text's end."""
    if text.startswith("\r\n", position):
        return position + 2
    return min(position + 1, len(text))


@lru_cache(maxsize=32)
def _patterns(dialect: Dialect) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a quoted and of a plain field."""
    separator = re.escape(dialect.separator)
    body = BACKSLASH_BODY if dialect.backslash else RFC_BODY
    blanks = "[ \t]*" if dialect.separator != "\t" else "[ ]*"
    around = blanks if dialect.skip_spaces else ""
    ending = rf"(?={separator}|\r?\n|\r?\Z)"
    quoted = re.compile(rf'{around}"({body})"{around}{ending}', re.DOTALL)
    plain = re.compile(rf"(?:[^{separator}\r\n]++|\r(?!\n|\Z))*+")
    return quoted, plain


def _opens_quote(text: str, position: int, dialect: Dialect) -> bool:
    """Return whether a field begins with a quote."""
    if dialect.skip_spaces:
        while text.startswith(" ", position):
            position += 1
    return text.startswith('"', position)


def _unescape(body: str, dialect: Dialect) -> str:
    """Return a quoted field's content."""
    if dialect.backslash:
        body = re.sub(r'\\(["\\])', r"\1", body)
    return body.replace('""', '"')


def _fault(text: str, position: int, dialect: Dialect) -> str:
    """Return why a field that opens with a quote is none."""
    body = BACKSLASH_BODY if dialect.backslash else RFC_BODY
    closed = re.compile(rf'[ \t]*"{body}"', re.DOTALL).match(text, position)
    if closed is None:
        return "a quote is opened and never closed"
    after = text[closed.end() : closed.end() + 10]
    return f"{after!r} follows a closing quote, where a separator is expected"
