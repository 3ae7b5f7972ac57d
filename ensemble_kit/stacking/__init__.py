"""The notebook's door: stacks as scikit-learn estimators over the same engine."""

from ensemble_kit.stacking.stacked_classifier import StackedClassifier
from ensemble_kit.stacking.stacked_regressor import StackedRegressor

__all__ = ["StackedClassifier", "StackedRegressor"]
