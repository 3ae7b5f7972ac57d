"""A store pruned, verified and shared."""

import os
import zipfile

import numpy as np
import pytest

from ensemble_kit.exceptions import StoreError
from ensemble_kit.store.archive import export_entries, import_entries
from ensemble_kit.store.housekeeping import find_damaged, list_entries, prune
from ensemble_kit.store.store import Store

KEYS = [f"{number:x}{number:x}" + "0" * 62 for number in range(1, 6)]


@pytest.fixture
def store(tmp_path):
    """Return a store of three fits and two kept models, a day apart each."""
    store = Store(tmp_path / "mine", durable=False)
    parts = [store] * 3 + [Store(store.folder / "kept", durable=False)] * 2
    for day, (part, key) in enumerate(zip(parts, KEYS, strict=True)):
        part.write(key, {"data": np.full(100, day)}, {"day": day})
        for path in part.path(key).iterdir():
            os.utime(path, (day * 86_400, day * 86_400))
    return store


def days(store):
    return [entry.written / 86_400 for entry in list_entries(store)]


def test_fits_and_kept_models_are_listed_with_their_sizes(store):
    entries = list(list_entries(store))
    assert [entry.key for entry in entries] == KEYS
    assert [entry.is_kept for entry in entries] == [False] * 3 + [True] * 2
    assert all(entry.n_bytes > 800 for entry in entries)


def test_what_is_older_goes(store):
    gone = prune(store, now=4 * 86_400, max_seconds=2.5 * 86_400)
    assert len(gone) == 2 and days(store) == [2, 3, 4]


def test_the_oldest_go_until_the_rest_is_small_enough(store):
    size = sum(entry.n_bytes for entry in list_entries(store))
    prune(store, now=4 * 86_400, max_bytes=size / 2)
    assert days(store) == [3, 4]


def test_halves_left_by_killed_processes_go(store):
    half = store.folder / "tmp" / "half"
    half.mkdir()
    os.utime(half, (0, 0))
    prune(store, now=86_400)
    assert not half.exists()


def test_damage_is_found_in_fits_and_in_kept_models(store):
    for part, key in ((store, KEYS[0]), (Store(store.folder / "kept"), KEYS[4])):
        (part.path(key) / "data.npy").write_bytes(b"\0" * 10)
    assert list(find_damaged(store)) == [KEYS[0], KEYS[4]]
    assert find_damaged(store) == {} and len(days(store)) == 3


def test_an_export_taken_in_elsewhere_is_the_same_store(store, tmp_path):
    other, path = Store(tmp_path / "theirs"), tmp_path / "a.zip"
    assert export_entries(store, path) == 5
    assert import_entries(other, path).n_new == 5
    assert import_entries(other, path).n_known == 5
    again = tmp_path / "b.zip"
    export_entries(other, again)
    assert again.read_bytes() == path.read_bytes()


def test_models_can_be_left_out_of_an_export(store, tmp_path):
    assert export_entries(store, tmp_path / "a.zip", models=False) == 3


def test_a_damaged_entry_of_an_export_is_left_out(store, tmp_path):
    export_entries(store, tmp_path / "a.zip")
    with (
        zipfile.ZipFile(tmp_path / "a.zip") as whole,
        zipfile.ZipFile(tmp_path / "b.zip", "w") as other,
    ):
        for name in whole.namelist():
            data = whole.read(name)
            flipped = data[:-1] + bytes([data[-1] ^ 1])
            other.writestr(name, flipped if name.endswith("npy") else data)
    told = import_entries(Store(tmp_path / "theirs"), tmp_path / "b.zip")
    assert (told.n_new, told.n_damaged) == (0, 5)


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "11/x/entry.json", "a"])
def test_a_name_that_is_no_entry_is_refused_before_anything_is_taken(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(StoreError, match="no export of a store"):
        import_entries(Store(tmp_path / "theirs"), tmp_path / "a.zip")
    assert not (tmp_path / "theirs").exists()


def test_another_file_is_refused(tmp_path):
    (tmp_path / "a.zip").write_text("no zip")
    with pytest.raises(StoreError, match="cannot be read"):
        import_entries(Store(tmp_path / "theirs"), tmp_path / "a.zip")
