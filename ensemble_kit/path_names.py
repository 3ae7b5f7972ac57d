"""Names that become files or folders: one rule for all of them."""

import unicodedata

LENGTH = 100
N_BYTES = 230  # of the 255 that file systems take, with room for what is put behind
PUNCTUATION = "-_."
RULE = f"letters of any script, digits, -_. with no dot first, up to {LENGTH} of them"


def is_path_name(name: object) -> bool:
    """Return whether a name can be part of a path and leads nowhere else.

    Examples
    --------
    >>> [is_path_name(name) for name in ("модель-2.b", "../up", ".hidden", "a/b", 5)]
    [True, False, False, False, False]
    """
    if not isinstance(name, str) or not 0 < len(name) <= LENGTH or name[0] == ".":
        return False
    return all(map(_is_allowed, name)) and len(name.encode()) <= N_BYTES


def path_name_mistakes(where: str, name: object) -> list[str]:
    """Return a line for a name that cannot be part of a path, else none.

    Examples
    --------
    >>> path_name_mistakes("name", "fine")
    []
    """
    if is_path_name(name):
        return []
    shown = repr(name)[:LENGTH]
    return [f"{where}: {shown} cannot be part of a path; expected {RULE}"]


def as_path_name(text: str) -> str:
    """Return the path name closest to a text.

    Examples
    --------
    >>> as_path_name("my model (2)"), as_path_name(".."), as_path_name("fine")
    ('my-model--2-', 'unnamed', 'fine')
    """
    name = "".join(c if _is_allowed(c) else "-" for c in text).lstrip(".")[:LENGTH]
    while len(name.encode()) > N_BYTES:
        name = name[:-1]
    return name or "unnamed"


def _is_allowed(character: str) -> bool:
    """Return whether it is a letter, a mark on one, a digit, or one of three signs."""
    return character in PUNCTUATION or unicodedata.category(character)[0] in "LMN"
