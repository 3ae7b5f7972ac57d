"""Text to a frame of strings: the fast reader when both counts agree, else exact."""

import io
import re
from collections import Counter
from importlib import import_module
from importlib.util import find_spec

import pandas as pd

from ensemble_kit.exceptions import CompetitionError, problems
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
NO_HEADER = ", or state header = false in competition.toml if the file has no header"


def parse(
    text: str, dialect: Dialect, where: str, line: int = 1
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table of a text that begins with its header, and warnings.

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
    frame = _fast_frame(text[after:], dialect, columns)
    if frame is None:
        frame, met = _exact_frame(text, dialect, columns, where, line)
    frame, seen = _without_headers(frame, where)
    frame, ruled = _without_rule(frame, where)
    odd = (*_first_row_warning(frame, where), *_last_row_warning(frame, where))
    return frame, (*warnings, *met, *seen, *ruled, *odd)


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


def _fast_frame(
    body: str, dialect: Dialect, columns: tuple[str, ...]
) -> pd.DataFrame | None:
    """Return the frame by a fast reader when an independent count agrees."""
    if not body:
        return pd.DataFrame(columns=list(columns), dtype="str")
    data = body.encode("utf-8", errors="surrogatepass")
    n_rows = count_clean_rows(data, dialect.separator, len(columns))
    if n_rows is None:
        return None
    frame = None
    if len(data) >= LARGE and find_spec("pyarrow"):
        frame = _frame_by_arrow(data, dialect.separator, columns)
    if frame is None:
        frame = _frame_by_pandas(data, dialect.separator, columns)
    return frame if len(frame) == n_rows else None


def _frame_by_pandas(
    data: bytes, separator: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return the frame of well-formed rows by pandas' reader in C."""
    return pd.read_csv(
        io.BytesIO(data),
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


def _frame_by_arrow(
    data: bytes, separator: str, columns: tuple[str, ...]
) -> pd.DataFrame | None:
    """Return the frame of well-formed rows by pyarrow, or None where it finds faults.

    It takes a third of the time of pandas' own reader.
    """
    arrow, csv = import_module("pyarrow"), import_module("pyarrow.csv")
    text = arrow.large_string()
    try:
        table = csv.read_csv(
            arrow.BufferReader(data),
            csv.ReadOptions(column_names=list(columns)),
            csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=b'"' in data,
                ignore_empty_lines=False,
            ),
            csv.ConvertOptions(
                column_types=dict.fromkeys(columns, text), strings_can_be_null=False
            ),
        )
    except arrow.ArrowException:
        return None
    cells = (column.combine_chunks() for column in table.columns)
    named = zip(columns, (pd.array(each, dtype="str") for each in cells), strict=True)
    return pd.DataFrame(dict(named), copy=False)


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


def _without_headers(
    frame: pd.DataFrame, where: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the frame without rows that repeat the header, and a warning."""
    first = frame.iloc[:, 0] == frame.columns[0]
    if not first.any():
        return frame, ()
    repeated = first & (frame == frame.columns.to_numpy()).all(axis=1)
    if not repeated.any():
        return frame, ()
    warning = f"{where}: {repeated.sum()} rows that repeat the header skipped"
    return frame[~repeated].reset_index(drop=True), (warning,)


def _without_rule(
    frame: pd.DataFrame, where: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the frame without a rule of dashes below the names, and a warning."""
    cells = [] if frame.empty else [c.strip() for c in frame.iloc[0] if c.strip()]
    if len(cells) < 2 or not all(map(RULE.fullmatch, cells)):
        return frame, ()
    warning = f"{where}: a row of dashes below the names skipped"
    return frame[1:].reset_index(drop=True), (warning,)


def _first_row_warning(frame: pd.DataFrame, where: str) -> tuple[str, ...]:
    """Return a warning when the first row looks like units below the names."""
    if len(frame) < MIN_ROWS:
        return ()
    numbers = frame.head(HEAD_ROWS).apply(pd.to_numeric, errors="coerce").notna()
    first, others = numbers.iloc[0], numbers.iloc[1:].all()
    words = frame.iloc[0].str.contains(r"[^\W\d_]", na=False)
    n_odd = int((others & ~first & words).sum())
    if n_odd < MIN_UNITS or first.any():
        return ()
    cells = ", ".join(frame.iloc[0].tolist()[:5])
    return (
        f"{where}: the first row ({cells[:80]}) has no number where all others have; "
        "does it hold units? remove it then",
    )


def _last_row_warning(frame: pd.DataFrame, where: str) -> tuple[str, ...]:
    """Return a warning when the last row looks like a total below the table."""
    if len(frame) < MIN_ROWS or frame.shape[1] < 3:
        return ()
    n_empty = (frame.tail(TAIL_ROWS) == "").sum(axis=1)
    last, others = n_empty.iloc[-1], n_empty.iloc[:-1].max()
    if last > others and last >= frame.shape[1] / 2:
        return (f"{where}: the last row is emptier than others; is it a total?",)
    first = next((cell for cell in frame.iloc[-1] if cell.strip()), "")
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
