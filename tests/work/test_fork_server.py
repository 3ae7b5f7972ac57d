"""Workers that are forked from a process which has imported what they need."""

import os
import signal
import subprocess
import sys
from multiprocessing.connection import wait

import psutil
import pytest

from ensemble_kit.work import fork_server
from ensemble_kit.work.worker import Task, start_worker

pytestmark = pytest.mark.skipif(
    not fork_server.IS_POSSIBLE, reason="elsewhere workers are fresh interpreters"
)
ALONE = """
import sys
from ensemble_kit.work.worker import start_worker
worker = start_worker()
while worker.process.pid is None:
    pass
print(worker.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def started():
    """Return a function that starts a worker which is ended after the test."""
    workers = []

    def start(errors=None):
        workers.append(start_worker(errors))
        return workers[-1]

    yield start
    for worker in workers:
        worker.end()


def process_of(worker) -> psutil.Process:
    """Return a worker's process, waiting for the server's imports."""
    while worker.process.pid is None:
        wait([worker.process._line])
    return psutil.Process(worker.process.pid)


def test_workers_are_forks_of_one_process_that_is_not_this_one(started):
    first, second = process_of(started()), process_of(started())
    assert first.pid != second.pid and first.ppid() == second.ppid() != os.getpid()
    assert psutil.Process(first.ppid()).ppid() == os.getpid()


def test_a_worker_has_the_variables_and_the_folder_of_the_caller(
    started, monkeypatch, tmp_path
):
    process_of(started())
    monkeypatch.setenv("SAID_AFTER_THE_SERVER", "yes")
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "custom.py"
    script.write_text(
        "import os\nopen('seen', 'w').write(os.environ['SAID_AFTER_THE_SERVER'])\n"
    )
    worker = started()
    worker.connection.send(task(tmp_path, script))
    worker.connection.send("no piece of work")
    wait([worker.connection])
    assert (tmp_path / "seen").read_text() == "yes"


def test_what_decides_imports_is_followed_by_another_server(started, monkeypatch):
    first = process_of(started())
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    assert process_of(started()).ppid() != first.ppid()


def test_a_worker_that_fails_says_why_and_ends_with_1(started, tmp_path):
    script = tmp_path / "custom.py"
    script.write_text("raise MemoryError('of its own')")
    worker = started()
    worker.connection.send(task(tmp_path, script))
    assert worker.process.wait() == 1
    assert "of its own" in (tmp_path / "log").read_text()


def test_a_worker_that_is_killed_is_told_of_by_its_signal(started):
    worker = started()
    process_of(worker).kill()
    assert worker.process.wait() == -signal.SIGKILL == worker.process.poll()
    worker.process.kill()  # once more is no mistake


def test_workers_end_with_their_server_and_others_come_from_a_new_one(started):
    worker = started()
    process = process_of(worker)
    server = psutil.Process(process.ppid())
    server.kill()
    assert worker.process.wait() == -signal.SIGKILL
    assert process_of(started()).ppid() != server.pid


def test_nothing_is_left_of_a_process_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", ALONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as caller:
        worker = psutil.Process(int(caller.stdout.readline()))
        server = psutil.Process(worker.ppid())
        caller.kill()
    psutil.wait_procs([worker, server], timeout=60)
    assert not any(is_at_work(process) for process in (worker, server))


def test_a_fresh_interpreter_does_the_same_work(tmp_path, monkeypatch):
    monkeypatch.setattr(fork_server, "IS_POSSIBLE", False)
    script = tmp_path / "custom.py"
    script.write_text("raise MemoryError('of its own')")
    worker = start_worker()
    assert isinstance(worker.process, subprocess.Popen)
    worker.connection.send(task(tmp_path, script))
    assert worker.process.wait() == 1
    assert "of its own" in (tmp_path / "log").read_text()
    worker.end()


def task(folder, script) -> Task:
    """Return a task over an empty store, with a custom file."""
    (folder / "store").mkdir()
    return Task(
        str(folder), str(folder / "store"), "", 0, (str(script),), str(folder / "log")
    )


def is_at_work(process: psutil.Process) -> bool:
    """Return whether a process is there, and no mere entry that nobody has read."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
