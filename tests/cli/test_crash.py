"""Runs as real processes that are killed, interrupted and raced."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SMALL = Path(__file__).parents[1] / "pipeline" / "small.toml"
MAIN = "from ensemble_kit.cli import main; main()"


def start(folder, output, *arguments):
    """Start a submit command and return its process."""
    command = [sys.executable, "-c", MAIN, "submit", str(folder)]
    command += ["--pipeline", str(SMALL), "--output", str(output), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process):
    """Wait for a run to succeed and return its folder."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return Path(next(line for line in out.splitlines() if "submission.csv" in line))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entries(output):
    return set((output / "store").glob("??/*/entry.json"))


@pytest.mark.parametrize("sig", [signal.SIGKILL])
def test_a_run_killed_at_ten_moments_loses_no_fold_and_no_byte(
    competition_folder, tmp_path, sig
):
    folder = competition_folder()
    whole = finish(start(folder, tmp_path / "whole"))
    broken, rng, stamps = tmp_path / "broken", np.random.default_rng(0), {}
    for _ in range(10):
        process = start(folder, broken)
        try:
            process.wait(timeout=rng.uniform(1.5, 5.0))
        except subprocess.TimeoutExpired:
            process.send_signal(sig)
        process.communicate()
        now = {path: path.stat().st_mtime_ns for path in entries(broken)}
        assert {path: now[path] for path in stamps} == stamps
        stamps = now
    last = finish(start(folder, broken))
    facts = json.loads((last.parent / "report.json").read_text())
    assert sha256(last) == sha256(whole)
    assert facts["n_fitted"] + facts["n_stored"] == 7 * 3
    assert facts["n_stored"] >= len([p for p in stamps if is_fit(p)])
    assert list((last.parent / "work").iterdir()) == []


def is_fit(path):
    return json.loads(json.loads(path.read_text())["facts"])["key"]["work"] == "fit"


def test_two_runs_on_one_store_both_end_right(competition_folder, tmp_path):
    folder = competition_folder()
    processes = [start(folder, tmp_path / "both") for _ in range(2)]
    first, second = (finish(process) for process in processes)
    fits = [path for path in entries(tmp_path / "both") if is_fit(path)]
    assert first == second and len(fits) == 7 * 3


def test_ctrl_c_leaves_a_valid_submission_and_exit_code_130(
    competition_folder, tmp_path
):
    process = start(competition_folder(n_rows=400), tmp_path / "out")
    while process.poll() is None and len(entries(tmp_path / "out")) < 4:
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert list((tmp_path / "out").glob("runs/*/submission.csv"))


def test_a_read_only_output_fails_before_any_work(competition_folder, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    process = start(competition_folder(), blocked)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "name another place with --output" in err


def test_wrong_input_ends_in_one_message_and_exit_code_2(tmp_path):
    (tmp_path / "empty").mkdir()
    process = start(tmp_path / "empty", tmp_path)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2 and "train" in err and "Traceback" not in err
    assert not (tmp_path / "runs").exists()
