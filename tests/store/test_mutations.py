"""Exports and kept objects changed inside checksums that are right."""

import contextlib
import hashlib
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from changed_data import changed
from ensemble_kit.exceptions import RunError, StoreError
from ensemble_kit.store.archive import export_entries, import_entries
from ensemble_kit.store.fitted_objects import read_kept, write_kept
from ensemble_kit.store.store import ENTRY, Store, entry_bytes, entry_parts

FEW = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def changed_entry(draw, files):
    """Return an entry's files with one part changed, and sums that fit again."""
    checksums, body = entry_parts(files[ENTRY])
    if draw(st.booleans()):
        return {**files, ENTRY: entry_bytes(checksums, draw(changed(body)))}
    name = draw(st.sampled_from(sorted(checksums)))
    data = bytearray(files[name])
    data[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
    checksums = {**checksums, name: hashlib.sha256(data).hexdigest()}
    return {**files, name: bytes(data), ENTRY: entry_bytes(checksums, body)}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Return the members of an export, by name."""
    folder = tmp_path_factory.mktemp("export")
    store = Store(folder / "store", durable=False)
    facts = {"cost": {"seconds": 1.5}, "probed": {}, "list": [1, {"a": "b"}]}
    arrays = {"valid": np.eye(3), "test": np.arange(4, dtype=np.int16)}
    store.write("ab" * 32, arrays, facts)
    export_entries(store, folder / "out.zip")
    with zipfile.ZipFile(folder / "out.zip") as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@FEW
@given(st.data())
def test_a_changed_export_is_taken_or_told_and_writes_nothing_outside(
    archive, tmp_path_factory, data
):
    folder = tmp_path_factory.mktemp("import")
    files = {name.rpartition("/")[2]: part for name, part in archive.items()}
    prefix = next(iter(archive)).rpartition("/")[0]
    odd = st.sampled_from(["", "../", "/", "x/", "kept/"])
    prefix = data.draw(st.just(prefix) | odd.map(lambda front: front + prefix))
    with zipfile.ZipFile(folder / "in.zip", "w") as changed_zip:
        for name, part in data.draw(changed_entry(files)).items():
            changed_zip.writestr(f"{prefix}/{name}", part)
    with contextlib.suppress(StoreError):
        import_entries(Store(folder / "store", durable=False), folder / "in.zip")
    assert {path.name for path in folder.iterdir()} <= {"in.zip", "store"}


@pytest.fixture(scope="module", params=["forest", "texts"])
def kept(request, tmp_path_factory):
    """Return a folder with a kept model, and rows that it predicts."""
    folder, rng = tmp_path_factory.mktemp("kept"), np.random.default_rng(0)
    y = rng.random(30)
    if request.param == "forest":
        rows = rng.random((30, 3))
        model = RandomForestRegressor(2, max_depth=3, random_state=0)
    else:
        rows = [" ".join(rng.choice(["red", "green", "blue"], 3)) for _ in y]
        model = make_pipeline(
            TfidfVectorizer(), RandomForestRegressor(2, max_depth=2, random_state=0)
        )
    write_kept(Store(folder), "object", model.fit(rows, y))
    return folder, rows


@FEW
@given(st.data())
def test_a_changed_model_is_read_or_told_and_ends_no_process(
    kept, tmp_path_factory, data
):
    (source, rows), folder = kept, tmp_path_factory.mktemp("changed")
    entry = Store(source).path("object")
    files = {path.name: path.read_bytes() for path in entry.iterdir()}
    target = Store(folder).path("object")
    target.mkdir(parents=True)
    for name, part in data.draw(changed_entry(files)).items():
        (target / name).write_bytes(part)
    try:
        model = read_kept(Store(folder), "object")
    except RunError:
        return
    with contextlib.suppress(Exception):  # of Python: what it must not do is crash
        model.predict(rows)
