"""What `import ensemble_kit` offers, and what it costs."""

import subprocess
import sys

import pytest

import ensemble_kit


def test_the_import_alone_loads_nothing_heavy():
    code = "import ensemble_kit, sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "ensemble_kit" in loaded
    assert not loaded & {"numpy", "pandas", "sklearn", "scipy", "lightgbm", "torch"}


@pytest.mark.parametrize("name", ensemble_kit.__all__)
def test_every_public_name_leads_somewhere(name):
    assert getattr(ensemble_kit, name) is not None
    assert name in dir(ensemble_kit)


def test_another_name_is_refused_as_python_does():
    assert not hasattr(ensemble_kit, "Stack")
