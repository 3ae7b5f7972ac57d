"""A pack holds all that predicts a run's own bytes where there is no network."""

import json
import subprocess
import sys
import zipfile

import pytest

import ensemble_kit
from calls import type_line
from ensemble_kit.exceptions import RunError
from ensemble_kit.packing.own_wheel import write_wheel
from ensemble_kit.packing.pack import pack_run
from ensemble_kit.packing.requirements import download_wheels, extras_of, pinned
from small_pipelines import RIDGE


@pytest.fixture
def run(competition_folder, tmp_path):
    pipeline = tmp_path / "mine.toml"
    pipeline.write_text(RIDGE, encoding="utf-8")
    return ensemble_kit.run(competition_folder(), pipeline, jobs=0)


def test_the_wheel_is_the_kit_to_the_byte_and_the_same_twice(tmp_path):
    (tmp_path / "again").mkdir()
    wheel, again = write_wheel(tmp_path), write_wheel(tmp_path / "again")
    assert wheel.read_bytes() == again.read_bytes()
    target = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        archive.extractall(target)
    code = (
        "import ensemble_kit.pipeline.loading as l; "
        "print(l.__file__, len(l.shipped_pipelines()), l.SHIPPED.is_dir())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=target,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(target)},
    )
    place, n_shipped, is_shipped = done.stdout.split()
    assert place.startswith(str(target))
    assert int(n_shipped) > 3
    assert is_shipped == "True"


def test_a_pack_predicts_the_bytes_of_the_run_from_a_read_only_place(run, tmp_path):
    asked = {}

    def download(requirements, folder, python):
        asked.update(requirements=list(requirements), python=python)

    output = tmp_path / "pack"
    packed = pack_run(run.folder, output, python="3.11", user="me", download=download)
    assert any(line.startswith("lightgbm==") for line in asked["requirements"])
    (wheel,) = (packed.dataset / "wheels").glob("ensemble_kit-*.whl")
    kernel = json.loads((packed.kernel / "kernel-metadata.json").read_text())
    assert kernel["dataset_sources"] == [f"me/{packed.slug}"]
    assert kernel["competition_sources"] == ["small"]
    assert not kernel["enable_internet"]
    notebook = json.loads((packed.kernel / "notebook.ipynb").read_text())
    install, predict = (cell["source"] for cell in notebook["cells"])
    assert "--no-index" in install
    line = predict.removeprefix("!").replace("/kaggle/working", str(tmp_path))
    line = line.replace(f"/kaggle/input/{packed.slug}", str(packed.dataset))
    data = run.competition().folder
    line = line.replace("/kaggle/input/small", str(data))
    for path in packed.dataset.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    type_line(line, tmp_path)
    found = (tmp_path / "submission.csv").read_bytes()
    assert found == (run.folder / "submission.csv").read_bytes()


def test_extras_follow_the_models_of_a_run():
    assert extras_of(["ridge", "lightgbm", "made elsewhere"]) == []
    assert extras_of(["xgboost", "ridge"]) == ["boosting"]
    names = [line.partition("==")[0] for line in pinned(["boosting"])]
    assert "xgboost" in names
    assert "torch" not in names


def test_a_folder_with_something_in_it_is_left_alone(run, tmp_path):
    with pytest.raises(RunError, match="is not empty"):
        pack_run(run.folder, tmp_path, python="3.11", download=None)


def test_what_pip_says_is_told(monkeypatch, tmp_path):
    said = subprocess.CompletedProcess([], 1, "", "ERROR: no such wheel")
    monkeypatch.setattr("ensemble_kit.packing.requirements._pip", lambda: ["pip"])
    monkeypatch.setattr(
        "ensemble_kit.packing.requirements.subprocess.run", lambda *a, **k: said
    )
    with pytest.raises(RunError, match=r"(?s)Python 3.99 .*no such wheel"):
        download_wheels(["numpy==1"], tmp_path, "3.99")
