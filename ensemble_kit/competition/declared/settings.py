"""competition.toml: what is declared about a competition, and why it was guessed."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.container import Container
from tomlkit.items import InlineTable, Item, KeyType, SingleKey, Table

from ensemble_kit.competition.declared.class_costs import (
    ClassWeights,
    Costs,
    class_weight_mistakes,
    cost_mistakes,
)
from ensemble_kit.exceptions import CompetitionError, did_you_mean, problems
from ensemble_kit.files import write_atomically

FILE_NAME = "competition.toml"
ROLES = ("number", "category", "text", "datetime", "drop")
CHOICES = {
    "task": ("binary", "multiclass", "regression", "text"),
    "submission": ("classes", "probability", "label", "value"),
    "transform": ("identity", "log1p"),
    "missing_labels": ("class", "left out"),
}
DERIVED = ("expression", "role", "array")
WORD = re.compile(r"\s*\w*\s*")
YOUNG = (
    "missing_labels",
    "header",
    "made",
    "arrays",
    "costs",
    "class_weights",
    "metric_groups",
)
PATHS = ("train", "test", "sample")
HEADING = """\
# What ensemble-kit understood of this competition. The file is yours now: a key given
# here wins over any guess, a key left out is guessed again at every run.
# An empty string says that there is none, as in groups = "".
"""


@dataclass(frozen=True)
class CompetitionSettings:
    """What is declared about a competition; None where it is to be inferred.

    Parameters
    ----------
    name : str, optional
        The competition's name, in reports.
    train, test, sample : str, optional
        File names inside the folder; ``sample = ""`` says that there is none.
    encoding, separator : str, optional
        How the text files are read, where the files themselves mislead.
    header : bool, optional
        Whether train and test begin with the names of their columns; without, these
        are ``column_1``, ``column_2`` and so on. By default they do, and where the
        first line looks like the rows below it, that is an error.
    id, target : str, optional
        Column names.
    task : {"binary", "multiclass", "regression", "text"}, optional
    positive : str, optional
        The positive class of a binary task, as the file spells it.
    metric : str, optional
        A name of `ensemble_kit.metrics.METRICS`.
    metric_groups : str, optional
        The column whose values make the groups that a metric such as ``r2_within``
        goes by; ``metric = "r2_within@store"`` says the same.
    submission : {"classes", "probability", "label", "value"}, optional
        One column per class, the positive class's probability, a label, a value.
    transform : {"identity", "log1p"}, optional
        The scale a regression target is fitted in.
    missing_labels : {"class", "left out"}, optional
        Whether target cells such as None and NA are a class of their own, or rows
        without a target.
    groups, time, weights, folds : str, optional
        Column names; ``""`` says that there is none. ``weights = "adversarial"``,
        where train has no such column, weighs training rows by how alike they are to
        test rows; ``groups = "duplicates"`` keeps near-duplicates together. ``folds``
        numbers the fold of each training row; it may be a file of the folder as well,
        such as ``folds.csv``, with the id and a column of folds, or one for each
        repeat.
    series : str or list of str, optional
        Columns that make a series of the rows: that of their time, then those that
        tell one series from another; ``""`` says that rows are none.
    costs : dict of str to dict of str to float, optional
        What it costs to call a row of one class another, by true class, then by
        called class; 1 where nothing is said. The metric is then ``cost``, unless
        another is given.
    class_weights : "balanced" or dict of str to float, optional
        What a mistake on a row of a class costs, whatever it is called: in place of
        ``costs``.
    columns : dict of str to str
        The role of a column: number, category, text, datetime or drop.
    made : dict of str to str
        Expressions of columns that train and test do not have, by their names; they
        stand below ``[columns]`` too.
    arrays : dict of str to str
        Files of arrays whose numbers are columns, by the beginning of their names;
        they stand below ``[columns]`` too.
    reasons : dict of str to str
        Why a value was guessed; written as comments, never compared or read.
    """

    name: str | None = None
    train: str | None = None
    test: str | None = None
    sample: str | None = None
    encoding: str | None = None
    separator: str | None = None
    header: bool | None = None
    id: str | None = None
    target: str | None = None
    task: str | None = None
    positive: str | None = None
    metric: str | None = None
    metric_groups: str | None = None
    submission: str | None = None
    transform: str | None = None
    missing_labels: str | None = None
    groups: str | None = None
    time: str | None = None
    weights: str | None = None
    folds: str | None = None
    series: str | list[str] | None = None
    costs: Costs | None = None
    class_weights: ClassWeights | None = None
    columns: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def series_columns(self) -> tuple[str, ...]:
        """Return the columns that make a series, that of the time first."""
        named = [self.series] if isinstance(self.series, str) else self.series or []
        return tuple(name for name in named if name)

    def settle(
        self, key: str, value: str | list[str], reason: str
    ) -> "CompetitionSettings":
        """Return settings with a guess and its reason; a given value stays."""
        if getattr(self, key) is not None:
            return self
        reasons = {**self.reasons, key: reason}
        settled: dict[str, Any] = {key: value, "reasons": reasons}
        return replace(self, **settled)

    def settled(self, key: str) -> str:
        """Return a value that is declared or guessed by now."""
        value = getattr(self, key)
        if not isinstance(value, str):
            raise CompetitionError(f"{FILE_NAME}: {key} is not settled")
        return value

    def facts(self) -> dict[str, Any]:
        """Return the declared values as plain data, reasons left out.

        A key that is younger than stored work is left out while it is unset; what
        reads a series has its columns among its own parameters.
        """
        other = {"reasons", "name", "series"}
        keys = (f.name for f in fields(self) if f.name not in other)
        settings = {key: getattr(self, key) for key in keys}
        unset: tuple[Any, ...] = (None, {})
        return {k: v for k, v in settings.items() if v not in unset or k not in YOUNG}


TABLES = frozenset({"columns", "made", "arrays", "reasons"})
SCALARS = tuple(f.name for f in fields(CompetitionSettings) if f.name not in TABLES)


def load_settings(path: Path | str) -> CompetitionSettings:
    """Return the settings of a competition.toml.

    Raises
    ------
    CompetitionError
        With every mistake of the file at once.
    """
    path = Path(path)
    try:
        return parse_settings(path.read_text(encoding="utf-8-sig"), path.name)
    except FileNotFoundError as error:
        raise CompetitionError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CompetitionError(f"{path}: it cannot be read ({error})") from error


def parse_settings(text: str, where: str = FILE_NAME) -> CompetitionSettings:
    """Return the settings of a competition.toml's text; see `load_settings`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CompetitionError(f"{where}: it is no TOML: {error}") from error
    except RecursionError as error:
        raise CompetitionError(f"{where}: its values nest too deeply") from error
    mistakes = settings_mistakes(data)
    if mistakes:
        raise CompetitionError(problems(where, mistakes))
    return _settings_of(data)


def settings_mistakes(data: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with the keys and values of a file."""
    return [
        *(m for key, value in data.items() for m in _key_mistakes(key, value)),
        *_column_mistakes(data.get("columns", {})),
        *["costs: they say what class_weights say; one of both is enough"]
        * ({"costs", "class_weights"} <= data.keys()),
    ]


def with_overrides(
    settings: CompetitionSettings, data: Mapping[str, Any]
) -> CompetitionSettings:
    """Return settings in which the values of another file win.

    Columns are taken one by one.

    Examples
    --------
    >>> settings = CompetitionSettings(metric="auc", columns={"name": "text"})
    >>> found = with_overrides(settings, {"columns": {"n": "len(name)"}})
    >>> found.metric, found.columns, found.made
    ('auc', {'name': 'text'}, {'n': 'len(name)'})
    """
    own = _settings_of(data)
    given = {key: value for key, value in vars(own).items() if value is not None}
    given["columns"] = {**settings.columns, **own.columns}
    given["made"] = {**settings.made, **own.made}
    given["arrays"] = {**settings.arrays, **own.arrays}
    return replace(settings, **{**given, "reasons": settings.reasons})


def _settings_of(data: Mapping[str, Any]) -> CompetitionSettings:
    """Return the settings of values without a mistake."""
    roles: dict[str, str] = {}
    made: dict[str, str] = {}
    arrays: dict[str, str] = {}
    for column, value in data.get("columns", {}).items():
        if isinstance(value, str):
            (roles if value in ROLES else made)[column] = value
            continue
        if "array" in value:
            arrays[column] = value["array"]
            continue
        made[column] = value["expression"]
        if "role" in value:
            roles[column] = value["role"]
    scalars = {key: value for key, value in data.items() if key != "columns"}
    return CompetitionSettings(**scalars, columns=roles, made=made, arrays=arrays)


def dump_settings(settings: CompetitionSettings, text: str = "") -> str:
    """Return the text of a competition.toml, each guess below its reason.

    Parameters
    ----------
    settings : CompetitionSettings
    text : str
        A file that there is already. What it says stays as it stands, comments
        included, and only what it leaves open is added.

    Examples
    --------
    >>> settings = CompetitionSettings(target="price", columns={"name": "text"})
    >>> parse_settings(dump_settings(settings)) == settings
    True
    >>> print(dump_settings(settings, 'target = "price" # in euros'))
    target = "price" # in euros
    <BLANKLINE>
    [columns]
    "name" = "text"
    <BLANKLINE>
    """
    document = tomlkit.parse(text.rstrip() + "\n" if text.strip() else HEADING)
    if not text.strip():
        document.add(tomlkit.nl())
    for key in SCALARS:
        value = getattr(settings, key)
        if key not in document and value is not None:
            _add(document, key, value, settings.reasons.get(key))
        elif key in document and document[key] != value:
            document[key] = value
    names = dict.fromkeys([*settings.columns, *settings.made, *settings.arrays])
    if names and "columns" not in document:
        document.append("columns", tomlkit.table())
    for name in names:
        columns = cast(Container | Table | InlineTable, document["columns"])
        if name not in columns:
            reason = settings.reasons.get(f"columns.{name}")
            _add(columns, name, _column_value(settings, name), reason, KeyType.Basic)
    return tomlkit.dumps(document)


def _add(
    table: Container | Table | InlineTable,
    name: str,
    value: object,
    reason: str | None,
    quotes: KeyType | None = None,
) -> None:
    """Put a value into a table below its reason, which a table on one line lacks."""
    item = _item(value)
    if reason and not isinstance(table, InlineTable):
        item.trivia.indent = f"{_comment(reason)}\n"
    table.append(SingleKey(name, quotes), item)


def _item(value: object) -> Item:
    """Return a value on one line."""
    if not isinstance(value, Mapping):
        return tomlkit.item(value)
    table = tomlkit.inline_table()
    for name, inner in value.items():
        table.append(name, _item(inner))
    return table


def _column_value(settings: CompetitionSettings, column: str) -> str | dict[str, str]:
    """Return a column's role, its expression, or both; or the file of an array."""
    if column in settings.arrays:
        return {"array": settings.arrays[column]}
    role, made = settings.columns.get(column), settings.made.get(column)
    if made is None or role is None:
        return role or made or ""
    return {"expression": made, "role": role}


def add_key(path: Path, key: str, value: str, reason: str) -> None:
    """Add a key and its reason to a competition.toml; all else in it stays.

    Parameters
    ----------
    path : Path
        Made where there is none.
    key, value, reason : str
    """
    import tomlkit

    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    document = tomlkit.parse(text)
    item = tomlkit.string(value)
    item.comment("".join(c if c.isprintable() else " " for c in reason))
    if key in document:
        document[key] = item
    else:
        document.add(key, item)
    write_atomically(path, tomlkit.dumps(document).encode())


def _key_mistakes(key: str, value: Any) -> list[str]:
    """Return what is wrong with one key of the file."""
    if key == "columns":
        return []
    if key == "costs":
        return cost_mistakes(value)
    if key == "class_weights":
        return class_weight_mistakes(value)
    if key not in SCALARS:
        return [f"{key}: unknown key{did_you_mean(key, (*SCALARS, 'columns'))}"]
    if key == "header":
        mistake = f"header: true or false is expected, found {value!r:.80}"
        return [] if isinstance(value, bool) else [mistake]
    if key == "series" and isinstance(value, list):
        wrong = [name for name in value if not (isinstance(name, str) and name)]
        return [f"series: names of columns are expected, found {wrong!r:.80}"] * bool(
            wrong
        )
    if not isinstance(value, str):
        return [f"{key}: a string is expected, found {value!r:.80}"]
    if key in PATHS and "\0" in value:
        return [f"{key}: a string without NUL is expected, found {value!r:.80}"]
    if key == "encoding" and not _is_encoding(value):
        return [f"encoding: there is no text encoding named {value!r}"]
    if key in CHOICES and value not in CHOICES[key]:
        hint = did_you_mean(value, CHOICES[key])
        return [f"{key}: one of {', '.join(CHOICES[key])}; found {value!r}{hint}"]
    if key == "separator" and len(value) != 1:
        return [f"separator: one character is expected, found {value!r}"]
    return []


def _is_encoding(name: str) -> bool:
    """Return whether Python reads and writes text in an encoding of that name."""
    try:
        "a".encode(name)
    except (LookupError, ValueError):
        return False
    return True


def _column_mistakes(columns: Any) -> list[str]:
    """Return what is wrong with the table of column roles."""
    if not isinstance(columns, dict):
        return [f"columns: a table is expected, found {columns!r}"]
    return [m for name, value in columns.items() for m in _value_mistakes(name, value)]


def _value_mistakes(column: str, value: Any) -> list[str]:
    """Return what is wrong with one column's role or expression."""
    where, role = f"columns.{column}", value
    if isinstance(value, Mapping):
        mistakes = [
            f"{where}.{key}: unknown key{did_you_mean(key, DERIVED)}"
            for key in value
            if key not in DERIVED
        ]
        if "array" in value:
            return [*mistakes, *_array_mistakes(where, value)]
        if not isinstance(value.get("expression"), str):
            mistakes.append(f"{where}: a table needs an expression, a string")
        if "role" not in value:
            return mistakes
        role = value["role"]
        where = f"{where}.role"
    else:
        mistakes = []
        if isinstance(value, str) and not WORD.fullmatch(value):
            return []  # an expression, which the columns of the files decide on
    if role not in ROLES:
        hint = did_you_mean(str(role), ROLES)
        mistakes.append(f"{where}: one of {', '.join(ROLES)}; found {role!r}{hint}")
    return mistakes


def _array_mistakes(where: str, value: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a table that names the file of an array."""
    name = value["array"]
    mistakes = [
        f"{where}.{key}: an array has none; its columns are numbers"
        for key in ("expression", "role")
        if key in value
    ]
    if not isinstance(name, str) or not name.endswith(".npy") or "\0" in name:
        mistakes.append(f"{where}.array: a file of numpy, *.npy; found {name!r:.80}")
    return mistakes


def _comment(reason: str) -> str:
    """Return a reason as a comment, on one printable line."""
    return "# " + "".join(c if c.isprintable() else " " for c in reason)
