"""Memory as the processes' own: what is held, by whom, and what there is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil

from ensemble_kit.work.memory import machine_megabytes, own_megabytes


def test_what_a_process_allocates_is_its_own():
    before = own_megabytes()
    held = np.ones(8 * 2**20)
    assert 60 < own_megabytes() - before < 70
    assert held.nbytes == 64 * 2**20


def test_a_mapped_file_that_is_only_read_is_not_its_own(tmp_path: Path):
    path = tmp_path / "numbers.npy"
    np.save(path, np.ones(8 * 2**20))
    before = own_megabytes()
    assert np.load(path, mmap_mode="r").sum() == 8 * 2**20
    assert sys.platform != "linux" or own_megabytes() - before < 5


def test_a_process_that_is_gone_holds_nothing():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert own_megabytes(gone.pid) == 0.0


def test_a_machine_has_no_more_than_is_built_in():
    assert 0 < machine_megabytes() <= psutil.virtual_memory().total / 2**20
