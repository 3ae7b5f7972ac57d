r"""Expressions over columns, such as ``log1p(area / rooms)``.

The grammar is that of Python's expressions, parsed by Python's ``ast`` and checked
against a list of what may stand in one; no code runs::

    number     = 1.5 | column | number (+ - * / // % **) number | -number
    text       = 'text' | "text" | column | text + text | text[2] | text[:3]
    truth      = value (< <= > >= == !=) value, in chains too: 20 < age <= 60
               | value ["not"] in [value, ...] | value is ["not"] missing
               | truth and truth | truth or truth | not truth | true | false
    any        = function(any, ...) | value if truth else value | (any)
    column     = word | `any name between backticks`

What stands between quotes is taken as it is, without escapes: regular expressions
keep their backslashes. Functions are those of `functions.FUNCTIONS`, and those that a
custom file adds with ``@column``.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ensemble_kit.competition.derived.functions import FUNCTIONS
from ensemble_kit.competition.derived.own_functions import OWN_FUNCTIONS
from ensemble_kit.exceptions import CompetitionError, did_you_mean

STAND_IN = "ek_stands_in_"
QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]+`")
WORDS = {"true", "false", "missing"}
MAX_LENGTH = 4000
MAX_DEPTH = 100
MAX_PARTS = 1000
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
SIGNS = {
    "BitAnd": "&",
    "BitOr": "|",
    "BitXor": "^",
    "Invert": "~",
    "LShift": "<<",
    "RShift": ">>",
    "MatMult": "@",
}
INNER = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Name,
    ast.Constant,
    ast.Call,
    ast.Subscript,
    ast.Slice,
    ast.List,
    ast.Tuple,
    ast.Load,
    ast.And,
    ast.Or,
    ast.Not,
    ast.UAdd,
    ast.USub,
    *OPERATORS,
)


class ExpressionError(CompetitionError):
    """An expression cannot be read, with everything that is wrong with it."""

    def __init__(self, mistakes: list[str]):
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Expression:
    """A checked expression.

    Parameters
    ----------
    text : str
        As it was written.
    tree : ast.expr
        Of checked nodes alone; texts and names in backticks are stand-ins.
    quoted : tuple of str
        What these stand for, quotation marks and backticks included.
    """

    text: str
    tree: ast.expr
    quoted: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns it reads, each once."""
        names = (self.meaning(node) for node in _free_names(self.tree))
        return list(dict.fromkeys(n for n in names if isinstance(n, ColumnName)))

    @property
    def own_functions(self) -> list[str]:
        """Return the names of the functions it calls that a custom file adds."""
        calls = (n for n in ast.walk(self.tree) if isinstance(n, ast.Call))
        names = (call.func.id for call in calls if isinstance(call.func, ast.Name))
        return list(dict.fromkeys(n for n in names if n not in FUNCTIONS))

    def meaning(self, node: ast.expr) -> Any:
        """Return what a leaf stands for: a ColumnName, a text, a number or a truth.

        None stands for "missing".
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        name = node.id if isinstance(node, ast.Name) else ""
        if name in WORDS:
            return {"true": True, "false": False}.get(name)
        if not name.startswith(STAND_IN):
            return ColumnName(name)
        quoted = self.quoted[int(name.removeprefix(STAND_IN))]
        return ColumnName(quoted[1:-1]) if quoted[0] == "`" else quoted[1:-1]

    def shown(self, node: ast.AST) -> str:
        """Return a part of the expression as it was written, about."""
        return _written(ast.unparse(node), self.quoted)


class ColumnName(str):
    """The name of a column, as against a text."""


def parse_expression(text: str) -> Expression:
    """Return the checked expression of a text.

    Raises
    ------
    ExpressionError
        With every part of it that may not stand in an expression.

    Examples
    --------
    >>> parse_expression("log1p(area / rooms) * (20 < age <= 60)").columns
    ['age', 'area', 'rooms']
    """
    if len(text) > MAX_LENGTH or STAND_IN in text:
        raise ExpressionError([f"an expression has at most {MAX_LENGTH} characters"])
    if not text.strip():
        raise ExpressionError(["an expression is empty"])
    quoted: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        quoted.append(match[0])
        return f"{STAND_IN}{len(quoted) - 1}"

    plain = QUOTED.sub(stand_in, text)
    tree = _parsed(text, plain, tuple(quoted))
    expression = Expression(text, tree, tuple(quoted))
    mistakes = list(dict.fromkeys(_mistakes(expression)))
    if mistakes:
        raise ExpressionError(mistakes)
    return expression


def _parsed(text: str, plain: str, quoted: tuple[str, ...]) -> ast.expr:
    """Return the tree of a text, none of it looked at."""
    if any(mark in plain for mark in "'\"`#\\"):
        raise ExpressionError(
            [f"cannot read {_short(text)}: a quotation mark is not closed"]
        )
    try:
        # Brackets let it go over several lines, as in a text of three quotes.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(f"({plain})", mode="eval").body
    except SyntaxError as error:
        at = max((error.offset or 1) - 2, 0)
        rest = _written(plain[at:], quoted) or "the end"
        raise ExpressionError(
            [f"cannot read {_short(text)} from {rest[:30]!r} on"]
        ) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise ExpressionError([f"{text[:30]!r}... nests too deeply"]) from None
    n_parts, depth = _size(tree)
    if depth > MAX_DEPTH or n_parts > MAX_PARTS:
        raise ExpressionError(
            [
                f"{text[:30]!r}... has {n_parts} parts, nested {depth} deep; at most "
                f"{MAX_PARTS} and {MAX_DEPTH} are read: make a column of a part of it "
                "(sum(a, b, ...) nests no sum)"
            ]
        )
    return tree


def _size(tree: ast.AST) -> tuple[int, int]:
    """Return how many parts a tree has and how deep it goes, without recursion."""
    layer, n_parts, depth = [tree], 0, 0
    while layer:
        n_parts, depth = n_parts + len(layer), depth + 1
        layer = [child for node in layer for child in ast.iter_child_nodes(node)]
    return n_parts, depth


def _mistakes(expression: Expression) -> Iterator[str]:
    """Yield what may not stand in an expression."""
    for node in _allowed(expression.tree):
        if not isinstance(node, INNER):
            shown = SIGNS.get(type(node).__name__) or expression.shown(node)
            yield f"{shown!r} is no part of an expression{_hint(node)}"
        elif isinstance(node, ast.Constant):
            yield from _constant_mistakes(expression, node)
        elif isinstance(node, ast.Call):
            yield from _call_mistakes(expression, node)
        elif isinstance(node, ast.Subscript):
            yield from _place_mistakes(expression, node)
        elif isinstance(node, ast.Compare):
            yield from _comparison_mistakes(expression, node)
    yield from _list_mistakes(expression)


def _allowed(tree: ast.expr) -> Iterator[ast.AST]:
    """Yield the nodes of a tree, of those that may not stand in it the outermost."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        yield node
        if isinstance(node, INNER):
            nodes += ast.iter_child_nodes(node)


def _hint(node: ast.AST) -> str:
    """Return what may stand there instead."""
    if isinstance(node, ast.Attribute):
        return f": functions stand before what they take, as in {node.attr}(...)"
    if isinstance(node, ast.BitAnd | ast.BitOr | ast.Invert):
        return ": write and, or, not"
    if isinstance(node, ast.Starred | ast.keyword):
        return ": arguments are given one by one, without names"
    return ""


def _constant_mistakes(expression: Expression, node: ast.Constant) -> Iterator[str]:
    value = node.value
    if isinstance(value, bool) or value is None:
        word = "missing" if value is None else str(value).lower()
        yield f"{value} is no word of expressions: write {word}"
    elif not isinstance(value, int | float):
        yield f"{expression.shown(node)!r} is no part of an expression"
    elif isinstance(value, int) and value.bit_length() > 1000:
        yield "a number is too large"


def _call_mistakes(expression: Expression, node: ast.Call) -> Iterator[str]:
    """Yield what is wrong with one call: its name, its number of arguments."""
    if not isinstance(node.func, ast.Name):
        if not isinstance(node.func, ast.Attribute):
            yield f"{expression.shown(node)!r} calls no function by its name"
        return
    name = node.func.id
    function = FUNCTIONS.get(name) or dict(OWN_FUNCTIONS).get(name)
    if function is None:
        known = [*FUNCTIONS, *OWN_FUNCTIONS]
        yield (
            f"there is no function {name!r}{did_you_mean(name, known)} (list: "
            "ensemble-kit functions; a --custom FILE adds some with @column)"
        )
        return
    n_given, most = len(node.args), function.most
    if n_given < function.least or (most is not None and n_given > most):
        noun = "argument" if function.takes == "1" else "arguments"
        yield f"{expression.shown(node)!r}: {name} takes {function.takes} {noun}"


def _place_mistakes(expression: Expression, node: ast.Subscript) -> Iterator[str]:
    """Yield what is wrong with the places of letters in square brackets."""
    places = node.slice
    parts = [places.lower, places.upper] if isinstance(places, ast.Slice) else [places]
    step = places.step if isinstance(places, ast.Slice) else None
    whole = all(part is None or whole_number(part) is not None for part in parts)
    if not whole or step is not None:
        yield (
            f"{expression.shown(node)!r}: letters are taken by whole numbers, as in "
            "[0], [-1] or [:3]"
        )


def whole_number(node: ast.expr) -> int | None:
    """Return a whole number that stands in an expression, or None."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return sign * int(str(value)) if is_whole else None


def _comparison_mistakes(expression: Expression, node: ast.Compare) -> Iterator[str]:
    """Yield what is wrong with "in" and "is"."""
    for sign, right in zip(node.ops, node.comparators, strict=True):
        is_missing = isinstance(right, ast.Name) and right.id == "missing"
        if isinstance(sign, ast.In | ast.NotIn) and not isinstance(
            right, ast.List | ast.Tuple
        ):
            yield f"{expression.shown(node)!r}: after in stands a list, as in [1, 2]"
        if isinstance(sign, ast.Is | ast.IsNot) and not is_missing:
            yield f"{expression.shown(node)!r}: after is stands missing, or not missing"
        if is_missing and not isinstance(sign, ast.Is | ast.IsNot):
            yield f"{expression.shown(node)!r}: write is missing, or is not missing"


def _list_mistakes(expression: Expression) -> Iterator[str]:
    """Yield lists that stand nowhere after "in", and what they may not hold."""
    nodes = list(ast.walk(expression.tree))
    compared = {
        id(n) for c in nodes if isinstance(c, ast.Compare) for n in c.comparators
    }
    for node in nodes:
        if not isinstance(node, ast.List | ast.Tuple):
            continue
        if id(node) not in compared:
            yield f"{expression.shown(node)!r}: a list stands after in alone"
        if not all(_is_value(expression, item) for item in node.elts):
            yield f"{expression.shown(node)!r}: a list holds numbers and texts alone"


def _is_value(expression: Expression, node: ast.expr) -> bool:
    """Return whether a part is a number or a text as it stands."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Name):
        return isinstance(expression.meaning(node), str | bool) and not isinstance(
            expression.meaning(node), ColumnName
        )
    return isinstance(node, ast.Constant)


def _free_names(tree: ast.expr) -> Iterator[ast.Name]:
    """Yield the names in a tree that no call has as its function."""
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called:
            yield node


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _written(text: str, quoted: tuple[str, ...]) -> str:
    """Return a text with its stand-ins replaced."""
    return re.sub(rf"{STAND_IN}(\d+)", lambda m: quoted[int(m[1])], text)
