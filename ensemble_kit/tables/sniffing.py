"""Which character separates the fields: a ``sep=`` line, or consistent counts."""

import re

from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tables.dialect import Dialect
from ensemble_kit.tables.records import iter_records

SEPARATORS = (",", ";", "\t", "|", "^", "\x1f", "\x01", "\x1e")
SEP_LINE = re.compile(r"sep=(.)[ \t]*(?:\r\n|\n|\Z)")
SAMPLE_CHARACTERS = 200_000
SAMPLE_RECORDS = 200
FEW_LINES = 6  # fewer sentences of as many words each are one column by chance


def take_sep_line(text: str) -> tuple[str, str | None]:
    """Return the text after a leading ``sep=;`` line, and the separator it names."""
    match = SEP_LINE.match(text)
    if match is None:
        return text, None
    return text[match.end() :], match[1]


def sniff_separator(text: str, where: str) -> str:
    """Return the separator that gives the header and the first rows equal counts.

    Parameters
    ----------
    text : str
        The file from its header on.
    where : str
        The file's name, for messages.

    Raises
    ------
    CompetitionError
        When two separators do so equally well.
    """
    header = text.partition("\n")[0]
    scores = {
        separator: _consistency(text, separator)
        for separator in SEPARATORS
        if separator in header
    }
    if not scores:
        return _blank_or_comma(text, where)
    best = max(scores.values())
    names = [separator for separator, score in scores.items() if score == best]
    if len(names) > 1:
        raise CompetitionError(
            f"{where}: the separator may be {' or '.join(map(repr, names))}; both give "
            "every row as many fields as the header: put 'sep=,' (or the other) on a "
            "line of its own at the top, or separator = in competition.toml"
        )
    return names[0]


def _blank_or_comma(text: str, where: str) -> str:
    """Return a blank where it parts every row as the header, else a comma.

    Raises
    ------
    CompetitionError
        When runs of blanks part the columns.
    """
    lines = text[:SAMPLE_CHARACTERS].splitlines()[: SAMPLE_RECORDS + 1]
    lengths = {len(line.split()) for line in lines if line.strip()}
    if len(lines) < FEW_LINES or len(lengths) > 1 or lengths == {1}:
        return ","
    if all(len(line.strip().split(" ")) in lengths for line in lines if line.strip()):
        return " "
    raise CompetitionError(
        f"{where}: runs of blanks part its columns; save it with commas, as "
        "pandas.read_csv(..., sep=r'\\s+').to_csv(..., index=False) does"
    )


def _consistency(text: str, separator: str) -> tuple[float, int]:
    """Return the share of rows as long as the header, and that length."""
    sample = text[:SAMPLE_CHARACTERS]
    lengths: list[int] = []
    for record in iter_records(sample, Dialect(separator)):
        if record.fault is not None or len(lengths) > SAMPLE_RECORDS:
            break
        lengths.append(len(record.fields))
    if len(sample) < len(text) and len(lengths) > 1:
        lengths.pop()  # the sample's last record may be cut
    if not lengths or lengths[0] == 1:
        return 0.0, 1
    rows = lengths[1:] or lengths
    return sum(length == lengths[0] for length in rows) / len(rows), lengths[0]
