"""The registry of models; families have a file of entries each."""

from ensemble_kit.registry import ModelSpec, Registry

MODELS: Registry[ModelSpec] = Registry("model", group="ensemble_kit.models")
