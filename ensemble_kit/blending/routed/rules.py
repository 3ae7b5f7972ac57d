"""Rules on columns, such as ``age < 50 and city in ['Ufa', 'Omsk']``.

A rule is parsed by the grammar below and never evaluated as code::

    rule       = all ("or" all)*
    all        = one ("and" one)*
    one        = "not" one | "(" rule ")" | test
    test       = column ("<" | "<=" | ">" | ">=" | "==" | "!=") value
               | column ["not"] "in" "[" value ("," value)* "]"
               | column "is" ["not"] "missing"
    column     = word | `any name between backticks`
    value      = number | 'text' | "text" | true | false

A comparison with a missing value is false, whichever it is.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import PipelineError, did_you_mean

Mask = NDArray[np.bool_]

TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<quoted>`[^`]+`)
      | (?P<word>[^\W\d]\w*)
      | (?P<mark><=|>=|==|!=|[<>()\[\],])
    )""",
    re.VERBOSE,
)
ORDERINGS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "true", "false"})
MAX_DEPTH = 50


@dataclass(frozen=True)
class Comparison:
    """A comparison of one column; ``values`` is empty for "is missing"."""

    column: str
    comparison: str
    values: tuple[Any, ...] = ()

    def mask(self, columns: pd.DataFrame) -> Mask:
        """Return the rows for which the comparison holds."""
        series = _column(columns, self.column)
        missing = series.isna().to_numpy()
        if self.comparison == "missing":
            return missing
        if self.comparison in ORDERINGS:
            return ~missing & self._ordered(series, missing)
        is_member = _members(series, self.values, self.column)
        return ~missing & (is_member if self.comparison == "in" else ~is_member)

    @property
    def names(self) -> list[str]:
        """Return the columns it reads."""
        return [self.column]

    def _ordered(self, series: pd.Series, missing: Mask) -> Mask:
        """Compare numbers."""
        if not pd.api.types.is_numeric_dtype(series):
            raise PipelineError(
                f"rule: column {self.column!r} holds {series.dtype}, which "
                f"{self.comparison!r} cannot order; use == or in"
            )
        numbers = np.full(len(series), np.nan)
        numbers[~missing] = series[~missing].to_numpy(dtype=np.float64)
        return ORDERINGS[self.comparison](numbers, self.values[0])


@dataclass(frozen=True)
class Not:
    """The opposite of a rule."""

    part: Any

    def mask(self, columns: pd.DataFrame) -> Mask:
        """Return the rows for which the part does not hold."""
        return ~self.part.mask(columns)

    @property
    def names(self) -> list[str]:
        """Return the columns it reads."""
        return self.part.names


@dataclass(frozen=True)
class Join:
    """Several rules, all of which or one of which must hold."""

    word: str
    parts: tuple[Any, ...]

    def mask(self, columns: pd.DataFrame) -> Mask:
        """Return the rows for which all parts hold, or any."""
        join = np.logical_and if self.word == "and" else np.logical_or
        return join.reduce([part.mask(columns) for part in self.parts])

    @property
    def names(self) -> list[str]:
        """Return the columns it reads, each once."""
        return list(dict.fromkeys(name for part in self.parts for name in part.names))


Rule = Comparison | Not | Join


def parse_rule(text: str) -> Rule:
    """Return a text's rule: ``mask(frame)`` gives the rows, ``names`` the columns.

    Raises
    ------
    PipelineError
        With the place where the text stops to be a rule.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, 70.0, None], "sex": ["f", "m", "f"]})
    >>> parse_rule("age < 50 or sex == 'm'").mask(frame).tolist()
    [True, True, False]
    >>> parse_rule("age is missing").mask(frame).tolist()
    [False, False, True]
    """
    return _Parser(text).rule()


def _column(columns: pd.DataFrame, name: str) -> pd.Series:
    """Return a column by name."""
    if name not in columns.columns:
        hint = did_you_mean(name, columns.columns)
        raise PipelineError(f"rule: there is no column {name!r}{hint}")
    return columns[name]


def _members(series: pd.Series, values: tuple[Any, ...], name: str) -> Mask:
    """Return where a column equals one of the values."""
    texts = not pd.api.types.is_numeric_dtype(series.dtype)
    if isinstance(series.dtype, pd.CategoricalDtype):
        texts = not pd.api.types.is_numeric_dtype(series.cat.categories.dtype)
        series = series.astype(series.cat.categories.dtype)
    wrong = [v for v in values if isinstance(v, str) != texts]
    if wrong:
        kind = "text in quotes" if texts else "numbers, true or false"
        raise PipelineError(
            f"rule: column {name!r} holds {series.dtype}; compare it with {kind}, "
            f"not with {wrong[0]!r}"
        )
    return series.isin(list(values)).to_numpy()


class _Parser:
    """A recursive descent over the tokens of one rule."""

    def __init__(self, text: str):
        self.text = text
        self.tokens = self._tokens()
        self.place = 0
        self.depth = 0

    def rule(self) -> Rule:
        """Return the rule of the whole text."""
        rule = self._join("or")
        if self.place < len(self.tokens):
            raise self._error("the end, 'and' or 'or'")
        return rule

    def _tokens(self) -> list[tuple[str, str, int]]:
        """Return (kind, text, position) of every token."""
        tokens, position = [], 0
        while self.text[position:].strip():
            match = TOKEN.match(self.text, position)
            if match is None:
                raise PipelineError(
                    f"rule {self.text!r}: cannot read {self.text[position:]!r}"
                )
            kind = str(match.lastgroup)
            tokens.append((kind, match.group(kind), match.start(kind)))
            position = match.end()
        return tokens

    def _join(self, word: str) -> Rule:
        """Read parts joined by "or", or within them by "and"."""
        part = self._one if word == "and" else lambda: self._join("and")
        parts = [part()]
        while self._take("word", word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Join(word, tuple(parts))

    def _one(self) -> Rule:
        """Read one part: a negation, a rule in brackets or a test."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error(f"at most {MAX_DEPTH} nested parts")
        if self._take("word", "not"):
            rule: Rule = Not(self._one())
        elif self._take("mark", "("):
            rule = self._join("or")
            self._expect("mark", ")")
        else:
            rule = self._test()
        self.depth -= 1
        return rule

    def _test(self) -> Rule:
        """Read the comparison of a column."""
        column = self._name()
        if self._take("word", "is"):
            opposite = self._take("word", "not")
            self._expect("word", "missing")
            missing = Comparison(column, "missing")
            return Not(missing) if opposite else missing
        if self._take("word", "not"):
            self._expect("word", "in")
            return Comparison(column, "not in", self._list())
        if self._take("word", "in"):
            return Comparison(column, "in", self._list())
        return self._comparison(column)

    def _comparison(self, column: str) -> Rule:
        """Read a comparison sign and a value."""
        for sign in ORDERINGS:
            if self._take("mark", sign):
                value = self._value()
                if isinstance(value, str):
                    self.place -= 1
                    raise self._error("a number")
                return Comparison(column, sign, (value,))
        if self._take("mark", "=="):
            return Comparison(column, "in", (self._value(),))
        self._expect("mark", "!=", "a comparison")
        return Comparison(column, "not in", (self._value(),))

    def _name(self) -> str:
        """Read a column's name."""
        kind, text, _ = self._peek()
        if kind == "quoted" or (kind == "word" and text not in KEYWORDS):
            self.place += 1
            return text.strip("`")
        raise self._error("a column")

    def _list(self) -> tuple[Any, ...]:
        """Read values between square brackets."""
        self._expect("mark", "[")
        values = [self._value()]
        while self._take("mark", ","):
            values.append(self._value())
        self._expect("mark", "]")
        return tuple(values)

    def _value(self) -> float | str | bool:
        """Read a number, a text, true or false."""
        kind, text, _ = self._peek()
        self.place += 1
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1]
        if kind == "word" and text in {"true", "false"}:
            return text == "true"
        self.place -= 1
        raise self._error("a number, a text in quotes, true or false")

    def _peek(self) -> tuple[str, str, int]:
        if self.place < len(self.tokens):
            return self.tokens[self.place]
        return "end", "the end", len(self.text)

    def _take(self, kind: str, text: str) -> bool:
        """Step over a token if it is next."""
        is_next = self._peek()[:2] == (kind, text)
        self.place += is_next
        return is_next

    def _expect(self, kind: str, text: str, name: str | None = None) -> None:
        if not self._take(kind, text):
            raise self._error(name or repr(text))

    def _error(self, expected: str) -> PipelineError:
        _, text, position = self._peek()
        return PipelineError(
            f"rule {self.text!r}, character {position + 1}: expected {expected}, "
            f"found {text!r}"
        )
