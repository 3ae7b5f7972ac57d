"""Python files of the user's own, which add entries to the registries."""

import importlib.util
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from ensemble_kit.exceptions import EnsembleKitError, RegistryError, problems
from ensemble_kit.hashing import fingerprint_file

# The files loaded into this process, and the hash of each one's bytes, by module.
_LOADED: dict[str, tuple[Path, str]] = {}


def load_custom_files(paths: Iterable[Path | str]) -> None:
    """Run custom files one after the other; see `load_custom_file`.

    Raises
    ------
    RegistryError
        With what is wrong with each of them.
    """
    mistakes = []
    for path in paths:
        try:
            load_custom_file(Path(path))
        except RegistryError as error:
            mistakes.append(str(error))
    if mistakes:
        raise RegistryError(problems("custom", mistakes))


def load_custom_file(path: Path) -> ModuleType:
    """Run a user's Python file, which adds to registries, as a module of its name.

    Entries can then name its classes as ``"stem:Class"``. The SHA-256 of its bytes
    becomes part of the key of whatever is fitted with them.

    Raises
    ------
    RegistryError
        When there is no such file, its name is that of another module, or running it
        ends in an error.
    """
    loaded = _loaded(path)
    if loaded is not None:
        return loaded
    if not path.is_file():
        raise RegistryError(f"{path}: there is no such file")
    other = _other_module(path)
    if other:
        raise RegistryError(
            f"{path}: no other module may be called {path.stem!r}, and {other} is; "
            "give the file another name"
        )
    return run_custom_file(path)


def run_custom_file(path: Path) -> ModuleType:
    """Run a custom file that another process has found to be one.

    Whatever else may be called like it in this process is not asked: a worker finds
    the files of the folder it was started in, this one among them.
    """
    loaded = _loaded(path)
    if loaded is not None:
        return loaded
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RegistryError(f"{path}: expected a Python file, *.py")
    module = importlib.util.module_from_spec(spec)
    _LOADED[name] = (path.resolve(), fingerprint_file(path))
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del _LOADED[name], sys.modules[name]
        raise RegistryError(f"{path}{_place(error, path)}: {_said(error)}") from error
    return module


def custom_files() -> list[Path]:
    """Return the files that were loaded, in the order of loading."""
    return [path for path, _ in _LOADED.values()]


def custom_fingerprint(path: str) -> str:
    """Return the hash of the custom file that ``"module:name"`` lies in, or ""."""
    _, sha256 = _LOADED.get(path.partition(":")[0], (None, ""))
    return sha256


def _loaded(path: Path) -> ModuleType | None:
    """Return the module of a file that was run before.

    A module that the user has imported by itself has added its entries already.
    """
    name, place = path.stem, path.resolve()
    module = sys.modules.get(name)
    if module is None:
        return None
    if name in _LOADED:
        return module if _LOADED[name][0] == place else None
    if _lies_at(getattr(module, "__spec__", None), place):
        _LOADED[name] = (place, fingerprint_file(path))
        return module
    return None


def _other_module(path: Path) -> str:
    """Return what else has the name of a file's module, or an empty string."""
    name, place = path.stem, path.resolve()
    if name in _LOADED and _LOADED[name][0] != place:
        return f"the custom file {_LOADED[name][0]}"
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return name if name in sys.modules else ""
    if spec is None or _lies_at(spec, place):
        return ""
    return spec.origin or name


def _lies_at(spec: ModuleSpec | None, place: Path) -> bool:
    """Return whether a module comes from a file."""
    origin = None if spec is None else spec.origin
    return isinstance(origin, str) and Path(origin).resolve() == place


def _place(error: Exception, path: Path) -> str:
    """Return where in a file an error was raised, as ", line 3"."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    frames, place = extract_tb(error.__traceback__), path.resolve()
    lines = [f.lineno for f in frames if Path(f.filename).resolve() == place]
    return f", line {lines[-1]}" if lines else ""


def _said(error: Exception) -> str:
    """Return an error's message; one of the kit's own needs no name."""
    if isinstance(error, EnsembleKitError):
        return str(error)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}"
