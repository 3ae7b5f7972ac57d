"""What holds for the whole tree, whatever is added to it."""

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("pandas", "sklearn", "numpy", "scipy", "lightgbm", "torch")


def imported_by(command: str) -> set[str]:
    """Return which heavy packages a fresh interpreter has loaded after a command."""
    code = f"""
import sys
try:
    {command}
except SystemExit:
    pass
sys.stderr.write("LOADED " + " ".join(m for m in {HEAVY} if m in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return set(done.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["submit", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    command = f"sys.argv[1:] = {arguments}; from ensemble_kit.cli import main; main()"
    assert imported_by(command) == set()


def test_the_catalogs_import_nothing_heavy_of_the_models():
    loaded = imported_by("import ensemble_kit.catalog")
    assert loaded <= {"numpy"}


def test_every_package_is_in_the_wheel():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "ensemble_kit").rglob("__init__.py")
    }
    assert listed == found | {"ensemble_kit.pipeline.shipped"}


def test_no_room_holds_more_than_a_reader_can_take_in():
    rooms = {path.parent for path in (ROOT / "ensemble_kit").rglob("*.py")}
    full = {room.name for room in rooms if len(list(room.glob("[!_]*.py"))) > 24}
    assert full == set()


def test_no_private_module_of_a_library_is_imported():
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "ensemble_kit").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("from ", "import "))
        and any(f"{name}._" in line.replace("..", "") for name in HEAVY)
    ]
    assert lines == []


# Where a file has this nowhere, it need not be parsed.
OUTSIDE = re.compile(r"(?<!\bself)(?<!\bcls)\._\w*(?<!__)\b")


def test_nothing_private_is_set_from_outside():
    # What a store holds of a library's object is put together again there.
    rebuilding = ROOT / "ensemble_kit" / "store" / "persistence_classes.py"
    reached = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in (ROOT / "ensemble_kit").rglob("*.py")
        if path != rebuilding
        and OUTSIDE.search(text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and node.attr.startswith("_")
        and not node.attr.endswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    ]
    assert reached == []
