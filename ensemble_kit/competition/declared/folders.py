"""A folder's files: which is train, test and sample, and none outside of it."""

import re
from dataclasses import dataclass
from pathlib import Path

from ensemble_kit.competition.declared.headers import (
    name_by_place,
    pair_cases,
    pair_unnamed,
    refuse_missing_header,
    refuse_rows_as_names,
)
from ensemble_kit.competition.declared.settings import PATHS, CompetitionSettings
from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.tables.decoding import is_guessed
from ensemble_kit.tables.legacy import guess_encoding
from ensemble_kit.tables.raw_table import RawTable
from ensemble_kit.tables.reading import read_bytes, read_table

SUFFIXES = (
    ".csv",
    ".csv.gz",
    ".csv.zip",
    ".parquet",
    ".tsv",
    ".txt",
    ".tsv.gz",
    ".zip",
    ".gz",
)
PATTERNS = {
    "train": re.compile(r"(train|training|train_?data|train_?set)"),
    "test": re.compile(r"(test|testing|test_?data|test_?set)"),
    "sample": re.compile(r".*sub(mission)?s?(_?(sample|format))?|.*sample_?sub.*"),
}


@dataclass(frozen=True)
class Tables:
    """The raw tables of a competition; sample and folds may be missing."""

    train: RawTable
    test: RawTable
    sample: RawTable | None
    folds: RawTable | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what was said about reading the files."""
        tables = [self.train, self.test, self.sample]
        return tuple(w for table in tables if table for w in table.warnings)


def check_folder(folder: Path | str) -> Path:
    """Return the folder's real path.

    Raises
    ------
    CompetitionError
        When it is no folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CompetitionError(f"{folder}: there is no such folder")
    return folder.resolve()


def settle_files(folder: Path, settings: CompetitionSettings) -> CompetitionSettings:
    """Return settings with the file names of train, test and sample.

    Raises
    ------
    CompetitionError
        When train or test is not found, or a name leads outside the folder.
    """
    mistakes = []
    for key in PATHS:
        if getattr(settings, key) is None:
            names = _candidates(folder, key)
            if len(names) > 1:
                mistakes.append(f"{key}: {' or '.join(names)}? state {key} = in TOML")
            elif names or key == "sample":
                name = names[0] if names else ""
                reason = "the one file named like it" if names else "no such file"
                settings = settings.settle(key, name, reason)
            else:
                there = ", ".join(sorted(p.name for p in folder.iterdir())[:8])
                mistakes.append(f"{key}.csv: missing; found: {there or 'nothing'}")
        mistakes += _path_mistakes(folder, key, getattr(settings, key))
    if settings.folds and is_file_name(settings.folds):
        mistakes += _path_mistakes(folder, "folds", settings.folds)
    if mistakes:
        raise CompetitionError(problems(str(folder), mistakes))
    return settings


def read_tables(folder: Path, settings: CompetitionSettings) -> Tables:
    """Return the tables that settings name, their columns named alike.

    Raises
    ------
    CompetitionError
        When one cannot be read (see `read_table`), or has no line of names.
    """
    how = (settings.encoding, settings.separator)
    header = settings.header is not False
    paths = (folder / str(settings.train), folder / str(settings.test))
    train, test = (read_table(path, *how, header=header) for path in paths)
    if settings.encoding is None and (legacy := _one_encoding(train, test)):
        train, test = (
            read_table(path, *how, header=header, legacy=legacy) for path in paths
        )
    folds_file = settings.folds if is_file_name(settings.folds or "") else None
    sample, folds = (
        read_table(folder / name, *how) if name else None
        for name in (settings.sample, folds_file)
    )
    for table in (train, test, sample, folds):
        if table is not None and not len(table.cells):
            raise CompetitionError(f"{table.path.name}: it has a header and no rows")
    if not header:
        test = name_by_place(train, test, settings.target)
    elif settings.header is None:
        refuse_missing_header(train, test)
    if sample is not None:
        refuse_rows_as_names(sample, test)
    asked = () if sample is None else sample.columns
    test = pair_cases(train, pair_unnamed(train, test), asked)
    return Tables(train, test, sample, folds)


def _one_encoding(train: RawTable, test: RawTable) -> str:
    """Return the encoding of two files that were guessed to have different ones.

    They come from one hand, and together they have more letters to go by. It is empty
    where there is nothing to decide.
    """
    encodings = {table.encoding for table in (train, test)}
    if len(encodings) < 2 or not all(map(is_guessed, encodings)):
        return ""
    both = b"\n".join(read_bytes(table.path) for table in (train, test))
    return guess_encoding(both, encodings)


def is_file_name(name: str) -> bool:
    """Return whether a name is that of a table's file, and of no column."""
    return name.lower().endswith(SUFFIXES)


def _candidates(folder: Path, key: str) -> list[str]:
    """Return the names of files that may be it, the plainest spelling alone."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    candidates = []
    for suffix in SUFFIXES:
        for name in names:
            stem = name.lower().removesuffix(suffix)
            if stem != name.lower() and PATTERNS[key].fullmatch(stem):
                candidates.append(name)
        if candidates:
            break
    exact = [
        name for name in candidates if name.split(".")[0] in {key, "sample_submission"}
    ]
    return (
        exact[:1]
        or [name for name in candidates if "sample" in name.lower()]
        or candidates
    )


def _path_mistakes(folder: Path, key: str, name: str | None) -> list[str]:
    """Return why a file name is refused."""
    if not name:
        return [] if key == "sample" or name is None else [f"{key}: it is empty"]
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        return [f"{key}: {name!r} leads outside the folder; copy the file into it"]
    return [] if path.is_file() else [f"{key}: there is no file {name!r}"]
