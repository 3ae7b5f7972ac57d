"""Where names meet classes: the models and featurizers of the kit."""

from ensemble_kit.catalog import boosting, forests, linear, neighbors
from ensemble_kit.catalog.featurizers import FEATURIZERS
from ensemble_kit.catalog.models import MODELS

FAMILIES = (boosting, forests, linear, neighbors)

__all__ = ["FAMILIES", "FEATURIZERS", "MODELS"]
