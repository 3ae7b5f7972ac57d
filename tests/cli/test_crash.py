"""Runs as real processes that are killed, interrupted, starved and raced."""

import contextlib
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

SMALL = Path(__file__).parents[1] / "small.toml"
MAIN = "from ensemble_kit.cli import main; main()"
N_FITS = 7 * 3
N_KILLS = 4


def start(folder, output, *arguments, **more):
    """Start a submit command and return its process."""
    command = [sys.executable, "-c", MAIN, "submit", str(folder)]
    command += ["--pipeline", str(SMALL), "--output", str(output), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


def finish(process):
    """Wait for a run to succeed and return its submission."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return written(out)


def written(output):
    """Return the submission that a run says it has written."""
    return Path(next(n for n in output.splitlines() if n.endswith("submission.csv")))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entries(output):
    return set((output / "store").glob("??/*/entry.json"))


def is_fit(path):
    return json.loads(json.loads(path.read_text())["facts"])["key"]["work"] == "fit"


def workers_of(output):
    """Return the processes that hold a file in a folder: each worker its log."""
    found = []
    for path in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            held = [os.readlink(file) for file in path.iterdir()]
            if any(name.startswith(str(output)) for name in held):
                found.append(path.parent.name)
    return found


def abandoned():
    """Return shared memory, but what a living process has put its number on."""
    living = {path.name for path in Path("/proc").glob("[0-9]*")}
    names = os.listdir("/dev/shm")
    return {name for name in names if living.isdisjoint(re.findall(r"\d+", name))}


def wait_for(condition, seconds=20.0):
    """Return whether something comes true in time."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


@pytest.fixture(scope="module")
def whole(submit, tmp_path_factory):
    """Return a function from a competition's folder to its undisturbed submission."""
    digests = {}

    def digest(folder):
        content = sha256(folder / "train.csv")
        if content not in digests:
            began = time.monotonic()
            code, output = submit(folder, tmp_path_factory.mktemp("whole"))
            digest.seconds = time.monotonic() - began
            assert code == 0, output
            digests[content] = sha256(written(output))
        return digests[content]

    return digest


def test_a_run_killed_at_any_moment_loses_no_fold_and_no_byte(
    competition_folder, tmp_path, submit, whole
):
    folder, rng = competition_folder(), np.random.default_rng(0)
    expected, before = whole(folder), abandoned()
    n_kills, cycle, stamps = 0, 0, {}
    while n_kills < N_KILLS:
        out = tmp_path / str(cycle)
        latest = 0.4 if stamps else 0.8  # what is stored takes no time again
        seconds = rng.uniform(0.05, latest) * whole.seconds
        code, output = submit(folder, out, seconds=seconds, signal="SIGKILL")
        now = {path: path.stat().st_mtime_ns for path in entries(out)}
        assert {path: now[path] for path in stamps} == stamps
        n_kills, stamps = n_kills + (code == -9), now
        if code == 0:
            check_finished(written(output), expected)
            cycle, stamps = cycle + 1, {}
    code, output = submit(folder, out)
    check_finished(written(output), expected)
    assert wait_for(lambda: not workers_of(tmp_path))
    assert wait_for(lambda: abandoned() <= before)


def check_finished(submission, expected):
    facts = json.loads((submission.parent / "report.json").read_text())
    assert sha256(submission) == expected
    assert facts["n_fitted"] + facts["n_stored"] == N_FITS
    assert not (submission.parent / "work").exists()


def test_ctrl_c_at_any_moment_ends_the_run_and_loses_nothing(
    competition_folder, tmp_path, submit, whole
):
    folder, rng, out = competition_folder(), np.random.default_rng(1), tmp_path / "out"
    expected = whole(folder)
    for share in rng.uniform(0.0, 0.9, size=3):
        when = share * whole.seconds
        code, output = submit(folder, out, seconds=when, signal="SIGINT")
        assert code in (0, 1, 130) and "Traceback" not in output, output
        assert code != 1 or "not one fit was finished" in output
        assert wait_for(lambda: not workers_of(out))
    code, output = submit(folder, out)
    assert code == 0 and sha256(written(output)) == expected


def test_an_interrupted_run_says_so_everywhere_and_the_same_command_goes_on(
    competition_folder, tmp_path, submit
):
    folder, output = competition_folder(n_rows=400), tmp_path / "out"
    process = start(folder, output)
    assert wait_for(lambda: len(entries(output)) >= 4, 120)
    assert workers_of(output)
    process.send_signal(2)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    (partial,) = output.glob("runs/*/submission-partial.csv")
    report = json.loads(partial.with_name("report.json").read_text())
    told = report["stopped"]
    assert told.startswith("stopped after ")
    assert told.endswith("; the same command goes on")
    assert told in " ".join(out.split())
    assert told in partial.with_name("report.md").read_text()
    code, _ = submit(folder, output)
    report = json.loads(partial.with_name("report.json").read_text())
    assert code == 0 and report["stopped"] is None
    assert not partial.exists() and partial.with_name("submission.csv").is_file()


def test_two_runs_on_one_store_both_end_right(competition_folder, tmp_path):
    folder = competition_folder()
    processes = [start(folder, tmp_path / "both") for _ in range(2)]
    first, second = (finish(process) for process in processes)
    fits = [path for path in entries(tmp_path / "both") if is_fit(path)]
    assert sha256(first) == sha256(second) and len(fits) == N_FITS


@pytest.mark.parametrize("size", [700, 6000])
def test_a_full_disk_is_one_message_and_the_next_run_goes_on(
    competition_folder, tmp_path, submit, whole, size
):
    folder, out = competition_folder(), tmp_path / "out"
    resource_limit = (resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    code, output = submit(folder, out, "--jobs", "1", limits=[resource_limit])
    assert code == 1 and "Traceback" not in output and output.count("\n") < 9, output
    assert "File too large" in output
    assert not list(out.glob("runs/*/submission.csv"))
    code, output = submit(folder, out)
    assert code == 0 and sha256(written(output)) == whole(folder)


def test_damaged_entries_are_made_again(competition_folder, tmp_path, submit, whole):
    folder, out = competition_folder(), tmp_path / "out"
    submit(folder, out, "--jobs", "1")
    fits = sorted(path for path in entries(out) if is_fit(path))
    arrays = [path.with_name("valid.npy") for path in fits]
    arrays[0].write_bytes(arrays[0].read_bytes()[:-1])
    flipped = bytearray(arrays[1].read_bytes())
    flipped[-3] ^= 1
    arrays[1].write_bytes(flipped)
    older = json.loads(fits[2].read_text()) | {"schema": 0}
    fits[2].write_text(json.dumps(older))
    code, output = submit(folder, out, "--jobs", "1")
    report = json.loads(written(output).with_name("report.json").read_text())
    assert report["n_fitted"] >= 3 and sha256(written(output)) == whole(folder)


def test_sixty_four_file_descriptors_are_enough(
    competition_folder, tmp_path, submit, whole
):
    folder = competition_folder()
    limits = [(resource.RLIMIT_NOFILE, (64, 64))]
    code, output = submit(folder, tmp_path / "out", "--jobs", "4", limits=limits)
    assert code == 0 and sha256(written(output)) == whole(folder), output


@pytest.mark.parametrize("name", ["-два слова {} %s 'x'", "ж" * 127 + "x"])
def test_a_folder_may_have_any_name(competition_folder, tmp_path, submit, whole, name):
    folder = competition_folder(name=name)
    code, output = submit(folder, tmp_path / f"{name[:100]} out", "--jobs", "1")
    submission = next((tmp_path / f"{name[:100]} out").glob("runs/*/submission.csv"))
    assert code == 0 and sha256(submission) == whole(folder), output


def test_the_bytes_do_not_depend_on_hash_seed_locale_or_time_zone(
    competition_folder, tmp_path, whole
):
    folder = competition_folder()
    other = {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    surroundings = {**os.environ, **other}
    process = start(folder, tmp_path / "out", "--jobs", "1", env=surroundings)
    assert sha256(finish(process)) == whole(folder)


def test_a_clock_that_jumps_back_changes_nothing(
    competition_folder, tmp_path, submit, whole
):
    folder = competition_folder()
    code, output = submit(folder, tmp_path / "out", "--jobs", "1", clock="back")
    assert code == 0 and sha256(written(output)) == whole(folder)


def test_a_read_only_output_fails_before_any_work(competition_folder, tmp_path, submit):
    blocked = tmp_path / "file"
    blocked.write_text("")
    code, output = submit(competition_folder(), blocked)
    assert code == 1 and "name another place with --output" in output


def test_wrong_input_ends_in_one_message_and_exit_code_2(tmp_path, submit):
    (tmp_path / "empty").mkdir()
    code, output = submit(tmp_path / "empty", tmp_path)
    assert code == 2 and "train" in output and "Traceback" not in output
    assert not (tmp_path / "runs").exists()
