"""Python files of the user's own, which add entries to the registries."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from ensemble_kit.exceptions import RegistryError
from ensemble_kit.hashing import fingerprint_file

# The files loaded into this process, and the hash of each one's bytes, by module.
_LOADED: dict[str, tuple[Path, str]] = {}


def load_custom_file(path: Path) -> ModuleType:
    """Run a user's Python file, which adds to registries, as a module of its name.

    Entries can then name its classes as ``"stem:Class"``. The SHA-256 of its bytes
    becomes part of the key of whatever is fitted with them.

    Raises
    ------
    RegistryError
        When there is no such file, or its name is that of another module.
    """
    name = path.stem
    if name in _LOADED and name in sys.modules:
        return sys.modules[name]
    if not path.is_file() or _is_taken(name, path):
        raise RegistryError(
            f"{path} cannot be a custom file: it has to exist, and no other module "
            f"may be called {name!r}"
        )
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    _LOADED[name] = (path.resolve(), fingerprint_file(path))
    sys.modules[name] = module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


def _is_taken(name: str, path: Path) -> bool:
    """Return whether a name imports anything else than the file itself.

    A file in the folder that Python was started in is found under its own name.
    """
    found = importlib.util.find_spec(name)
    return found is not None and found.origin != str(path.resolve())


def custom_files() -> list[Path]:
    """Return the files that were loaded, in the order of loading."""
    return [path for path, _ in _LOADED.values()]


def custom_fingerprint(path: str) -> str:
    """Return the hash of the custom file that ``"module:name"`` lies in, or ""."""
    _, sha256 = _LOADED.get(path.partition(":")[0], (None, ""))
    return sha256
