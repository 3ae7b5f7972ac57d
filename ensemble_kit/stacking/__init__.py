"""The notebook's door: stacks as scikit-learn estimators over the same engine."""

from ensemble_kit.stacking.stacked_classifier import StackedClassifier
from ensemble_kit.stacking.stacked_regressor import StackedRegressor
from ensemble_kit.stacking.text_ensemble import TextEnsemble

__all__ = ["StackedClassifier", "StackedRegressor", "TextEnsemble"]
