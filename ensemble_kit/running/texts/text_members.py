"""The members that a competition of texts has, by the name of a pipeline."""

from typing import Any

from sklearn.base import BaseEstimator

from ensemble_kit.exceptions import PipelineError, did_you_mean
from ensemble_kit.models.sequences.plain_texts import CopiedText, NearestText
from ensemble_kit.models.sequences.sequence_to_sequence import SequenceToSequence

Members = dict[str, BaseEstimator]
EPOCHS = 15
NETS: dict[str, dict[str, Any]] = {
    "words": {"unit": "word", "target_unit": "char"},
    "characters": {"unit": "char"},
    "words_lstm": {
        "unit": "word",
        "target_unit": "char",
        "cell": "lstm",
        "attention": "additive",
    },
    "subwords": {"unit": "subword", "target_unit": "char", "max_tokens": 600},
    "characters_wide": {"unit": "char", "hidden": 128, "scheduled_sampling": 0.1},
}
PIPELINES = {
    "quick": ("words",),
    "standard": ("words", "characters", "words_lstm", "subwords"),
    "best": tuple(NETS),
}


def text_members(pipeline: str, seed: int) -> Members:
    """Return members by name: networks of unlike tokens and sizes, and two plain ones.

    Parameters
    ----------
    pipeline : {"quick", "standard", "best"}
    seed : int
        The networks' seeds count from it.

    Raises
    ------
    PipelineError
        When there is no such pipeline for texts.
    """
    if pipeline not in PIPELINES:
        raise PipelineError(
            f"no pipeline of texts is called {pipeline!r}"
            f"{did_you_mean(pipeline, PIPELINES)}; known: {', '.join(PIPELINES)}; "
            "members of your own: ensemble_kit.stacking.TextEnsemble"
        )
    members: Members = {
        name: SequenceToSequence(epochs=EPOCHS, random_state=seed + at, **NETS[name])
        for at, name in enumerate(PIPELINES[pipeline])
    }
    return members | {"nearest": NearestText(), "copy": CopiedText()}
