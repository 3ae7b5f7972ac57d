"""A second count of rows and fields, over bytes, independent of the table reader."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Rows = NDArray[np.intp]
CHUNK_BYTES = 1 << 25
SEPARATOR, LINE_FEED, QUOTE, RETURN = 1, 2, 3, 4


def count_clean_rows(
    body: bytes, separator: str, n_fields: int, begin: int = 0
) -> int | None:
    """Return the number of rows, or None when one is not plainly well formed.

    Well formed: every row has ``n_fields`` fields and a character, every quote opens
    or closes a whole field or is doubled inside one, and carriage returns outside
    quotes come before line feeds.

    Parameters
    ----------
    body : bytes
        The rows below the header, in UTF-8, without a final line end.
    separator : str
        One ASCII character.
    n_fields : int
    begin : int
        Of bytes before the rows.
    """
    kinds = np.zeros(256, dtype=np.uint8)
    kinds[ord(separator)], kinds[10], kinds[34], kinds[13] = 1, 2, 3, 4
    n_rows = 0
    for chunk in _row_chunks(body, begin):
        rows = _count_chunk(chunk, kinds, n_fields)
        if rows is None:
            return None
        n_rows += rows
    return n_rows


def _row_chunks(body: bytes, begin: int) -> Iterator[NDArray[np.uint8]]:
    """Yield pieces of whole rows, each without its final line feed."""
    view = np.frombuffer(body, dtype=np.uint8)
    start = begin
    while start < len(body):
        end = _chunk_end(body, start)
        yield view[start:end]
        start = end + 1


def _chunk_end(body: bytes, start: int) -> int:
    """Return a line feed outside quotes near the chunk's size, or the end."""
    end = start + CHUNK_BYTES
    if end >= len(body):
        return len(body)
    end = body.rfind(b"\n", start, end)
    n_quotes = body.count(b'"', start, end) if end >= 0 else 1
    while n_quotes % 2:
        after = body.find(b"\n", max(end, start) + 1)
        if after < 0:
            return len(body)
        n_quotes = body.count(b'"', start, after)
        end = after
    return end


def _count_chunk(chunk: Bytes, kinds: Bytes, n_fields: int) -> int | None:
    """Return the rows of a chunk, or None when one is not well formed."""
    separator = np.flatnonzero(kinds == SEPARATOR)  # none where it is a quote
    if len(separator) and not ((chunk == 34).any() or (chunk == 13).any()):  # mostly
        ends = np.append(np.flatnonzero(chunk == 10), len(chunk))
        return _count_rows(chunk, ends, np.flatnonzero(chunk == separator), n_fields)
    marks = kinds[chunk]
    positions = np.flatnonzero(marks)
    marks = marks[positions]
    quotes = marks == QUOTE
    inside = quotes  # stays so, all False, when there are none
    if quotes.any():
        inside = (np.cumsum(quotes) & 1).astype(bool)
        if inside[-1]:
            return None
    if not _quotes_are_placed(chunk, positions[quotes], kinds):
        return None
    outside = ~inside & ~quotes
    if not _returns_end_lines(chunk, positions[outside & (marks == RETURN)]):
        return None
    ends = np.append(positions[outside & (marks == LINE_FEED)], len(chunk))
    separators = positions[outside & (marks == SEPARATOR)]
    return _count_rows(chunk, ends, separators, n_fields)


def _quotes_are_placed(chunk: Bytes, quotes: Rows, kinds: Bytes) -> bool:
    """Return whether quotes open at a field's start and close at its end."""
    if not quotes.size:
        return True
    opening, closing = quotes[0::2], quotes[1::2]
    before = kinds[chunk[opening[opening > 0] - 1]]
    after = kinds[chunk[closing[closing < len(chunk) - 1] + 1]]
    doubled = np.zeros(len(opening), dtype=bool)
    doubled[1:] = opening[1:] == closing[:-1] + 1
    starts = np.isin(before, (SEPARATOR, LINE_FEED))
    starts |= doubled[opening > 0]
    return bool(starts.all() and (after != 0).all())


def _returns_end_lines(chunk: Bytes, returns: Rows) -> bool:
    """Return whether each carriage return is followed by a line feed or the end."""
    following = returns[returns < len(chunk) - 1] + 1
    return bool((chunk[following] == 10).all())


def _count_rows(
    chunk: Bytes, ends: Rows, separators: Rows, n_fields: int
) -> int | None:
    """Return the number of rows when each has its fields and a character."""
    if not _are_shared_out(separators, ends, n_fields - 1):
        return None
    starts = np.concatenate([[0], ends[:-1] + 1])
    with_return = (ends > starts) & (chunk[np.maximum(ends - 1, 0)] == 13)
    lengths = ends - starts - with_return
    return None if (lengths == n_fields - 1).any() else len(ends)


def _are_shared_out(separators: Rows, ends: Rows, n_each: int) -> bool:
    """Return whether every row has as many separators; both are in order."""
    if len(separators) != n_each * len(ends):
        return False
    if not n_each:
        return True
    first, last = separators[::n_each], separators[n_each - 1 :: n_each]
    return bool((last < ends).all() and (first[1:] > ends[:-1]).all())
