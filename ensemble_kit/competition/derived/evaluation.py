"""Expressions worked out over the rows of a table."""

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.derived.expressions import (
    OPERATORS,
    ColumnName,
    Expression,
    whole_number,
)
from ensemble_kit.competition.derived.functions import FUNCTIONS, alike, where
from ensemble_kit.competition.derived.own_functions import OWN_FUNCTIONS, OwnFunction
from ensemble_kit.competition.derived.values import (
    Cells,
    date,
    map_texts,
    number,
    text,
    truth,
)
from ensemble_kit.exceptions import CompetitionError

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
ORDERINGS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Evaluation:
    """One expression over some rows.

    Parameters
    ----------
    expression : Expression
    columns : mapping of str to Cells
        Every column that it reads.
    n_rows : int

    Attributes
    ----------
    lost : ndarray of shape (n_rows,)
        Rows in which a number came out of numbers that is none, as by a division by 0.
    """

    def __init__(
        self, expression: Expression, columns: Mapping[str, Cells], n_rows: int
    ):
        self.expression = expression
        self.columns = columns
        self.n_rows = n_rows
        self.lost = np.zeros(n_rows, dtype=bool)

    def cells(self) -> Cells:
        """Return the value of each row.

        Raises
        ------
        CompetitionError
            When a part is not of the kind that its place asks for.
        """
        with np.errstate(all="ignore"):
            value = self._value(self.expression.tree)
        if value.is_one:
            data = np.broadcast_to(value.data, (self.n_rows,))
            return Cells(value.kind, data)
        return value

    def _value(self, node: ast.expr) -> Cells:
        """Return the value of one part."""
        match node:
            case ast.Name() | ast.Constant():
                return self._leaf(node)
            case ast.BinOp(left, sign, right):
                return self._binary(node, OPERATORS[type(sign)], left, right)
            case ast.UnaryOp(ast.Not(), operand):
                return truth(~self._value(operand).truths())
            case ast.UnaryOp(sign, operand):
                numbers = self._value(operand).numbers()
                return number(-numbers if isinstance(sign, ast.USub) else numbers)
            case ast.BoolOp(sign, parts):
                join = np.logical_and if isinstance(sign, ast.And) else np.logical_or
                truths = np.broadcast_arrays(*(self._value(p).truths() for p in parts))
                return truth(join.reduce(truths))
            case ast.Compare(left, signs, others):
                return self._chain(left, [OPERATORS[type(s)] for s in signs], others)
            case ast.IfExp(test, body, orelse):
                return where(*map(self._value, (test, body, orelse)))
            case ast.Subscript(value, places):
                return self._letters(self._value(value), places)
            case ast.Call(ast.Name(name), arguments):
                return self._call(node, name, [self._value(a) for a in arguments])
            case _:
                raise TypeError(f"{type(node).__name__} was not refused")

    def _leaf(self, node: ast.expr) -> Cells:
        """Return the value of a column, a text, a number or a truth."""
        meaning = self.expression.meaning(node)
        if isinstance(meaning, ColumnName):
            return self.columns[meaning]
        if isinstance(meaning, bool):
            return truth(meaning)
        return text(meaning) if isinstance(meaning, str) else number(meaning)

    def _binary(
        self, node: ast.expr, sign: str, left: ast.expr, right: ast.expr
    ) -> Cells:
        """Return numbers put together, texts joined, or a date moved."""
        one, other = self._value(left), self._value(right)
        kinds = {one.kind, other.kind}
        if sign == "+" and kinds == {"text"}:
            return _join(one, other)
        if sign == "-" and kinds == {"date"}:
            return Cells("span", one.dates() - other.dates())
        if "span" in kinds:
            raise CompetitionError(
                f"{self.expression.shown(node)!r}: a span of time is no number yet; "
                "say in which unit, as in days(sold - built)"
            )
        if sign == "+" and "text" in kinds and not self._are_numbers(one, other):
            return _join(one, other)
        numbers = (one.numbers(), other.numbers())
        return self._finite(ARITHMETIC[sign](*numbers), *numbers)

    def _are_numbers(self, *cells: Cells) -> bool:
        """Return whether all can be read as numbers."""
        try:
            for each in cells:
                each.numbers()
        except CompetitionError:
            return False
        return True

    def _finite(self, value: Any, *numbers: NDArray[np.float64]) -> Cells:
        """Return numbers, those that are none or infinite missing and noted."""
        result = np.asarray(value, dtype=np.float64)
        are_there = np.all(np.broadcast_arrays(*map(np.isfinite, numbers)), axis=0)
        self.lost |= are_there & ~np.isfinite(result)
        return number(np.where(np.isfinite(result), result, np.nan))

    def _chain(self, left: ast.expr, signs: list[str], others: list[ast.expr]) -> Cells:
        """Return whether every comparison of a chain holds."""
        held: NDArray[np.bool_] | None = None
        one = self._value(left)
        for sign, node in zip(signs, others, strict=True):
            if sign in ("is", "is not"):
                holds = one.is_missing if sign == "is" else ~one.is_missing
            elif isinstance(node, ast.List | ast.Tuple):
                values = [self._value(item) for item in node.elts]
                holds = _is_among(one, values, is_in=sign == "in")
            else:
                other = self._value(node)
                holds = _compare(sign, one, other)
                one = other
            held = holds if held is None else held & holds
        return truth(held)

    def _letters(self, cells: Cells, places: ast.expr) -> Cells:
        """Return some letters of texts; None where there are none."""
        if isinstance(places, ast.Slice):
            ends = [
                None if e is None else whole_number(e)
                for e in (places.lower, places.upper)
            ]
            wanted = slice(*ends)
        else:
            at = whole_number(places) or 0
            wanted = slice(at, at + 1 or None)
        return text(map_texts(cells.texts(), lambda t: t[wanted] or None))

    def _call(self, node: ast.expr, name: str, arguments: list[Cells]) -> Cells:
        """Return what a function gives."""
        if name not in FUNCTIONS:
            return call_own(OWN_FUNCTIONS[name], arguments, self.n_rows)
        try:
            result = FUNCTIONS[name].call(*arguments)
        except CompetitionError as error:
            raise CompetitionError(
                f"{self.expression.shown(node)!r}: {error}"
            ) from None
        given = [a.data for a in arguments if a.kind == "number"]
        if result.kind != "number" or not given:
            return result
        return self._finite(result.data, *given)


def _join(one: Cells, other: Cells) -> Cells:
    """Return texts put together, None where either is missing."""
    left, right = np.broadcast_arrays(one.texts(), other.texts())
    pairs = zip(np.atleast_1d(left), np.atleast_1d(right), strict=True)
    joined = [None if a is None or b is None else f"{a}{b}" for a, b in pairs]
    return text(np.array(joined, dtype=object).reshape(left.shape))


def _compare(sign: str, one: Cells, other: Cells) -> NDArray[np.bool_]:
    """Return where a comparison holds; with a missing value it never does."""
    if "span" in (one.kind, other.kind) and one.kind != other.kind:
        raise CompetitionError(
            "a span of time is compared with another alone; say in which unit, as in "
            "days(sold - built) > 3"
        )
    if sign in ORDERINGS:
        if "date" in (one.kind, other.kind):
            left, right = date(one.dates()), date(other.dates())
        elif "span" in (one.kind, other.kind):
            left, right = Cells("span", one.spans()), Cells("span", other.spans())
        else:
            left, right = number(one.numbers()), number(other.numbers())
        return ORDERINGS[sign](left.data, right.data)
    left, right = alike(one, other)
    there = ~(left.is_missing | right.is_missing)
    equal = np.asarray(left.data == right.data, dtype=bool)
    return there & (equal if sign == "==" else ~equal)


def _is_among(one: Cells, values: list[Cells], is_in: bool) -> NDArray[np.bool_]:
    """Return where a value is one of some, or there and none of them."""
    if not values:
        raise CompetitionError("a list after in is empty")
    is_any = np.any([_compare("==", one, value) for value in values], axis=0)
    return is_any if is_in else ~is_any & ~one.is_missing


def call_own(own: OwnFunction, arguments: list[Cells], n_rows: int) -> Cells:
    """Return what a function of the user's own gives for each row.

    Raises
    ------
    CompetitionError
        When it raises, or gives what is no cell, with the first row in which it does.
    """
    rows = [_python_values(each, n_rows) for each in arguments]
    results: list[Any] = []
    for place, row in enumerate(zip(*rows, strict=True) if rows else [()] * n_rows):
        try:
            results.append(own.call(*row))
        except Exception as error:
            raise CompetitionError(
                f"{own.name}{row!r:.200} raises {type(error).__name__}: {error} (row "
                f"{place + 1})"
            ) from error
    return _as_cells(own.name, results)


def _python_values(cells: Cells, n_rows: int) -> list[Any]:
    """Return a column as Python's own values."""
    data = np.broadcast_to(cells.data, (n_rows,))
    if cells.kind == "date":
        return [None if pd.isna(v) else pd.Timestamp(v).to_pydatetime() for v in data]
    if cells.kind == "span":
        raise CompetitionError(
            "a function of your own takes no spans of time; say in which unit, as in "
            "days(sold - built)"
        )
    return data.tolist()


def _as_cells(name: str, results: list[Any]) -> Cells:
    """Return what a function gave as numbers or texts."""
    there = [value for value in results if value is not None]
    if all(isinstance(value, str) for value in there) and there:
        return text(np.array(results, dtype=object))
    if all(isinstance(value, datetime) for value in there) and there:
        return date(
            np.array(
                [np.datetime64("NaT") if v is None else v for v in results],
                dtype="datetime64[us]",
            )
        )
    try:
        numbers = [np.nan if value is None else _as_float(value) for value in results]
    except (TypeError, ValueError) as error:
        raise CompetitionError(
            f"{name} gives {error}; a number, a text, true or false, a date or None is "
            "expected, of one kind in all rows"
        ) from None
    data = np.array(numbers, dtype=np.float64)
    return number(np.where(np.isfinite(data), data, np.nan))


def _as_float(value: Any) -> float:
    if isinstance(value, str):
        raise TypeError(f"texts such as {value!r:.40} and numbers")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{value!r:.40}") from None
