"""The registry of models; families have a file of entries each."""

from typing import Any

from ensemble_kit.model_spec import ModelSpec
from ensemble_kit.registry import Registry

MODELS: Registry[ModelSpec] = Registry("model", group="ensemble_kit.models")


def add(**entry: Any) -> None:
    """Add an entry of the kit's own; see `ModelSpec` for what it may say."""
    MODELS.add(ModelSpec(**entry))
