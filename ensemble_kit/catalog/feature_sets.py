"""Feature sets by name: what members take unless a pipeline says otherwise.

Each is a role's featurizers, as a pipeline file would write them. A pipeline that
defines a feature set of the same name replaces it.
"""

from typing import Any

_TREE_TEXT = ["text_encoder"]

FEATURE_SETS: dict[str, dict[str, Any]] = {
    "raw": {},
    "trees": {
        "number": "passthrough",
        "category": ["ordinal", "count"],
        "datetime": "dates",
        "text": _TREE_TEXT,
    },
    "native": {
        "number": "passthrough",
        "category": "native",
        "datetime": "dates",
        "text": _TREE_TEXT,
    },
    "target": {
        "number": "passthrough",
        "category": ["target", "count"],
        "datetime": "dates",
        "text": _TREE_TEXT,
    },
    "linear": {
        "number": "standard",
        "category": "one_hot",
        "datetime": "dates_scaled",
        "text": "tfidf",
    },
    "sparse_text": {"category": "one_hot", "text": "tfidf"},
    "dense": {
        "number": "standard",
        "category": "target",
        "datetime": "dates_scaled",
        "text": "text_encoder",
    },
}
