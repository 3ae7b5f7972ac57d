import hashlib
import json
import logging
import os
import shutil

import numpy as np
import pytest

from ensemble_kit.exceptions import StoreError
from ensemble_kit.files import write_atomically
from ensemble_kit.hashing import fingerprint
from ensemble_kit.store.store import Store
from ensemble_kit.untrusted import Limits

KEY = "ab" + "0" * 62
OTHER = "cd" + "0" * 62


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
    for _ in range(300):
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


def places(store):
    """Return every file and folder that an entry stands on."""
    path = store.path(KEY)
    return {
        "entry.json": path / "entry.json",
        "valid.npy": path / "valid.npy",
        "entry": path,
        "shard": path.parent,
    }


@pytest.mark.parametrize("place", ["entry.json", "valid.npy", "entry", "shard"])
def test_whatever_lies_in_an_entrys_place_it_is_made_again(store, fault, place):
    path = places(store)[place]
    if place == "shard" and fault.__name__ in ("flip", "truncate"):
        path = path / KEY
    fault(path)
    entry = store.read(KEY)
    assert entry is None
    store.write(KEY, {"valid": np.ones(5)}, {"again": True})
    assert store.read(KEY).facts == {"again": True}
    assert not list((store.folder / "tmp").iterdir())


def test_a_half_entry_is_no_entry_and_is_listed(store):
    (store.path(KEY) / "valid.npy").unlink()
    assert KEY not in store and list(store) == [KEY] and store.check(KEY)


def test_a_folder_of_temporary_files_that_is_none_is_moved_aside(store):
    shutil.rmtree(store.folder / "tmp")
    (store.folder / "tmp").write_text("mine")
    store.write(OTHER, {"valid": np.zeros(3)}, {})
    assert OTHER in store
    assert [path.read_text() for path in store.folder.glob("tmp.*")] == ["mine"]


def test_an_entry_under_the_key_of_another_is_not_used(store):
    facts = {"key": {"work": "fit"}}
    own = fingerprint(facts["key"])
    for key in (own, OTHER):
        store.write(key, {}, facts)
    assert store.read(own) is not None and store.read(OTHER) is None


@pytest.mark.parametrize(
    "key", ["../../etc", "/etc/passwd", "", "a", "A" * 64, 5, None]
)
def test_no_key_leads_out_of_the_store(store, key):
    for work in (store.read, store.remove, lambda key: store.write(key, {}, {})):
        with pytest.raises(StoreError, match="is no key"):
            work(key)


def rewritten(store, **changes):
    """Write an entry's facts anew, with sums that are right."""
    path = store.path(KEY) / "entry.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../../valid.npy": "0" * 64}},
        {"files": {"/etc/passwd": "0" * 64}},
        {"files": []},
        {"files": {"valid.npy": 5}},
        {"facts": 5},
        {"facts": None},
        {"schema": []},
    ],
    ids=str,
)
def test_an_entry_of_wrong_types_is_damaged_and_no_error(store, changes):
    rewritten(store, **changes)
    assert store.read(KEY) is None


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "5", "null", '"x"', "{"])
def test_any_json_in_place_of_an_entry_is_damage(store, text):
    (store.path(KEY) / "entry.json").write_text(text)
    assert KEY not in store and store.facts(KEY) is None and store.read(KEY) is None


def header(shape, descr="<f8"):
    body = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body


@pytest.mark.parametrize(
    "data",
    [
        header((10**14,)),
        header((-1, -3)) + bytes(24),
        header((3,), "|O") + bytes(24),
        header((True,)) + bytes(8),
        header(("3",)) + bytes(24),
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535,
        b"\x93NUMPY\x09\x00",
    ],
)
def test_an_array_that_is_not_what_it_declares_takes_no_memory(store, data):
    (store.path(KEY) / "valid.npy").write_bytes(data)
    rewritten(store, files={"valid.npy": hashlib.sha256(data).hexdigest()})
    assert store.check(KEY) and store.read(KEY) is None


def test_what_is_longer_than_a_stated_limit_is_not_read(store):
    small = Store(store.folder, limits=Limits(entry_bytes=100))
    with pytest.raises(StoreError, match="608 bytes, over 100"):
        small.load(KEY)
    assert store.read(KEY) is not None


def test_too_many_open_files_are_no_damage(store, monkeypatch):
    def refuse(*_):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("ensemble_kit.untrusted.open_plain", refuse)
        with pytest.raises(StoreError, match="cannot read the store"):
            store.read(KEY)
    assert store.read(KEY) is not None


def test_a_store_that_is_a_file_is_said(store, tmp_path):
    shutil.rmtree(store.folder)
    store.folder.write_text("")
    assert store.read(KEY) is None
    with pytest.raises(StoreError, match="in its way"):
        store.write(KEY, {}, {})


def test_a_pipe_blocks_nobody(store):
    path = store.path(KEY) / "valid.npy"
    path.unlink()
    os.mkfifo(path)
    assert "no plain file" in store.check(KEY)


def test_an_entry_is_renamed_before_it_is_removed(store, monkeypatch):
    seen = []
    real = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", lambda p, **more: seen.append(p) or real(p))
    store.remove(KEY)
    assert [path.parent.name for path in seen] == ["tmp"]
    assert not os.path.lexists(store.path(KEY))


def test_files_and_folders_are_synced_before_the_rename(tmp_path, monkeypatch):
    told = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, name=name, real=real: (told.append(name), real(*a))[1]
        )
    Store(tmp_path / "store").write(KEY, {"valid": np.zeros(3)}, {})
    assert told == ["fsync", "fsync", "fsync", "rename", "fsync"]
