"""What `import ensemble_kit` and its rooms offer, and what it costs."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import ensemble_kit
from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.lazy_names import homes_of
from ensemble_kit.registry import load_object

ROOMS = ["", ".blending", ".features", ".models", ".splitting", ".voting"]
NAMES = [
    (f"ensemble_kit{room}", name)
    for room in ROOMS
    for name in import_module(f"ensemble_kit{room}").__all__
]


def test_the_import_alone_loads_nothing_heavy():
    rooms = "".join(f"import ensemble_kit{room}; " for room in ROOMS)
    code = f"{rooms}import sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "ensemble_kit" in loaded
    assert not loaded & {"numpy", "pandas", "sklearn", "scipy", "lightgbm", "torch"}


@pytest.mark.parametrize(("room", "name"), NAMES)
def test_every_public_name_leads_somewhere(room, name):
    assert getattr(import_module(room), name) is not None
    assert name in dir(import_module(room))


@pytest.mark.parametrize("room", ROOMS)
def test_names_stand_in_a_stub_once_and_in_order(room):
    file = import_module(f"ensemble_kit{room}").__file__
    stub = Path(file).with_suffix(".pyi").read_text(encoding="utf-8")
    found = list(homes_of(file).items())
    assert len(found) == stub.count(" import ") == stub.count(" as ")
    assert found


@pytest.mark.parametrize("room", ["features", "models", "blending"])
def test_every_part_of_the_catalog_is_in_its_room(room):
    paths = {entry.transformer for entry in FEATURIZERS.values()}
    paths |= {p for m in MODELS.values() for p in (m.classifier, m.regressor) if p}
    own = [path for path in paths if path.startswith(f"ensemble_kit.{room}.")]
    public = import_module(f"ensemble_kit.{room}")
    assert own
    for path in own:
        assert getattr(public, path.partition(":")[2]) is load_object(path)


def test_another_name_is_refused_as_python_does():
    assert not hasattr(ensemble_kit, "Stack")
    assert not hasattr(import_module("ensemble_kit.models"), "Stack")
