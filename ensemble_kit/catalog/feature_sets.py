"""Feature sets by name: what members take unless a pipeline says otherwise.

Each is a role's featurizers, as a pipeline file would write them. A pipeline that
defines a feature set of the same name replaces it.
"""

from typing import Any

_TREE_TEXT = [
    {"text_encoder": {}},
    {"lsa": {"n_components": 32}},
    {"text_statistics": {}},
]

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
        "category": {"one_hot": {"min_frequency": 2}},
        "datetime": "dates",
        "text": {"tfidf": {"words": [1, 2], "min_df": 2}},
    },
    "dense": {
        "number": "standard",
        "category": "target",
        "text": {"lsa": {"n_components": 64}},
    },
}
