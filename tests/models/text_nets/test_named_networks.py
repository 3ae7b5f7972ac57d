"""One pair of text networks: encoders by name, and the names they had before."""

import json

import numpy as np
import pytest

from ensemble_kit.models.text_nets import named_networks
from ensemble_kit.models.text_nets.inputs.arrays import STATE
from ensemble_kit.models.text_nets.named_networks import (
    TextAverageClassifier,
    TextCNNClassifier,
    TextRNNClassifier,
    TextTransformerRegressor,
)
from ensemble_kit.models.text_nets.text_net import (
    TextNetworkClassifier,
    TextNetworkRegressor,
)
from ensemble_kit.registry import load_object
from ensemble_kit.store.persistence import pack, unpack

TEXTS, LABELS = ["good film", "bad film", "good", "bad"] * 6, [1, 0] * 12
SMALL = {"embedding_dim": 4, "buckets": 20, "epochs": 1, "random_state": 0}


def outputs(model):
    return model.fit(TEXTS, LABELS).predict_proba(TEXTS)


@pytest.mark.parametrize(
    ("named", "encoder", "suits"),
    [
        (TextRNNClassifier, "recurrent", {}),
        (
            TextCNNClassifier,
            "convolution",
            {"pooling": "max+mean", "embedding_dropout": 0.3},
        ),
    ],
)
def test_a_named_network_is_the_one_pair_with_what_suits_it(named, encoder, suits):
    one = TextNetworkClassifier(encoder=encoder, **suits, **SMALL)
    assert outputs(one).tobytes() == outputs(named(**SMALL)).tobytes()


@pytest.mark.parametrize("room", ["models", "models.text_nets"])
@pytest.mark.parametrize("name", ["TextRNN", "TextCNN", "TextAverage"])
def test_the_modules_of_before_lead_to_the_named_networks(room, name):
    path = f"ensemble_kit.{room}.text_{name.removeprefix('Text').lower()}:{name}"
    for side in ("Classifier", "Regressor"):
        assert load_object(path + side) is getattr(named_networks, name + side)


def test_a_model_kept_without_an_encoder_is_read_as_its_class_says():
    model = TextCNNClassifier(filters=2, **SMALL)
    wanted = outputs(model)
    arrays = model.to_arrays()
    state = json.loads(str(arrays[STATE]))
    for name in ("encoder", "cell", "hidden", "heads"):
        del state["params"][name]
    older = TextCNNClassifier.from_arrays(
        {**arrays, STATE: np.array(json.dumps(state))}
    )
    assert older.predict_proba(TEXTS).tobytes() == wanted.tobytes()


def test_a_kept_network_keeps_what_was_fitted():
    model = TextAverageClassifier(max_pairs=5, **SMALL)
    wanted = outputs(model)
    again = unpack(*pack(model))
    assert again.predict_proba(TEXTS).tobytes() == wanted.tobytes()


def test_settings_of_another_encoder_are_refused_all_at_once():
    model = TextTransformerRegressor(filters=3, cell="gru", heads=2)
    with pytest.raises(ValueError, match="has 2 problems:\n  cell.*\n  fil"):
        model.fit(TEXTS, LABELS)


def test_an_encoder_that_does_not_exist_is_named_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'attention'"):
        TextNetworkRegressor(encoder="atention", epochs=1).fit(TEXTS, LABELS)
