"""Plain data as a stranger may have changed it."""

import json

from hypothesis import strategies as st

NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, 10**30])
WORDS = st.sampled_from(["", "x", "../../x", "\0", "list", "object", "native", "array"])
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS
VALUES = SCALARS | st.lists(SCALARS, max_size=2)
VALUES |= st.dictionaries(WORDS, SCALARS | st.lists(SCALARS, max_size=2), max_size=1)


@st.composite
def changed(draw, value):
    """Return plain data in which one place holds another value; JSON inside too."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.dumps(draw(changed(json.loads(value))))
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 9)) == 0:
        near = st.just(value + 1 if type(value) is int else None)
        return draw(near | VALUES)
    places = list(value) if isinstance(value, dict) else range(len(value))
    at = draw(st.sampled_from(places))
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at] = draw(changed(value[at]))
    return copy
