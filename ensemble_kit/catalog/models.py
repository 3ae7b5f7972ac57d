"""The registry of models; families have a file of entries each."""

from dataclasses import replace
from typing import Any

from ensemble_kit.model_spec import ModelSpec
from ensemble_kit.registry import Registry

MODELS: Registry[ModelSpec] = Registry("model", group="ensemble_kit.models")


def add(family: ModelSpec, both: str = "", **own: Any) -> None:
    """Add a model: a family, and what it has of its own; see `ModelSpec`.

    Parameters
    ----------
    family : ModelSpec
        One of `ensemble_kit.catalog.families`, or any entry that this one varies.
    both : str, optional
        The import path of a pair of estimators, without its last word: "module:Mine"
        stands for ``MineClassifier`` and ``MineRegressor``.
    **own
        Fields of `ModelSpec`.

    Examples
    --------
    >>> from ensemble_kit.catalog.families import FOREST
    >>> add(FOREST, name="mine", classifier="my_models:Mine")  # doctest: +SKIP
    """
    if both:
        own = {
            "classifier": f"{both}Classifier",
            "regressor": f"{both}Regressor",
            **own,
        }
    MODELS.add(replace(family, **own))
