"""Text to a frame of strings: the fast reader when both counts agree, else exact."""

import io
import re
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.tables.cells import Cells, CodedCells
from ensemble_kit.tables.dialect import Dialect
from ensemble_kit.tables.records import Record, next_record
from ensemble_kit.tables.rows import read_rows
from ensemble_kit.tables.structure import count_clean_rows

MIN_ROWS = 20  # fewer tell nothing about how full a row is
TAIL_ROWS = 1000
RULE = re.compile(r":-+:?|-+:|[-=]{2,}")  # of Markdown's tables and of reports
TOTAL = re.compile(
    r"(?:grand |sub-?)?totals?:?|sums?:?|averages?:?|итого:?|всего:?|сумма:?|gesamt:?"
    r"|summe:?|suma:?|somme:?|toplam:?|总计|合计",
    re.IGNORECASE,
)
HEAD_ROWS, MIN_UNITS = 100, 2
LARGE = 1 << 20  # bytes; what is smaller is read at once by either
BLOCK = 1 << 24  # bytes that are coded at a time
NO_HEADER = ", or state header = false in competition.toml if the file has no header"


def parse(
    text: str, dialect: Dialect, where: str, line: int = 1
) -> tuple[Cells, tuple[str, ...]]:
    """Return the cells of a text that begins with its header, and warnings.

    Parameters
    ----------
    text : str
        Without blank lines at its end.
    dialect : Dialect
    where : str
        The file's name, for messages.
    line : int
        The number of the header's line in the file.

    Raises
    ------
    CompetitionError
        When rows and header disagree, quotes are broken or names repeat.
    """
    header, after = next_record(text, 0, dialect, line)
    columns, warnings = _column_names(header, where)
    met: tuple[str, ...] = ()
    cells = _fast_cells(text, after, dialect, columns)
    if cells is None:
        frame, met = _exact_frame(text, dialect, columns, where, line)
        cells = Cells.of(frame)
    cells, seen = _without_headers(cells, where)
    cells, ruled = _without_rule(cells, where)
    odd = (*_first_row_warning(cells, where), *_last_row_warning(cells, where))
    return cells, (*warnings, *met, *seen, *ruled, *odd)


def numbered_header(text: str, dialect: Dialect, line: int) -> str:
    """Return a header for a text that has none: ``column_1``, ``column_2`` ..."""
    first, _ = next_record(text, 0, dialect, line)
    names = (f"column_{number + 1}" for number in range(len(first.fields)))
    return dialect.separator.join(names) + "\n"


def unnamed_columns(text: str, dialect: Dialect) -> tuple[str, ...]:
    """Return what the columns are called that have no name in a text's header."""
    header, _ = next_record(text, 0, dialect, 1)
    return tuple(
        f"unnamed_{at}" for at, name in enumerate(header.fields) if not name.strip()
    )


def _column_names(
    header: Record, where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the header's names without blanks around them, and warnings."""
    if header.fault is not None:
        raise CompetitionError(f"{where}, line {header.line}: {header.fault}")
    names = [name.strip() for name in header.fields]
    warnings = []
    if header.stray:
        warnings.append(f"{where}: column names hold quotes or carriage returns")
    if names != header.fields:
        warnings.append(f"{where}: blanks around column names removed")
    unnamed = [number for number, name in enumerate(names) if not name]
    for number in unnamed:
        names[number] = f"unnamed_{number}"
        warnings.append(
            f"{where}: column {number + 1} has no name; called {names[number]!r}"
        )
    _refuse_repeated(names, where, header.line)
    return tuple(names), tuple(warnings)


def _refuse_repeated(names: list[str], where: str, line: int) -> None:
    """Raise when a name stands twice in the header."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise CompetitionError(
            problems(
                f"{where}, line {line}",
                [
                    f"column {name!r} stands {names.count(name)} times in the header; "
                    f"rename all but one{NO_HEADER if _is_number(name) else ''}"
                    for name in repeated
                ],
            )
        )


def _is_number(name: str) -> bool:
    """Return whether a column's name reads as a number."""
    try:
        float(name)
    except ValueError:
        return False
    return True


def _fast_cells(
    text: str, begin: int, dialect: Dialect, columns: tuple[str, ...]
) -> Cells | None:
    """Return the cells by a fast reader when an independent count agrees.

    They begin at some character of the text.
    """
    if begin >= len(text):
        return Cells.of(pd.DataFrame(columns=list(columns), dtype="str"))
    data = text.encode("utf-8", errors="surrogatepass")  # all: no slice to copy
    start = len(text[:begin].encode("utf-8", errors="surrogatepass"))
    n_rows = count_clean_rows(data, dialect.separator, len(columns), start)
    if n_rows is None:
        return None
    cells = None
    if len(data) - start >= LARGE and find_spec("pyarrow"):
        cells = _cells_by_arrow(data, start, dialect.separator, columns)
    if cells is None:
        frame = _frame_by_pandas(data, start, dialect.separator, columns)
        cells = Cells.of(frame)
    return cells if len(cells) == n_rows else None


def _frame_by_pandas(
    data: bytes, start: int, separator: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return the frame of well-formed rows by pandas' reader in C."""
    stream = io.BytesIO(data)
    stream.seek(start)
    return pd.read_csv(
        stream,
        sep=separator,
        header=None,
        names=list(columns),
        dtype=str,
        na_filter=False,
        index_col=False,
        skip_blank_lines=False,
        engine="c",
        encoding="utf-8",
    )


def _cells_by_arrow(
    data: bytes, start: int, separator: str, columns: tuple[str, ...]
) -> Cells | None:
    """Return the cells of well-formed rows by pyarrow, or None where it finds faults.

    It takes a third of the time of pandas' own reader, and tells distinct cells apart
    as it goes: no column is ever there row by row.
    """
    arrow, csv = import_module("pyarrow"), import_module("pyarrow.csv")
    coded = arrow.dictionary(arrow.int32(), arrow.large_string())
    try:
        table = csv.read_csv(
            arrow.BufferReader(arrow.py_buffer(data).slice(start)),
            csv.ReadOptions(column_names=list(columns), block_size=BLOCK),
            csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=data.find(b'"', start) >= 0,
                ignore_empty_lines=False,
            ),
            csv.ConvertOptions(
                column_types=dict.fromkeys(columns, coded), strings_can_be_null=False
            ),
        )
    except arrow.ArrowException:
        return None
    n_rows, coded_columns = table.num_rows, {}
    for name in columns:  # what was read of a column goes when it is whole
        column, table = table.column(0), table.remove_column(0)
        coded_columns[name] = _coded(column)
        del column
    return Cells(coded_columns, n_rows)


def _coded(column: Any) -> CodedCells:
    """Return the cells of a column that pyarrow has coded block by block."""
    whole = column.unify_dictionaries().combine_chunks()
    return CodedCells(pd.array(whole.dictionary, dtype="str"), whole.indices.to_numpy())


def _exact_frame(
    text: str, dialect: Dialect, columns: tuple[str, ...], where: str, line: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the frame by the exact reader, in the dialect that explains it best."""
    readings = []
    for variant in _variants(text, dialect):
        rows = read_rows(text, variant, len(columns), line)
        readings.append((bool(rows.mistakes), rows.n_stray, variant, rows))
        if not rows.mistakes and not rows.n_stray:
            break
    *_, variant, rows = min(readings, key=lambda reading: reading[:2])
    if rows.mistakes:
        raise CompetitionError(problems(where, readings[0][-1].report(columns)))
    habits = variant.describe()
    notes = [f"{where}: read with {habits}"] if habits else []
    frame = pd.DataFrame(rows.cells, columns=list(columns), dtype="str")
    return frame, (*notes, *rows.warnings(where))


def _without_headers(cells: Cells, where: str) -> tuple[Cells, tuple[str, ...]]:
    """Return the cells without rows that repeat the header, and a warning."""
    first = cells.columns[0]
    if not cells.has(first, first):
        return cells, ()
    frame = cells.to_frame()
    repeated = (frame == frame.columns.to_numpy()).all(axis=1)
    if not repeated.any():
        return cells, ()
    warning = f"{where}: {repeated.sum()} rows that repeat the header skipped"
    return Cells.of(frame[~repeated].reset_index(drop=True)), (warning,)


def _without_rule(cells: Cells, where: str) -> tuple[Cells, tuple[str, ...]]:
    """Return the cells without a rule of dashes below the names, and a warning."""
    row = cells.rows(slice(1)).to_numpy().ravel()
    present = [cell.strip() for cell in row if cell.strip()]
    if len(present) < 2 or not all(map(RULE.fullmatch, present)):
        return cells, ()
    warning = f"{where}: a row of dashes below the names skipped"
    return Cells.of(cells.rows(slice(1, None))), (warning,)


def _first_row_warning(cells: Cells, where: str) -> tuple[str, ...]:
    """Return a warning when the first row looks like units below the names."""
    if len(cells) < MIN_ROWS:
        return ()
    frame = cells.rows(slice(HEAD_ROWS))
    numbers = frame.apply(pd.to_numeric, errors="coerce").notna()
    first, others = numbers.iloc[0], numbers.iloc[1:].all()
    words = frame.iloc[0].str.contains(r"[^\W\d_]", na=False)
    n_odd = int((others & ~first & words).sum())
    if n_odd < MIN_UNITS or first.any():
        return ()
    some = ", ".join(frame.iloc[0].tolist()[:5])
    return (
        f"{where}: the first row ({some[:80]}) has no number where all others have; "
        "does it hold units? remove it then",
    )


def _last_row_warning(cells: Cells, where: str) -> tuple[str, ...]:
    """Return a warning when the last row looks like a total below the table."""
    n_columns = len(cells.columns)
    if len(cells) < MIN_ROWS or n_columns < 3:
        return ()
    n_empty = (cells.rows(slice(-TAIL_ROWS, None)) == "").sum(axis=1)
    last, others = n_empty.iloc[-1], n_empty.iloc[:-1].max()
    if last > others and last >= n_columns / 2:
        return (f"{where}: the last row is emptier than others; is it a total?",)
    row = cells.rows(slice(-1, None)).iloc[0]
    first = next((cell for cell in row if cell.strip()), "")
    if not TOTAL.fullmatch(first.strip()):
        return ()
    return (f"{where}: the last row begins with {first!r}; remove it if it is a total",)


def _variants(text: str, dialect: Dialect) -> list[Dialect]:
    """Return the dialects that can make a difference to this text."""
    spaced = f'{dialect.separator} "' in text
    escaped = '\\"' in text
    return [
        variant
        for variant in dialect.variants()
        if (spaced or not variant.skip_spaces) and (escaped or not variant.backslash)
    ]
