"""Where names meet classes: models, blenders, featurizers and feature sets."""

from ensemble_kit.catalog import (
    bayes,
    blenders,
    boosting,
    boosting_variants,
    forests,
    linear,
    neighbors,
    neural,
    neural_text,
    series,
    text_featurizers,
    text_vectors,
)
from ensemble_kit.catalog.feature_sets import FEATURE_SETS
from ensemble_kit.catalog.featurizers import FEATURIZERS
from ensemble_kit.catalog.models import MODELS

ENTRIES = (
    boosting,
    boosting_variants,
    forests,
    linear,
    bayes,
    neighbors,
    neural,
    neural_text,
    series,
    blenders,
    text_featurizers,
    text_vectors,
)

__all__ = ["ENTRIES", "FEATURE_SETS", "FEATURIZERS", "MODELS"]
