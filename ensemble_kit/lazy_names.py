"""Public names of a package that are imported when they are first asked for.

They stand in the package's ``__init__.pyi``, which editors and type checkers read as
well.
"""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

LINE = re.compile(r"^from (\S+) import \(?\s*(\w+) as \2\b", re.MULTILINE)


def homes_of(package_file: str) -> dict[str, str]:
    """Return the module of each name in the stub beside a package's ``__init__.py``."""
    stub = Path(package_file).with_suffix(".pyi").read_text(encoding="utf-8")
    return {name: module for module, name in LINE.findall(stub)}


def lazy_names(
    package: str, package_file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return a package's ``__getattr__``, ``__dir__`` and ``__all__``.

    Parameters
    ----------
    package, package_file : str
        Its ``__name__`` and ``__file__``.
    """
    homes = homes_of(package_file)
    names = sorted(homes)

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return get, lambda: names, names
