import json
import logging

import numpy as np
import pytest

from ensemble_kit.exceptions import StoreError
from ensemble_kit.files import write_atomically
from ensemble_kit.store.store import Store

KEY = "ab" + "0" * 62


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    arrays = {"valid": np.arange(60.0).reshape(20, 3)}
    store.write(KEY, arrays, {"cost": {"fit_seconds": 1.5}})
    return store


def test_an_entry_reads_back_as_it_was_written(store):
    entry = store.read(KEY)
    assert np.array_equal(entry.arrays["valid"], np.arange(60.0).reshape(20, 3))
    assert entry.facts == {"cost": {"fit_seconds": 1.5}}


def test_a_missing_entry_is_none(store):
    assert store.read("cd" + "0" * 62) is None


def test_the_first_of_two_writers_wins(store):
    store.write(KEY, {"valid": np.zeros(3)}, {})
    assert store.read(KEY).arrays["valid"].shape == (20, 3)


def test_nothing_temporary_is_left(store):
    assert list((store.folder / "tmp").iterdir()) == []


def test_no_flipped_byte_is_ever_used(store, caplog):
    caplog.set_level(logging.ERROR)
    files = list(store.path(KEY).iterdir())
    intact = {path: path.read_bytes() for path in files}
    good = store.read(KEY)
    rng = np.random.default_rng(0)
    for _ in range(1000):
        path = files[rng.integers(len(files))]
        data = bytearray(intact[path])
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        _assert_refused_or_equal(store.read(KEY), good)
        store.path(KEY).mkdir(exist_ok=True)
        for name, content in intact.items():
            name.write_bytes(content)


def _assert_refused_or_equal(entry, good):
    if entry is not None:
        assert entry.facts == good.facts
        assert list(entry.arrays) == list(good.arrays)
        assert np.array_equal(entry.arrays["valid"], good.arrays["valid"])


@pytest.mark.parametrize("damage", [b"", b"x", b"{}"])
@pytest.mark.parametrize("name", ["valid.npy", "entry.json"])
def test_a_damaged_entry_is_taken_away_and_said(store, caplog, name, damage):
    (store.path(KEY) / name).write_bytes(damage)
    assert store.read(KEY) is None
    assert KEY not in store
    assert "damaged and made again" in caplog.text


def test_an_entry_of_an_older_schema_is_not_used(store):
    path = store.path(KEY) / "entry.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 0}))
    assert store.read(KEY) is None


def test_no_object_array_is_read(store, tmp_path):
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        store.write("ef" + "0" * 62, {"valid": np.array([{}])}, {})


def test_a_full_disk_is_named_with_the_size_wanted(store, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ensemble_kit.store.store.write_synced", refuse)
    with pytest.raises(StoreError, match=r"cannot write .* bytes .*No space left"):
        store.write("cd" + "0" * 62, {"valid": np.zeros(3)}, {})
    assert list((store.folder / "tmp").iterdir()) == []


def test_the_keys_are_listed(store):
    assert list(store) == [KEY]


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    write_atomically(path, b"new")
    assert path.read_text() == "new" and len(list(tmp_path.iterdir())) == 1
