"""What can be made of numbers and keys, each as a recipe of names and places.

A key is a column whose values repeat: a category, or a number of few values. Places
are those of the numbers and of the keys in a table.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

OPERATIONS = ("+", "-", "×", "/")
STATISTICS = ("mean", "deviation", "difference", "ratio")
DIGITS = ("fraction", "last_digit", "roundness")
NEAREST = ("target", "distance")
ACROSS = ("sum", "spread", "largest", "zeros", "gaps")
MOST_SEARCHED = 40
WIDE = 8


class Arithmetic(NamedTuple):
    """Two numbers, added, subtracted, multiplied or divided."""

    operation: str
    left: int
    right: int


class Grouped(NamedTuple):
    """A number's mean or deviation within a key's level, or its distance to it."""

    statistic: str
    key: int
    number: int


class Crossed(NamedTuple):
    """Levels of one to three keys together: the target's mean, or the rows' count."""

    encode: str
    keys: tuple[int, ...]


class Digit(NamedTuple):
    """How a number is written: its fraction, last digit, zeros at its end."""

    what: str
    number: int


class Nearest(NamedTuple):
    """The nearest training rows by some numbers: their targets, or how far they are."""

    what: str
    numbers: tuple[int, ...]


class Across(NamedTuple):
    """All numbers of a row together: their sum, spread, largest, zeros, gaps."""

    what: str


Recipe = Arithmetic | Grouped | Crossed | Digit | Nearest | Across


def name_of(recipe: Recipe, numbers: Sequence[str], keys: Sequence[str]) -> str:
    """Return a name that says how a column is made.

    Examples
    --------
    >>> name_of(Grouped("mean", 0, 1), ["age", "fare"], ["class"])
    'mean of fare by class'
    >>> name_of(Arithmetic("/", 1, 0), ["age", "fare"], [])
    'fare / age'
    """
    match recipe:
        case Arithmetic(operation, left, right):
            return f"{numbers[left]} {operation} {numbers[right]}"
        case Grouped(statistic, key, number):
            to = " to its mean" if statistic in ("difference", "ratio") else ""
            return f"{statistic} of {numbers[number]}{to} by {keys[key]}"
        case Crossed(encode, places):
            return f"{encode} of {'×'.join(keys[place] for place in places)}"
        case Digit(what, number):
            return f"{what} of {numbers[number]}"
        case Nearest(what, places):
            return f"{what} of the nearest rows by {len(places)} numbers"
        case Across(what):
            return f"{what} of all numbers"


def candidates(
    numbers: Sequence[int],
    keys: Sequence[int],
    same: Sequence[tuple[int, int]],
    every: Sequence[int] = (),
) -> list[Recipe]:
    """Return what can be made of numbers and keys, those that matter most first.

    Parameters
    ----------
    numbers, keys : sequence of int
        Places, the most important first.
    same : sequence of (key, number)
        A number of few values is a key too; it is not grouped by itself.
    every : sequence of int
        Places of all numbers, the most important first.
    """
    return [
        *_crossed(keys),
        *_arithmetic(numbers),
        *_grouped(numbers, keys, set(same)),
        *(Digit(what, number) for number in numbers for what in DIGITS),
        *_together(every),
    ]


def _together(every: Sequence[int]) -> Iterator[Nearest | Across]:
    """Yield what many numbers make together."""
    if len(every) > 1:
        searched = tuple(sorted(every[:MOST_SEARCHED]))
        yield from (Nearest(what, searched) for what in NEAREST)
    if len(every) >= WIDE:
        yield from map(Across, ACROSS)


def _arithmetic(numbers: Sequence[int]) -> Iterator[Arithmetic]:
    for left, right in map(sorted, combinations(numbers, 2)):
        for operation in OPERATIONS:
            yield Arithmetic(operation, left, right)
        yield Arithmetic("/", right, left)


def _grouped(
    numbers: Sequence[int], keys: Sequence[int], same: set[tuple[int, int]]
) -> Iterator[Grouped]:
    for key in keys:
        for number in numbers:
            if (key, number) not in same:
                for statistic in STATISTICS:
                    yield Grouped(statistic, key, number)


def _crossed(keys: Sequence[int]) -> Iterator[Crossed]:
    """Yield single keys, pairs of them, and triples of the first five."""
    for size, among in ((1, keys), (2, keys), (3, keys[:5])):
        for places in combinations(among, size):
            for encode in ("target", "count"):
                yield Crossed(encode, tuple(sorted(places)))
