"""Claims that hold for every featurizer that takes several text columns."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone

from ensemble_kit.catalog.featurizers import FEATURIZERS
from ensemble_kit.features.texts.joined_texts import JoinedTexts
from tiny_encoders import tiny_encoder

NAMES = sorted(
    name
    for name, spec in FEATURIZERS.items()
    if spec.role in ("pair", "texts") and not spec.missing_dependency()
)
VECTORS = str(Path(__file__).with_name("sea_and_hill.vec"))
PARAMETERS = {
    "pretrained_pair": {"params": {"path": VECTORS}},
    "sentence_encoder_pair": {"params": {"encoder": tiny_encoder()}},
    "sentence_pair_components": {"params": {"encoder": tiny_encoder()}},
}
WORDS = ["sea", "ship", "storm", "sail", "hill", "snow", "peak", "stone"]


def table(n_rows=40, seed=0):
    random = np.random.default_rng(seed)
    texts = [[" ".join(random.choice(WORDS, 5)) for _ in range(n_rows)] for _ in "ab"]
    X = pd.DataFrame({"first": texts[0], "second": texts[1]}, dtype="str")
    X.loc[3, "first"], X.loc[[4, 5], "second"] = None, ""
    return X


def build(name):
    transformer = FEATURIZERS[name].build(PARAMETERS.get(name, {}))
    if "random_state" in transformer.get_params():
        transformer.set_params(random_state=0)
    return transformer


def dense(features):
    return features.toarray() if sparse.issparse(features) else np.asarray(features)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_features_are_finite_and_named(name):
    transformer = build(name)
    features = dense(transformer.fit_transform(table(), np.arange(40) % 2))
    assert features.shape == (40, len(transformer.get_feature_names_out()))
    assert np.isfinite(features).all()
    assert sparse.issparse(transformer.transform(table())) == (
        FEATURIZERS[name].output == "sparse"
    )


def test_some_rows_have_the_features_they_have_among_all(name):
    X, rows = table(seed=1), [7, 3, 30]
    transformer = build(name).fit(table(), np.arange(40) % 2)
    every, some = transformer.transform(X), transformer.transform(X.iloc[rows])
    np.testing.assert_allclose(dense(every)[rows], dense(some), rtol=1e-5, atol=1e-6)


def test_copies_give_the_same_bits(name):
    y = np.arange(40) % 2
    transformer = build(name)
    features = dense(transformer.fit_transform(table(), y))
    again = dense(clone(transformer).fit_transform(table(), y))
    np.testing.assert_array_equal(features, again)
    loaded = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(dense(loaded.transform(table()))[:5], features[:5])


def test_objects_and_strings_are_the_same_texts(name):
    transformer = build(name).fit(table(), np.arange(40) % 2)
    objects = table().astype(object).where(table().notna(), None)
    found = dense(transformer.transform(objects))
    np.testing.assert_array_equal(found, dense(transformer.transform(table())))


def test_empty_and_unknown_texts_are_no_obstacle(name):
    X = pd.DataFrame({"first": ["", "zzyzx", None], "second": ["", "", None]})
    transformer = build(name).fit(table(), np.arange(40) % 2)
    assert np.isfinite(dense(transformer.transform(X.astype(object)))).all()
    assert transformer.transform(X.iloc[:1]).shape[0] == 1


def test_joined_texts_count_a_word_of_either_column_once():
    X = pd.DataFrame({"a": ["tea", "ice"], "b": ["hot tea", None]})
    bag = "ensemble_kit.features.counting.bag_of_words:BagOfWords"
    joined = JoinedTexts(bag).fit(X)
    counts = pd.DataFrame(
        joined.transform(X).toarray(), columns=joined.get_feature_names_out()
    )
    assert counts["tea"].tolist() == [2, 0]
    assert counts["ice"].tolist() == [0, 1]
