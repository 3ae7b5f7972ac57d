"""What docs/adding.md adds works, and is as short as it says."""

import ast
import re
from pathlib import Path

import pytest

from calls import type_line

PAGE = Path(__file__).parents[2] / "docs" / "adding.md"
MOST_LINES = 10


@pytest.fixture
def files(blocks):
    """Return the page's files, each named in the first line of its block."""
    written = [*blocks(PAGE, "python"), *blocks(PAGE, "toml")]
    return {re.match(r"# ([\w.]+)\n", code)[1]: code for code in written}


@pytest.fixture
def folder(files, tmp_path, competition_folder):
    for name, code in files.items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    return competition_folder(name="FOLDER").parent


def entry_lines(code):
    """Return the lines of what is neither an import nor the thing itself."""
    thing = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.parse(code).body if not isinstance(node, thing)]
    return sum(max(1, node.end_lineno - node.lineno - 1) for node in nodes)


def test_an_entry_has_ten_lines_at_most(files):
    lengths = {name: entry_lines(files[name]) for name in files if ".py" in name}
    assert len(lengths) == 5
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


@pytest.mark.slow
def test_the_run_of_the_page_uses_all_that_was_added(blocks, folder):
    (line,) = [b for b in blocks(PAGE, "console") if b.startswith("ensemble-kit")]
    board = type_line(f"{line.strip()} --jobs 1", folder)
    assert "half_log_loss ↓" in board
    assert re.search(r"^surest .*← submitted", board, re.MULTILINE)
    assert re.search(r"^tree ", board, re.MULTILINE)


def test_the_command_of_the_page_runs(blocks, folder):
    (line,) = [b for b in blocks(PAGE, "console") if b.startswith("python")]
    assert "note: text" in type_line(line.strip(), folder)
