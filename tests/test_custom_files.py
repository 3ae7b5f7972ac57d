"""A user's own Python file is told from every other module."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ensemble_kit.custom_files import custom_files, custom_fingerprint, load_custom_file
from ensemble_kit.exceptions import RegistryError


class _Anything(SimpleNamespace):
    """A module that has whatever it is asked for, as torch.ops does."""

    def __getattr__(self, name):
        return self


def test_a_module_that_answers_to_every_name_is_no_custom_file(monkeypatch):
    monkeypatch.setitem(sys.modules, "answers_to_all", _Anything(__file__="_ops.py"))
    assert "_ops.py" not in {path.name for path in custom_files()}
    assert custom_fingerprint("answers_to_all:Class") == ""


def test_a_custom_file_changes_its_entries_key_and_is_loaded_once(tmp_path):
    path = tmp_path / "told_from_others.py"
    path.write_text("VALUE = [1]\n")
    module = load_custom_file(path)
    assert load_custom_file(path) is module
    assert path.resolve() in custom_files()
    assert len(custom_fingerprint("told_from_others:VALUE")) >= 32


def test_a_name_that_another_module_has_is_refused(tmp_path):
    path = tmp_path / "json.py"
    path.write_text("")
    with pytest.raises(RegistryError, match="may be called 'json'"):
        load_custom_file(path)


def test_a_file_that_python_itself_would_find_is_a_custom_file(tmp_path, monkeypatch):
    path = tmp_path / "found_by_python.py"
    path.write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load_custom_file(Path(path.name)).VALUE == 1


def test_another_file_of_the_name_that_python_would_find_is_refused(
    tmp_path, monkeypatch
):
    for folder in ("found", "given"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "of_one_name.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path / "found")
    with pytest.raises(RegistryError, match="may be called 'of_one_name'"):
        load_custom_file(tmp_path / "given" / "of_one_name.py")
