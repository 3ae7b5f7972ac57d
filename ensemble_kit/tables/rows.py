"""Records to rows as long as the header: what is trimmed, skipped or refused."""

from collections import Counter
from dataclasses import dataclass, field

from ensemble_kit.tables.dialect import Dialect
from ensemble_kit.tables.records import Record, iter_records

MAX_REPORTED = 5
MAX_ABOVE = 5  # lines of a title or of comments
STRAY = "rows with quotes or carriage returns inside unquoted fields, kept"


@dataclass
class Rows:
    """The rows of a text read in one dialect, and what was met on the way."""

    n_columns: int
    cells: list[list[str]] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    lengths: Counter[int] = field(default_factory=Counter)
    met: dict[str, list[int]] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take one record: a row, something to skip, or a mistake."""
        if record.fault is not None:
            self.mistakes.append(f"line {record.line}: {record.fault}")
        elif self.n_columns > 1 and not any(map(str.strip, record.fields)):
            self._note("blank rows skipped", record.line)
        else:
            self._add_row(record)

    def _add_row(self, record: Record) -> None:
        """Take a row with content, cut to the header's length where that is safe."""
        if record.stray:
            self._note(STRAY, record.line)
        fields = record.fields
        if len(fields) > self.n_columns and not any(
            map(str.strip, fields[self.n_columns :])
        ):
            self._note("rows with surplus empty fields, cut", record.line)
            fields = fields[: self.n_columns]
        self.lengths[len(fields)] += 1
        if len(fields) != self.n_columns:
            self.mistakes.append(
                f"line {record.line}: {len(fields)} fields found, "
                f"{self.n_columns} expected as in the header"
            )
        self.cells.append(fields)

    def _note(self, what: str, line: int) -> None:
        """Remember a line for a warning."""
        self.met.setdefault(what, []).append(line)

    @property
    def n_stray(self) -> int:
        """Return how many rows have quotes or line ends that are none."""
        return len(self.met.get(STRAY, ()))

    def report(self, columns: tuple[str, ...]) -> list[str]:
        """Return the mistakes, the first ones in full and the rest as a count."""
        ((length, n_rows),) = self.lengths.most_common(1) or [(self.n_columns, 0)]
        n_others = len(self.cells) - n_rows
        if length != self.n_columns and n_others <= min(MAX_ABOVE, n_rows / 10):
            every = "nearly every row" if n_others else "every row"
            return [
                f"{every} has {length} fields, the header {self.n_columns} "
                f"({', '.join(columns[:5])}, ...): a column has no name, or the lines "
                "above the table are not part of it"
            ]
        more = len(self.mistakes) - MAX_REPORTED
        tail = [f"and {more} more rows"] if more > 0 else []
        return self.mistakes[:MAX_REPORTED] + tail

    def warnings(self, where: str) -> list[str]:
        """Return what was skipped or cut, with counts and the first line."""
        return [
            f"{where}: {len(lines)} {what}, the first on line {lines[0]}"
            for what, lines in self.met.items()
        ]


def read_rows(text: str, dialect: Dialect, n_columns: int, line: int) -> Rows:
    """Return the rows below the header of a text that begins with it."""
    rows = Rows(n_columns)
    records = iter_records(text, dialect, line)
    next(records)
    for record in records:
        rows.add(record)
    return rows
