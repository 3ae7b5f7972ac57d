"""What strangers wrote, made visible: nothing in it steers what shows it."""

import unicodedata

WIDTH = 200
# Turn what follows to the left, join, or hide it; no letter of any script.
STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
JOINERS = "\u200c\u200d"  # wanted in Persian, Hindi and emoji


def shown(text: object, width: int = WIDTH) -> str:
    """Return text for a reader: control characters as escapes, the middle cut.

    Parameters
    ----------
    text : object
    width : int
        The most characters that are kept.

    Examples
    --------
    >>> shown("a" + chr(27) + "[2Jb"), shown("x" * 9, width=5)
    ('a\\\\x1b[2Jb', 'xx…xx')
    """
    line = str(text)
    if len(line) > width:
        head = width // 2
        line = f"{line[:head]}…{line[len(line) - (width - head - 1) :]}"
    return line if line.isprintable() else "".join(map(_visible, line))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in STEERING or character in JOINERS:
        return character
    number = ord(character)
    if number < 256:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
