"""Every kind of fault that docs/faults.md lists is held by a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
LINES = [line for line in PAGE.splitlines() if re.match(r"\| (?!what went)", line)]
HELD = re.compile(r"^\| .+ \| `(tests/[\w/]+\.py)::(test_\w+)` \|$")


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split(" | ")[0][2:])
def test_a_fault_is_held_by_a_test(line):
    held = HELD.match(line)
    assert held, "a line is: | what went wrong | `tests/PLACE.py::test_NAME` |"
    path = ROOT / held[1]
    assert path.is_file()
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert held[2] in {part.name for part in body if isinstance(part, ast.FunctionDef)}


def test_no_fault_is_listed_twice():
    assert len(LINES) > 60
    assert len({line.split(" | ")[0] for line in LINES}) == len(LINES)
