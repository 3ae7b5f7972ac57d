"""Stacked ensembles for tables with numbers, categories and text.

The public names; each is imported when it is first asked for.
"""

from ensemble_kit.lazy_names import lazy_names
from ensemble_kit.old_names import install

install()
__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
