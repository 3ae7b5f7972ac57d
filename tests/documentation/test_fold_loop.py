"""The files that CONTRIBUTING names for the fold loop are those of its calls."""

import re
import sys
from pathlib import Path

import ensemble_kit
from calls import SMALL, call
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.work import execute

PACKAGE = Path(ensemble_kit.__file__).parent
PAGE = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
# Before the command, what reads its options, and after the fit.
DOOR = ("cli/__init__.py", "cli/options.py", "oof/canonical_fit.py")


def files_on_the_way():
    """Return the kit's files in the calls that lead here, the outermost first."""
    frame, files = sys._getframe(1), {}
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            files[path.relative_to(PACKAGE).as_posix()] = None
        frame = frame.f_back
    return [name for name in reversed(files) if name not in DOOR]


def test_from_the_command_to_the_matrix_a_reader_opens_ten_files(
    competition_folder, monkeypatch, in_this_process
):
    ways, fit, join = [], execute.fit, OOFMatrix.join

    def noted_fit(*args):
        ways.append(files_on_the_way())
        return fit(*args)

    def noted_join(names, parts):
        ways.append([*files_on_the_way(), "oof/matrix.py"])
        return join(names, parts)

    monkeypatch.setattr(execute, "fit", noted_fit)
    monkeypatch.setattr(OOFMatrix, "join", noted_join)
    call("submit", competition_folder(), "--pipeline", SMALL)
    bullet = re.search(r"\*\*The fold loop\*\*(.*?)\. Three stand", PAGE, re.DOTALL)[1]
    named = re.findall(r"`(\S+\.py)`", bullet)
    assert len(named) == 10
    assert {name for way in ways for name in way} <= set(named)
    assert ways[0] == sorted(ways[0], key=named.index)
