"""The store command."""

import numpy as np
import pytest
from typer.testing import CliRunner

from ensemble_kit.cli import app
from ensemble_kit.store.store import Store

KEY = "ab" + "0" * 62


@pytest.fixture
def call(tmp_path):
    """Return a function that calls the command on a folder with one entry."""
    store = Store(tmp_path / "store", durable=False)
    store.write(KEY, {"data": np.zeros(1000)}, {})
    return lambda *words: CliRunner().invoke(app, ["store", *map(str, words)])


def test_size_tells_of_fits_and_models(call, tmp_path):
    lines = call("size", tmp_path).output.splitlines()
    assert lines[0].split()[:4] == ["fits", "and", "probes", "1"]
    assert "kept models" in lines[1]


def test_verify_ends_with_1_when_something_was_damaged(call, tmp_path):
    assert call("verify", tmp_path).exit_code == 0
    (tmp_path / "store" / "ab" / KEY / "data.npy").write_bytes(b"")
    told = call("verify", tmp_path)
    assert told.exit_code == 1 and "1 were damaged" in told.output


def test_prune_wants_to_know_what(call, tmp_path):
    assert call("prune", tmp_path).exit_code == 2
    assert "1 entries taken away" in call("prune", tmp_path, "--keep", "1K").output


def test_export_and_import_go_together(call, tmp_path):
    call("export", tmp_path, tmp_path / "a.zip")
    (tmp_path / "theirs").mkdir()
    told = call("import", tmp_path / "theirs", tmp_path / "a.zip")
    assert "1 entries taken in" in told.output
    assert KEY in Store(tmp_path / "theirs")
