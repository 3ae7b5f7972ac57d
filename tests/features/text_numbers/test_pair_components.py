"""What is between two texts, in components of the training rows."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.features.text_numbers.embedded_pair import EmbeddedPair
from ensemble_kit.features.text_numbers.pair_components import EmbeddedPairComponents
from tiny_encoders import tiny_encoder

pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")
GIVEN = {"embedding": "sentence_encoder", "params": {"encoder": tiny_encoder()}}


def table(n_rows=50, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            name: [" ".join(rng.choice(list("abcdefgh"), 5)) for _ in range(n_rows)]
            for name in ("first", "second")
        }
    )


def test_components_are_those_of_differences_and_products():
    X = table()
    found = EmbeddedPairComponents(**GIVEN, n_components=4).fit_transform(X)
    encoder = SentenceEncoder(tiny_encoder())
    a, b = (encoder.fit_transform(X[name]).astype(float) for name in X)
    between = np.hstack([np.abs(a - b), a * b])
    centred = between - between.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:4]
    np.testing.assert_allclose(
        np.abs(found[:, 2:]), np.abs(centred @ axes.T), atol=1e-3
    )
    plain = EmbeddedPair(**GIVEN).fit_transform(X)
    assert (found[:, :2] == plain).all()


def test_which_text_comes_first_makes_no_difference():
    X = table()
    model = EmbeddedPairComponents(**GIVEN, n_components=4).fit(X)
    turned = X[["second", "first"]].set_axis(X.columns, axis=1)
    np.testing.assert_allclose(model.transform(turned), model.transform(X), atol=1e-5)


def test_no_component_is_refused():
    with pytest.raises(ValueError, match="n_components: a whole number from 1"):
        EmbeddedPairComponents(**GIVEN, n_components=0).fit(table())
