"""Featurizers: from columns of numbers, categories, dates and texts to features.

Each is a scikit-learn transformer; names are imported when they are first used.
"""

from ensemble_kit.lazy_names import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
