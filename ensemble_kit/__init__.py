"""Stacked ensembles for tables with numbers, categories and text.

The public names; each is imported when it is first asked for.
"""

from ensemble_kit.lazy_names import lazy_names
from ensemble_kit.old_names import install

install()

_HOMES = {
    "Competition": "ensemble_kit.competition.competition",
    "Folds": "ensemble_kit.splitting.folds",
    "METRICS": "ensemble_kit.metrics",
    "MODELS": "ensemble_kit.catalog",
    "FEATURIZERS": "ensemble_kit.catalog",
    "OOFMatrix": "ensemble_kit.oof.matrix",
    "Pipeline": "ensemble_kit.pipeline.spec",
    "SentenceEncoder": "ensemble_kit.features.encoders.sentence_encoder",
    "StackedClassifier": "ensemble_kit.stacking",
    "StackedRegressor": "ensemble_kit.stacking",
    "SequenceToSequence": "ensemble_kit.models.sequences.sequence_to_sequence",
    "Store": "ensemble_kit.store.store",
    "TextEnsemble": "ensemble_kit.stacking",
    "VectorToSequence": "ensemble_kit.models.sequences.vector_to_sequence",
    "column": "ensemble_kit.competition.derived.own_functions",
    "improvement_ideas": "ensemble_kit.reporting.ideas",
    "load_competition": "ensemble_kit.competition.loading",
    "load_pipeline": "ensemble_kit.pipeline.loading",
    "load_run": "ensemble_kit.running.finished.loaded_run",
    "metric": "ensemble_kit.metrics.own_metric",
    "run": "ensemble_kit.reporting.submitting",
    "run_pipeline": "ensemble_kit.running.run_pipeline",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
