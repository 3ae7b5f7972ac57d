"""The notebook's door: ensembles as scikit-learn estimators over the same engine."""

from ensemble_kit.stacking.stacked_classifier import StackedClassifier
from ensemble_kit.stacking.stacked_regressor import StackedRegressor
from ensemble_kit.stacking.text_ensemble import TextEnsemble
from ensemble_kit.stacking.voting.voted_classifier import VotedClassifier
from ensemble_kit.stacking.voting.voted_regressor import VotedRegressor

__all__ = [
    "StackedClassifier",
    "StackedRegressor",
    "TextEnsemble",
    "VotedClassifier",
    "VotedRegressor",
]
