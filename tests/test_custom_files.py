"""A user's own Python file is told from every other module."""

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from ensemble_kit.custom_files import (
    custom_files,
    custom_fingerprint,
    load_custom_file,
    load_custom_files,
)
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


def test_a_file_that_was_imported_before_is_not_run_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "imported_before.py"
    path.write_text("VALUE = [3]\n")
    module = import_module("imported_before")
    assert load_custom_file(path) is module
    assert custom_fingerprint("imported_before:VALUE")


def test_a_second_file_of_the_same_name_is_refused(tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "named_twice.py").write_text("")
    load_custom_file(tmp_path / "one" / "named_twice.py")
    with pytest.raises(RegistryError, match="the custom file .*one.* is; give the"):
        load_custom_file(tmp_path / "other" / "named_twice.py")


def test_every_file_that_cannot_be_run_is_told_with_its_line(tmp_path):
    texts = {"typo_within": "x = 1\ny = z\n", "no_python": "x =\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    paths = [tmp_path / f"{name}.py" for name in (*texts, "not_there")]
    with pytest.raises(RegistryError) as raised:
        load_custom_files(paths)
    told = str(raised.value)
    assert "typo_within.py, line 2: NameError: name 'z' is not defined" in told
    assert "no_python.py, line 1: SyntaxError: invalid syntax" in told
    assert "not_there.py: there is no such file" in told
    assert "typo_within" not in sys.modules


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
