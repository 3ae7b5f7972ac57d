"""The built wheel does the main job where there is no checkout."""

import csv
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("ensemble_kit", "pipelines")
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")

pytestmark = pytest.mark.slow


def call(folder, *command):
    """Run a program in a folder, away from what Python was told of, and return it."""
    told = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in told}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=kept | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, so that nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name)
    for name in FILES:
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "."]
    call(source, *pip, "--wheel-dir", source / "dist")
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """Return an environment that has the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    call(folder, *pip, "--no-deps", wheel)
    (packages,) = folder.glob("lib/python3*/site-packages")
    # Libraries alone: the finder of an editable install is not started from here.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")
    return folder / "bin"


def test_nothing_of_the_checkout_is_imported(environment, tmp_path):
    code = (
        "import ensemble_kit, sys; print(ensemble_kit.__file__, *sys.path, sep='\\n')"
    )
    home, *path = call(tmp_path, environment / "python", "-c", code).splitlines()
    assert Path(home).is_relative_to(environment.parent)
    assert str(ROOT) not in path


def test_a_folder_of_three_files_becomes_a_submission(
    environment, tmp_path, competition_folder
):
    folder = competition_folder(name="three-files")
    program = environment / "ensemble-kit"
    board = call(tmp_path, program, "submit", folder.name, "--pipeline", "quick")
    assert "← submitted" in board
    (written,) = folder.glob("runs/quick-*/submission.csv")
    with (
        open(written, encoding="utf-8") as submission,
        open(folder / "sample_submission.csv", encoding="utf-8") as sample,
    ):
        ids = [[row[0] for row in csv.reader(file)] for file in (submission, sample)]
    assert ids[0] == ids[1]
