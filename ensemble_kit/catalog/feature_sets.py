"""Feature sets by name: what members take unless a pipeline says otherwise.

Each is a role's featurizers, as a pipeline file would write them. A pipeline that
defines a feature set of the same name replaces it.
"""

from typing import Any

# Scaled values with outliers cut, and ranks beside them: what one misses of a
# skewed column the other sees.
_SCALED = [{"standard": {"limit": 4.0}}, "quantile"]
# What models that cannot read a hundred thousand sparse columns learn from texts:
# cross-fitted scores of models that can, and how the texts are written.
_SCORES = ["text_encoder", "language_model", "word_language_model", "text_statistics"]

FEATURE_SETS: dict[str, dict[str, Any]] = {
    "raw": {},
    "trees": {
        "number": "passthrough",
        "category": ["ordinal", "count"],
        "datetime": "dates",
        "text": _SCORES,
    },
    "native": {
        "number": "passthrough",
        "category": "native",
        "datetime": "dates",
        "text": _SCORES,
    },
    # The trend comes first: see DetrendedLightGBM.
    "trend": {
        "datetime": ["trend", "dates"],
        "number": "passthrough",
        "category": "native",
        "text": _SCORES,
    },
    "target": {
        "number": "passthrough",
        "category": ["target", "count", "crosses"],
        "datetime": "dates",
        "text": _SCORES,
    },
    "made": {
        "number": "passthrough",
        "category": ["target", "count", "crosses"],
        "datetime": "dates",
        "text": _SCORES,
        "table": "made",
    },
    "lags": {
        "number": "passthrough",
        "category": ["ordinal", "count"],
        "datetime": "dates",
        "text": _SCORES,
        "series": "lags",
    },
    # What the target is known to be comes first: see DifferencedLightGBM.
    "differenced_lags": {
        "series": "lags_differenced",
        "number": "passthrough",
        "category": ["ordinal", "count"],
        "datetime": "dates",
        "text": _SCORES,
    },
    "linear_lags": {
        "number": _SCALED,
        "category": "one_hot",
        "datetime": "dates_scaled",
        "series": "lags_scaled",
    },
    "linear": {
        "number": _SCALED,
        "category": "one_hot",
        "datetime": "dates_scaled",
        "text": "tfidf",
    },
    "items": {
        "number": _SCALED,
        "category": "one_hot",
        "datetime": "dates_scaled",
        "text": "tfidf_items",
    },
    "sparse_text": {"category": "one_hot", "text": "tfidf"},
    "words": {"text": "tfidf"},
    "characters": {"text": "character_tfidf"},
    "ratios": {"text": "nb_tfidf"},
    "both": {"text": "tfidf_both"},
    "stems": {"text": {"tfidf": {"preparation": "stems"}}},
    "vectors": {"text": "sentence_encoder"},
    "components": {
        "number": "passthrough",
        "category": ["ordinal", "count"],
        "datetime": "dates",
        "text": ["sentence_components", "text_statistics"],
    },
    "scores": {
        "number": _SCALED,
        "category": "one_hot",
        "datetime": "dates_scaled",
        "text": _SCORES,
    },
    "dense": {
        "number": _SCALED,
        "category": "target",
        "datetime": "dates_scaled",
        "text": "text_encoder",
    },
}
