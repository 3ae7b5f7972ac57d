import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ensemble_kit.cluster.station_folder import StationFolder

DIE = """
import os, sys
from ensemble_kit.cluster.station_folder import StationFolder
folder = StationFolder()
sys.stdout.write(str(folder.path))
sys.stdout.flush()
os._exit(1)
"""


def test_the_folder_of_a_dead_process_goes_and_that_of_a_living_one_stays(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    living, surroundings = StationFolder(), {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", DIE], env=surroundings, capture_output=True, text=True
    )
    assert Path(done.stdout).is_dir()
    new = StationFolder()
    assert set(tmp_path.iterdir()) == {living.path, new.path}
    living.remove()
    new.remove()
    assert not list(tmp_path.iterdir())
