"""Competition folders made up from a seed, one column of which carries the target."""

import csv
import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from made_columns import (
    KINDS,
    LETTERS,
    MISSING,
    WORDS,
    Carrier,
    in_plain_spelling,
    make_carrier,
    with_gaps,
)
from numpy.random import Generator
from numpy.typing import NDArray

Table = dict[str, list[str]]
CARRIER = "carrier"
LABELS = ("0 1", "no yes", "False True", "A B", "1 2", "-1 1", "нет да", "N Y")
THREE = ("a b c", "0 1 2", "low mid top", "1 2 3", "C10 C20 C30")
VALUES = ("{:.4f}", "{:.0f}", "${:,.2f}", "{:.2f}%", "{:.3e}", "comma", "far", "tiny")
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1251", "koi8-r")
HEADERS = (*["named"] * 6, "none", "none", "nameless", "nameless", "lost")
IDS = ("count", "padded", "word", "long", "none", "hash")


@dataclass(frozen=True)
class MadeFolder:
    """A folder and what is true of it.

    Parameters
    ----------
    folder : Path
    kind : str
        One of `made_columns.KINDS`.
    facts : str
        How it is written, in words.
    carrier : str
        What the carrying column is called by who reads the folder.
    is_regression : bool
    sample_columns : list of str
        The first line that a submission must have.
    truth : dict of str to str
        The target of every id that is asked for, in the sample's order.
    """

    folder: Path
    kind: str
    facts: str
    carrier: str
    is_regression: bool
    sample_columns: list[str]
    truth: dict[str, str]


@dataclass(frozen=True)
class Dialect:
    """How the files are written."""

    separator: str
    quoting: int
    line_end: str
    encoding: str
    header: str
    packing: str


def make_folder(seed: int, folder: Path, is_plain: bool = False) -> MadeFolder:
    """Write the files of a seed into a folder and return what is true of them.

    In plain spelling the carrying column says the same in other words.
    """
    rng = np.random.default_rng(seed)
    kind = list(KINDS)[seed % len(KINDS)]
    n_train = int(rng.integers(100, 260)) if rng.random() < 0.95 else 40
    n_test = int(rng.integers(25, 60))
    carrier = _carrier(kind, rng, n_train + n_test)
    target, form = _target(carrier, rng)
    if is_plain:
        carrier = in_plain_spelling(carrier)
    columns = {CARRIER: carrier.cells, **_others(rng, n_train + n_test)}
    columns = {str(name): columns[name] for name in rng.permutation(list(columns))}
    ids, id_form = _ids(rng, n_train + n_test)
    dialect = _dialect(rng, [*carrier.cells, *target])
    train, test = _parts(columns, ids, n_train)
    place = int(rng.integers(0, len(columns) + 1)) + bool(ids)
    train = _inserted(train, "target", target[:n_train], place)
    asked = ids[n_train:] or [str(k) for k in range(n_test)]
    truth = dict(zip(asked, target[n_train:], strict=True))
    sample_form = _sample_form(rng, target, form, bool(ids))
    is_mixed = bool(ids) and sample_form != "none" and rng.random() < 0.5
    order = [str(name) for name in rng.permutation(asked)] if is_mixed else asked
    sample = _sample(sample_form, order, sorted(set(target)))
    _write_folder(folder, (train, test, sample), dialect)
    facts = (
        f"{carrier.spelling}; target {form}; ids {id_form}; sample {sample_form}; "
        f"{n_train} rows; {dialect.separator!r} {dialect.line_end!r} "
        f"{dialect.encoding} quoting {dialect.quoting} header {dialect.header} "
        f"{dialect.packing}"
    )
    return MadeFolder(
        folder,
        kind,
        facts,
        _called(dialect, list(train)),
        form in VALUES,
        list(sample) or _own_columns(dialect, list(train)),
        {name: truth[name] for name in order},
    )


def _carrier(kind: str, rng: Generator, n_rows: int) -> Carrier:
    """Return the column that carries the target, in some folders with gaps."""
    carrier = make_carrier(kind, rng, n_rows)
    if rng.random() < 0.25 and kind not in ("filled or not", "number, other gaps"):
        return with_gaps(carrier, rng, MISSING)
    return carrier


def _parts(columns: Table, ids: list[str], n_train: int) -> tuple[Table, Table]:
    """Return the rows of train and of test, with their ids where they have any."""
    train = {name: cells[:n_train] for name, cells in columns.items()}
    test = {name: cells[n_train:] for name, cells in columns.items()}
    if not ids:
        return train, test
    return {"id": ids[:n_train], **train}, {"id": ids[n_train:], **test}


def _write_folder(
    folder: Path, tables: tuple[Table, Table, Table], dialect: Dialect
) -> None:
    """Write train, test and, where there is one, the sample."""
    train, test, sample = tables
    folder.mkdir(parents=True, exist_ok=True)
    _write_table(folder / "train", train, dialect)
    _write_table(folder / "test", test, dialect)
    if sample:
        _write_table(folder / "sample_submission", sample, _with_header(dialect))
    _declare(folder, dialect, list(train))


def _called(dialect: Dialect, names: list[str]) -> str:
    """Return what the carrying column is called by who reads the files."""
    at = names.index(CARRIER)
    others = {"none": f"column_{at + 1}", "nameless": f"unnamed_{at}"}
    return others.get(dialect.header, CARRIER)


def _target(carrier: Carrier, rng: Generator) -> tuple[list[str], str]:
    """Return the target's cells and how they are written."""
    signal = carrier.signal
    levels = np.unique(signal)
    if carrier.is_numeric and rng.random() < 0.5:
        form = str(rng.choice(VALUES))
        return [_value(v, form) for v in signal], form
    if len(levels) > 4 and rng.random() < 0.3:
        form, cuts = str(rng.choice(THREE)), np.quantile(signal, [0.33, 0.67])
    else:
        form, cuts = str(rng.choice(LABELS)), (levels[:-1] + levels[1:]) / 2
        cuts = cuts[[len(cuts) // 2]]
    labels = form.split()
    return [labels[place] for place in np.searchsorted(cuts, signal)], form


def _value(signal: float, form: str) -> str:
    if form == "comma":
        return f"{signal * 500:.2f}".replace(".", ",")
    if form == "far":
        return f"{1e9 + signal * 100:.3f}"
    if form == "tiny":
        return f"{signal * 1e-9:.6e}"
    return form.format(signal * 9000)


def read_values(cells: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the numbers of a target that is no label."""
    marks = str.maketrans({"$": "", "%": ""})
    plain = [str(cell).translate(marks) for cell in cells]
    if any("," in c and "." not in c for c in plain):
        plain = [cell.replace(",", ".") for cell in plain]
    return np.array([float(cell.replace(",", "")) for cell in plain])


def _others(rng: Generator, n_rows: int) -> Table:
    """Return columns that say nothing."""
    made = {
        "noise": [f"{v:.3f}" for v in rng.normal(size=n_rows)],
        "count": [str(v) for v in rng.poisson(3, n_rows)],
        "shop": list(map(str, rng.choice(WORDS, n_rows))),
        "город": [LETTERS[k : k + 5] for k in rng.integers(0, 9, n_rows)],
        "constant": ["same"] * n_rows,
        "empty": [""] * n_rows,
        "row": [str(k + 1) for k in range(n_rows)],
        "remark": [" ".join(rng.choice(WORDS, 7)) for _ in range(n_rows)],
        "quote": [f'a "{w}", b' for w in rng.choice(WORDS, n_rows)],
        "day": [f"2020-0{a}-1{b}" for a, b in rng.integers(1, 9, (n_rows, 2))],
    }
    names = rng.choice(list(made), int(rng.integers(1, 5)), replace=False)
    return {str(name): made[str(name)] for name in names}


def _ids(rng: Generator, n_rows: int) -> tuple[list[str], str]:
    """Return ids of all rows, none where the files have no such column."""
    form, numbers = str(rng.choice(IDS)), rng.permutation(n_rows)
    spell = {
        "count": lambda k: str(k),
        "padded": lambda k: f"{k:05}",
        "word": lambda k: f"row_{k}",
        "long": lambda k: str(9007199254740993 + 2 * k),
        "hash": lambda k: f"{(k * 2654435761) % 2**32:08x}",
    }
    numbers = numbers if form != "count" else np.arange(n_rows)
    return [] if form == "none" else [spell[form](int(k)) for k in numbers], form


def _dialect(rng: Generator, cells: list[str]) -> Dialect:
    """Return how files are written: an encoding that has the cells' letters."""
    encoding = str(rng.choice(ENCODINGS))
    try:
        "".join([*cells, *LETTERS, "город"]).encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8"
    return Dialect(
        str(rng.choice([",", ",", ";", "\t", "|"])),
        int(rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        str(rng.choice(["\n", "\n", "\r\n", "\r"])),
        encoding,
        str(rng.choice(HEADERS)),
        str(rng.choice(["", "", "", "gz"])),
    )


def _with_header(dialect: Dialect) -> Dialect:
    """Return the dialect of a sample, which always names its columns."""
    return Dialect(**{**vars(dialect), "header": "named"})


def _sample_form(rng: Generator, target: list[str], form: str, has_ids: bool) -> str:
    """Return what a sample looks like."""
    if form in VALUES:
        return str(rng.choice(["none", "zero"] if has_ids else ["zero"]))
    forms = ["label", "classes", "constant"]
    if len(set(target)) == 2:
        forms += ["half"]
    return str(rng.choice(forms + ["none"] * has_ids))


def _sample(form: str, ids: list[str], labels: list[str]) -> Table:
    """Return a sample submission; empty where there is none."""
    n_rows = len(ids)
    if form == "none":
        return {}
    if form == "classes":
        share = [f"{1 / len(labels):.3f}"] * n_rows
        return {"id": ids, **dict.fromkeys(labels, share)}
    cells = {
        "zero": ["0"] * n_rows,
        "half": ["0.5"] * n_rows,
        "constant": [labels[0]] * n_rows,
        "label": [labels[k % len(labels)] for k in range(n_rows)],
    }
    return {"id": ids, "target": cells[form]}


def _own_columns(dialect: Dialect, names: list[str]) -> list[str]:
    """Return the columns of a submission without a sample."""
    if dialect.header == "none":
        return ["column_1", f"column_{names.index('target') + 1}"]
    return ["id", "target"]


def _inserted(table: Table, name: str, cells: list[str], place: int) -> Table:
    """Return a table with one more column at a place."""
    columns = list(table.items())
    return dict([*columns[:place], (name, cells), *columns[place:]])


def _declare(folder: Path, dialect: Dialect, names: list[str]) -> None:
    """Write competition.toml where files have no header, but not where it was lost."""
    if dialect.header != "none":
        return
    lines = ["header = false", f'target = "column_{names.index("target") + 1}"']
    if "id" in names:
        lines.append('id = "column_1"')
    (folder / "competition.toml").write_text("\n".join(lines), encoding="utf-8")


def _write_table(path: Path, table: Table, dialect: Dialect) -> None:
    """Write a table in a dialect."""
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream,
        delimiter=dialect.separator,
        quoting=dialect.quoting,
        lineterminator=dialect.line_end,
    )
    if dialect.header in ("named", "nameless"):
        is_nameless = dialect.header == "nameless"
        writer.writerow(["" if is_nameless and n == CARRIER else n for n in table])
    writer.writerows(zip(*table.values(), strict=True))
    data = stream.getvalue().encode(dialect.encoding)
    if dialect.packing:
        path.with_suffix(".csv.gz").write_bytes(gzip.compress(data, mtime=0))
    else:
        path.with_suffix(".csv").write_bytes(data)
