"""Locks: one holder at a time, known by name, and none that outlives its process."""

import os
import signal
import subprocess
import sys

import pytest
from filelock import FileLock

from ensemble_kit.locks import (
    holder_of,
    holding_if_free,
    let_go,
    own_folder,
    remove_abandoned,
    take_away,
    take_lock,
)

HOLD = """
import sys
from pathlib import Path
from ensemble_kit.locks import own_folder, take_lock
lock = take_lock(Path(sys.argv[1]) / "a")
with own_folder(Path(sys.argv[1]), "own") as folder:
    (folder / "half").write_text("written")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_process(tmp_path):
    """Return a process that holds a lock and a folder until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_lock_has_one_holder_and_names_it(tmp_path):
    lock = take_lock(tmp_path / "a")
    assert take_lock(tmp_path / "a") is None
    assert holder_of(tmp_path / "a").startswith(f"process {os.getpid()} on ")
    with holding_if_free(tmp_path / "a") as other:
        assert other == holder_of(tmp_path / "a")
    let_go(lock)
    assert not tmp_path.exists()


def test_what_a_killed_process_held_is_free_and_its_folder_goes(
    other_process, tmp_path
):
    assert take_lock(tmp_path / "a") is None
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.glob("own-*/half"))) == 1
    os.kill(other_process.pid, signal.SIGKILL)
    other_process.wait()
    let_go(take_lock(tmp_path / "a"))
    remove_abandoned(tmp_path)
    assert not tmp_path.exists()


def test_a_disk_without_locks_gets_a_file_that_stands_for_one(tmp_path, monkeypatch):
    def refuse(lock, **how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    lock = take_lock(tmp_path / "a")
    assert lock is not None and take_lock(tmp_path / "a") is None
    assert holder_of(tmp_path / "a").startswith(f"process {os.getpid()} on ")
    let_go(lock)
    assert take_lock(tmp_path / "a") is not None


def test_an_own_folder_that_was_renamed_stays(tmp_path):
    with own_folder(tmp_path / "aside", "run") as folder:
        folder.rename(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


DIES = """
import os, sys
from pathlib import Path
from ensemble_kit import locks
locks.remove = lambda path: os._exit(9)
locks.take_away(Path(sys.argv[1]) / "old", Path(sys.argv[1]) / "aside")
"""


def test_what_a_killed_process_was_taking_away_goes_with_the_next(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "part").write_text("x")
    ended = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
    assert ended.returncode == 9 and not (tmp_path / "old").exists()
    assert list((tmp_path / "aside").rglob("part"))
    (tmp_path / "other").write_text("y")
    take_away(tmp_path / "other", tmp_path / "aside")
    assert os.listdir(tmp_path) == []
