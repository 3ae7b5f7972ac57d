"""The one check for every name that becomes part of a path."""

import unicodedata

MAX_CHARACTERS = 100
MAX_BYTES = 200  # a file's name may have 255, and more is added to it
EXTRA = "-_."
RULE = (
    f"letters, digits, '-', '_' and '.', no dot in front, at most {MAX_CHARACTERS} "
    f"characters and {MAX_BYTES} bytes"
)


def name_mistake(name: object) -> str:
    """Return what is wrong with a name, in words; empty when it can be a path's part.

    Letters are those of any script, with their marks.

    Examples
    --------
    >>> name_mistake("базовый-2.1"), name_mistake("../x")
    ('', "a name has letters, digits, '-', '_' and '.', no dot in front, at most \
100 characters and 200 bytes; found '../x'")
    """
    if isinstance(name, str) and _is_name(name):
        return ""
    return f"a name has {RULE}; found {name!r:.120}"


def as_name(text: str) -> str:
    """Return a text as a name: what no name may hold becomes an underscore.

    Examples
    --------
    >>> as_name("my first try"), as_name(".hidden")
    ('my_first_try', '_hidden')
    """
    name = "".join(c if _may_stand(c) else "_" for c in text[:MAX_CHARACTERS]) or "_"
    while len(name.encode()) > MAX_BYTES:
        name = name[:-1]
    return f"_{name[1:]}" if name.startswith(".") else name


def _is_name(name: str) -> bool:
    return (
        0 < len(name) <= MAX_CHARACTERS
        and not name.startswith(".")
        and all(map(_may_stand, name))
        and len(name.encode()) <= MAX_BYTES
    )


def _may_stand(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in EXTRA or kind[0] in "LM" or kind == "Nd"
