"""The voting calculator: accuracy of a vote, diversity, bounds, questions.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

from ensemble_kit.lazy_names import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
